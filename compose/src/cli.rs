use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use shukei_doors::Format;

use crate::commands::asked::Asked;

/// An event-driven survey pipeline: submissions go through Kafka into Delta tables, and come out as figures.
///
/// Data goes to standard output, everything else to standard error. Exit 0: done; 1: no; 2: wrong use.
#[derive(Debug, Parser)]
#[command(name = "shukei", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Play a survey that comes with the program through the whole pipeline, and show its first figures
    Demo(Demo),
    /// Send submissions, and wait until they are interpreted
    Submit(Box<Submit>),
    /// Ask in SQL: any SELECT over the tables
    Sql(Sql),
    /// Print the tables of a wave: every count, base and share
    Tabulate(Box<Tabulate>),
    /// Say where a figure comes from: base, states, mappings, and the count per group and method
    Explain(Explain),
    /// List what was refused, with the reason
    Rejections(Listing),
    /// List what was bad inside accepted records
    Issues(Listing),
    /// Prove that nothing was lost or doubled between the topic and the tables
    Verify(Verify),
    /// Read a survey's definition and say what is wrong with it
    Check(Check),
    /// Make a folder for a survey of your own, guessed from a file if you have one
    New(New),
    /// Read a file by a survey's definition, show what could not be placed and the first tables, and write nothing
    Try(Try),
    /// What other organisations' surveys feed (読み替え)
    #[command(subcommand)]
    Mapping(MappingCommand),
    /// List the reports that are made on schedule, or make one now
    Jobs(Jobs),
    /// Run everything in one process until it is told to stop: submissions and questions over HTTP
    Up(Up),
    /// Answer questions over HTTP, beside workers that write; submissions go to the Kafka of the configuration
    Query(Query),
    /// Say what is reachable, what is missing, and how to mend it
    Doctor(Doctor),
    /// Make tables of many small files small again, in a data folder that nobody writes to
    Maintain(Maintain),
    /// Change an answer of one unit by a rule of the survey office; what was sent stays as it came
    Edit(Box<Edit>),
    /// Read everything that was ever received again, with the definitions of today, into new tables
    Rebuild(Rebuild),
    /// Bring submissions from an Apache Kafka into the data folder; several may run
    Ingest(IngestWorker),
    /// Interpret what was brought into the data folder; several may run
    Transform(TransformWorker),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MappingCommand {
    /// Per option: what feeds it, why, and whom its base loses
    Coverage(Coverage),
    /// Which figures and rules another version of a mapping changes, and by how much; nothing is written
    Diff(MappingDiff),
}

#[derive(Debug, Args)]
#[command(after_help = "Each is a file, or a mapping of the survey with its version.\n\
Columns: question, row, option, label, state, breaks, measure, count_before, count_after, base_before, base_after,\n\
value_before, value_after, points, rule_before, rule_after.\n\
Example:\n  shukei mapping diff fisc-1 fisc-draft.yaml --survey nisc --wave 2023")]
pub(crate) struct MappingDiff {
    /// The mapping of before
    pub(crate) old: String,
    /// The mapping that is to take its place
    pub(crate) new: String,
    /// The survey
    #[arg(long)]
    pub(crate) survey: String,
    /// The wave; not needed if there is only one
    #[arg(long)]
    pub(crate) wave: Option<String>,
    /// Divide the figures by this as well, as in `shukei tabulate`; may be given again
    #[arg(long, value_name = "BREAK")]
    pub(crate) by: Vec<String>,
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// How to print
    #[arg(long, value_enum, default_value_t = FormatArgument::Table)]
    pub(crate) format: FormatArgument,
}

#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// The survey
    #[arg(long)]
    pub(crate) survey: String,
    /// The wave; not needed if there is only one
    #[arg(long)]
    pub(crate) wave: Option<String>,
    /// A folder of further surveys; may be given again
    #[arg(long, value_name = "DIR")]
    pub(crate) surveys: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = FormatArgument::Table)]
    pub(crate) format: FormatArgument,
}

#[derive(Debug, Args)]
pub(crate) struct DataFolder {
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = "shukei-data")]
    pub(crate) data: PathBuf,
    /// A folder of further surveys, each in a folder of its own; may be given again
    #[arg(long, value_name = "DIR")]
    pub(crate) surveys: Vec<PathBuf>,
}

/// What tests of recovery need; nobody else.
#[derive(Debug, Args)]
pub(crate) struct Hidden {
    /// Die at a named point of a commit, for example `raw.before:3`
    #[arg(long, hide = true, env = "SHUKEI_CRASH_AT", hide_env = true)]
    pub(crate) crash_at: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  shukei demo\n  shukei sql \"SELECT question, count(*) FROM answers WHERE chosen GROUP BY question\""
)]
pub(crate) struct Demo {
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// The survey to play
    #[arg(long, default_value = "nisc")]
    pub(crate) survey: String,
    /// The wave to play; the first with a data set if not given
    #[arg(long)]
    pub(crate) wave: Option<String>,
    /// The language of labels; the survey's first if not given
    #[arg(long, value_name = "ja|en")]
    pub(crate) lang: Option<String>,
    #[command(flatten)]
    pub(crate) hidden: Hidden,
}

/// What is said of files of rows.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct DeliveryArguments {
    /// Of files of rows: the layout that reads them; not needed if there is only one
    #[arg(long, value_name = "ID")]
    pub(crate) layout: Option<String>,
    /// Of files of rows: the survey
    #[arg(long)]
    pub(crate) survey: Option<String>,
    /// Of files of rows: the wave; not needed if there is only one, or if the layout takes it from the file
    #[arg(long)]
    pub(crate) wave: Option<String>,
    /// Of files of rows: the name of the delivery, for all files together; each file's own name if not given
    #[arg(long, value_name = "NAME")]
    pub(crate) delivery: Option<String>,
    /// Of files of rows: this is the whole delivery; what an earlier one of this name had more is taken back
    #[arg(long, conflicts_with_all = ["to", "config"])]
    pub(crate) replace: bool,
    /// Of files of rows: send rows that are known already once more, so that the layout as it is now reads them
    #[arg(long, conflicts_with_all = ["to", "config"])]
    pub(crate) again: bool,
}

/// What is said of files of counts.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct CountsArguments {
    /// The files are counts of an organisation that delivers no records (CSV: question, option or label or state, count,
    /// base, group, units), read across by this mapping with `aggregate: true`
    #[arg(long, value_name = "MAPPING", conflicts_with_all = ["layout", "delivery", "replace", "again"])]
    pub(crate) counts: Option<String>,
    /// Of files of counts: who delivers them; a later delivery of the same body and group replaces this one
    #[arg(long, value_name = "NAME", requires = "counts")]
    pub(crate) body: Option<String>,
    /// Of files of counts: the group that was counted, where the file does not say
    #[arg(long, requires = "counts")]
    pub(crate) group: Option<String>,
    /// Of files of counts: how many units answered, where the file does not say
    #[arg(long, value_name = "N", requires = "counts")]
    pub(crate) units: Option<u64>,
    /// Of files of counts: the sender's own count of corrections
    #[arg(long, value_name = "N", requires = "counts")]
    pub(crate) revision: Option<i64>,
    /// Of files of counts: the day that they are about; that of the mapping if not given
    #[arg(long, value_name = "YYYY-MM-DD", requires = "counts")]
    pub(crate) reference_date: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "A line is a CloudEvents 1.0 event (structured mode) or a bare submission:\n  \
{\"survey\":\"rse\",\"wave\":\"uk2017\",\"respondent\":\"me\",\"answers\":{\"tool2\":1,\"proj4can\":[1,2]}}\n\
A bare submission gets its id from its content: sending a file twice changes nothing.\n\
Files of rows (.csv, .tsv, .xlsx, also .gz; any file with --layout) are read by a layout of the survey:\n  \
shukei submit answers.csv --survey lunch --wave 2026 --surveys surveys\n\
Files of counts, of an organisation that delivers no records:\n  \
shukei submit counts.csv --counts their-counts --body \"Their office\" --units 412 --survey lunch --surveys surveys\n\
Exit 1 if anything was rejected or refused; `shukei rejections` says why.")]
pub(crate) struct Submit {
    /// Files of JSON lines or of rows, `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) delivery: DeliveryArguments,
    #[command(flatten)]
    pub(crate) counts: CountsArguments,
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// Send to a running `shukei up` instead of writing a folder
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "max_record_bytes"])]
    pub(crate) to: Option<String>,
    /// Send to the Apache Kafka of this configuration instead of writing a folder
    #[arg(long, value_name = "FILE", conflicts_with_all = ["data", "max_record_bytes", "to"])]
    pub(crate) config: Option<PathBuf>,
    /// Append a line to this file for each record as it is acknowledged: file, line, id, topic id, partition, offset
    #[arg(long, value_name = "FILE")]
    pub(crate) receipts: Option<PathBuf>,
    /// The largest record taken, key and headers included; at most 1310720, a quarter of what the broker holds
    #[arg(long, value_name = "BYTES", default_value_t = 1 << 20, value_parser = clap::value_parser!(u32).range(1..=1_310_720))]
    pub(crate) max_record_bytes: u32,
    #[command(flatten)]
    pub(crate) hidden: Hidden,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Tables: answers (one row per unit, question and option), current (what counts), current_<form>_<version>,\n\
responses_<form>_<version>, outcomes, rejections, issues, flags, raw, sources, questions, options; SHOW TABLES lists them.\n\
Example:\n  shukei sql \"SELECT option_label, count(*) AS n FROM answers WHERE question = 'tool2' AND chosen GROUP BY 1 ORDER BY 2 DESC\""
)]
pub(crate) struct Sql {
    /// The query
    pub(crate) query: String,
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// Ask a running `shukei up` or `shukei query` instead of reading a folder
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "surveys"])]
    pub(crate) url: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t = RowsFormat::Table)]
    pub(crate) format: RowsFormat,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Columns: survey, wave, table, question, row, option, label, state, breaks, measure, value, count, base,\n\
base_unweighted, base_rule, methods, flags, set, count_weighted, base_weighted, id, breaks_label. A share's value is in\n\
percent. `--format table` has options down and the parts of a break across; `--format cross` has options across and\n\
the parts of all breaks down.\n\
Example:\n  shukei tabulate --survey rse --wave uk2017 --question tool2 --by socio2 --where 'stability1=1,2'\n  \
shukei explain rse/uk2017/tool2/tool2/-/1/-/share"
)]
pub(crate) struct Tabulate {
    /// The survey
    #[arg(long)]
    pub(crate) survey: String,
    /// The wave; not needed if there is only one
    #[arg(long)]
    pub(crate) wave: Option<String>,
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The changes of all shares since this wave, of what both waves share; may be given again for several waves
    #[arg(long, value_name = "WAVE", conflicts_with = "response")]
    pub(crate) against: Vec<String>,
    /// With `--against`: only the units that answered in both waves (a panel), as a concordance follows them
    #[arg(long, requires = "against")]
    pub(crate) panel: bool,
    /// Who was invited and who answered, per group, with the response rate, instead of the questions
    #[arg(long, conflicts_with_all = ["question", "by"])]
    pub(crate) response: bool,
    /// Compare with a published table: question,row,option or label,breaks,measure,value,decimals. Exit 1 if any differs
    #[arg(long, value_name = "FILE", conflicts_with = "response")]
    pub(crate) expect: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// The language of labels, and of the words of tables; the survey's first if not given
    #[arg(long, value_name = "ja|en")]
    pub(crate) lang: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t = FiguresFormat::Csv)]
    pub(crate) format: FiguresFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  shukei explain rse/uk2017/tool2/tool2/-/1/-/share --data mine")]
pub(crate) struct Explain {
    /// The figure, from the column `id` of `shukei tabulate`
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// The language of labels; the survey's first if not given
    #[arg(long, value_name = "ja|en")]
    pub(crate) lang: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Listing {
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// Only those of this survey
    #[arg(long)]
    pub(crate) survey: Option<String>,
    /// Only those of this wave
    #[arg(long)]
    pub(crate) wave: Option<String>,
    /// Only those with this code
    #[arg(long)]
    pub(crate) code: Option<String>,
    /// How many there are of each code and place, instead of each
    #[arg(long)]
    pub(crate) summary: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = FormatArgument::Table)]
    pub(crate) format: FormatArgument,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Findings: `behind` (a table is not yet where raw is: the next run mends it) and `broken`.\nExit 1 if there is any."
)]
pub(crate) struct Verify {
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = "shukei-data")]
    pub(crate) data: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t = FormatArgument::Table)]
    pub(crate) format: FormatArgument,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  shukei new surveys/lunch --from answers.csv\n  shukei try surveys/lunch answers.csv"
)]
pub(crate) struct New {
    /// The folder to make; its name becomes the survey's id
    pub(crate) folder: PathBuf,
    /// A file of rows to guess from: .csv, .tsv, .xlsx or .jsonl, also .gz
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Cells are shown to you as they stand in the file. Exit 1 if a row was refused or rejected.\n\
Example:\n  shukei try surveys/lunch answers.csv --question place"
)]
pub(crate) struct Try {
    /// The survey's folder
    pub(crate) folder: PathBuf,
    /// Files of rows
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The layout that reads them; not needed if there is only one
    #[arg(long, value_name = "ID")]
    pub(crate) layout: Option<String>,
    /// The wave; not needed if there is only one
    #[arg(long)]
    pub(crate) wave: Option<String>,
    /// Only so many rows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rows: Option<u64>,
    /// Show the table of this question; may be given again. The wave's headline, or the first five, if not given
    #[arg(long, value_name = "NUMBER")]
    pub(crate) question: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// A survey's folder, or a folder of such folders
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A report is a new folder `<reports>/<job>/<date>`: figures.csv, figures.xlsx, report.html, manifest.json.\n\
`shukei up --config FILE` makes each report when it is due.\n\
Example:\n  shukei jobs run nightly --config shukei.toml"
)]
pub(crate) struct Jobs {
    #[command(subcommand)]
    pub(crate) command: Option<JobsCommand>,
    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", default_value = "shukei.toml")]
    pub(crate) config: PathBuf,
    /// How to print the list
    #[arg(long, value_enum, default_value_t = FormatArgument::Table)]
    pub(crate) format: FormatArgument,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// Make the report of a job now, and print its folder
    Run {
        /// The job
        name: String,
    },
}

/// What the serving commands share. What stands here wins over the file.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data folder [default: shukei-data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// A folder of further surveys, each in a folder of its own; may be given again
    #[arg(long, value_name = "DIR")]
    pub(crate) surveys: Vec<PathBuf>,
    /// Where to listen [default: 127.0.0.1:8080]; port 0 takes any free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  shukei up --data mine &\n  \
curl -d '{\"survey\":\"rse\",\"wave\":\"uk2017\",\"respondent\":\"me\",\"answers\":{\"tool2\":1}}' http://127.0.0.1:8080/v1/submissions\n\
Routes: POST /v1/submissions, GET /v1/submissions/{receipt}, POST /v1/sql, GET /v1/surveys,\n\
GET /v1/surveys/{survey}/waves/{wave}/tabulations, /v1/surveys/{survey}/tabulations, /healthz, /readyz, /metrics.\n\
Ctrl-C or SIGTERM: what is under way is brought to its end.")]
pub(crate) struct Up {
    #[command(flatten)]
    pub(crate) serve: Serve,
    #[command(flatten)]
    pub(crate) hidden: Hidden,
}

#[derive(Debug, Args)]
pub(crate) struct Query {
    #[command(flatten)]
    pub(crate) serve: Serve,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) serve: Serve,
    /// A running `shukei up` to look at as well
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  shukei ingest --config shukei.toml\n\
The configuration needs [kafka] with bootstrap_servers. Ctrl-C or SIGTERM: what is held is committed first.")]
pub(crate) struct IngestWorker {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// Take up a topic that is not the one of before, as the next generation, from what it holds now
    #[arg(long)]
    pub(crate) accept_generation: bool,
    #[command(flatten)]
    pub(crate) hidden: Hidden,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  shukei transform --config shukei.toml\n\
The configuration needs [kafka] with bootstrap_servers. Ctrl-C or SIGTERM: what landed is interpreted first.")]
pub(crate) struct TransformWorker {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    #[command(flatten)]
    pub(crate) hidden: Hidden,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Prints files and bytes of each table before and after, and what was deleted: only what has been of no use\n\
for a day. `shukei up` does this by itself. Example:\n  shukei maintain --data mine"
)]
pub(crate) struct Maintain {
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = "shukei-data")]
    pub(crate) data: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t = FormatArgument::Table)]
    pub(crate) format: FormatArgument,
    #[command(flatten)]
    pub(crate) hidden: Hidden,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A value is JSON (2, [1,3], null for blank) or else text; where the submission came by a layout it is the cell.\n\
Prints every answer that changes, before and after. Exit 1 if nothing would change or the form does not allow it.\n\
Example:\n  shukei edit --data mine --survey lunch --wave 2026 --respondent 17 --question visits --to-value 4 \\\n    \
--rule E3 --reason 'called back: per week, not per month' --by 'R. Sato'"
)]
pub(crate) struct Edit {
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// Read from and send to a running `shukei up` instead of a folder
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    pub(crate) to: Option<String>,
    /// The survey
    #[arg(long)]
    pub(crate) survey: String,
    /// The wave; not needed if there is only one
    #[arg(long)]
    pub(crate) wave: Option<String>,
    /// Whose answer
    #[arg(long)]
    pub(crate) respondent: String,
    /// The group that was answered for, where a respondent counts once in each group
    #[arg(long)]
    pub(crate) group: Option<String>,
    /// Of a unit that counts twice: the mapping that its answers were read across by
    #[arg(long, value_name = "ID")]
    pub(crate) mapping: Option<String>,
    /// The question; a column where the submission came by a layout; or a field such as `/answers/7/2`. May be given again
    #[arg(long, required = true, value_name = "NUMBER")]
    pub(crate) question: Vec<String>,
    /// Its new answer, once for each --question
    #[arg(long, required = true, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) to_value: Vec<String>,
    /// The id of the rule by which it is changed
    #[arg(long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) rule: String,
    /// Why, in words; it stays in `raw`
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) reason: String,
    /// Who changes it
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) by: String,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = FormatArgument::Table)]
    pub(crate) format: FormatArgument,
}

#[derive(Debug, Args)]
#[command(
    after_help = "For a mended layout, a changed mapping, an alias, a form with more questions, or rejections that can be read now.\n\
The tables in use are changed in one step, when the new ones are whole and proved; what was received is not touched.\n\
Example:\n  shukei rebuild --data mine --surveys surveys --dry-run"
)]
pub(crate) struct Rebuild {
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// Only say what would change; nothing is written, and a program may be running on the folder
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Keep the tables of before for good; else they are deleted a day later
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) keep: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = FormatArgument::Table)]
    pub(crate) format: FormatArgument,
    #[command(flatten)]
    pub(crate) hidden: Hidden,
}

/// [`Format`] as the command line names it.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum FormatArgument {
    /// For people
    Table,
    /// RFC 4180, with a header
    Csv,
    /// An array of objects
    Json,
}

impl From<FormatArgument> for Format {
    fn from(argument: FormatArgument) -> Self {
        match argument {
            FormatArgument::Table => Format::Table,
            FormatArgument::Csv => Format::Csv,
            FormatArgument::Json => Format::Json,
        }
    }
}

/// How `sql` prints.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum RowsFormat {
    /// For people
    Table,
    /// RFC 4180, with a header
    Csv,
    /// CSV for spreadsheets: with a byte order mark, and an apostrophe before what would be run as a formula
    Excel,
    /// An array of objects
    Json,
}

impl From<RowsFormat> for Format {
    fn from(argument: RowsFormat) -> Self {
        match argument {
            RowsFormat::Table => Format::Table,
            RowsFormat::Csv => Format::Csv,
            RowsFormat::Excel => Format::Excel,
            RowsFormat::Json => Format::Json,
        }
    }
}

/// How `tabulate` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FiguresFormat {
    /// For people: options down, the parts of one break across; a grid without a break is one table
    Table,
    /// For people: options across, the total and the parts of all breaks down (クロス集計表)
    Cross,
    /// RFC 4180, with a header
    Csv,
    /// CSV for spreadsheets: with a byte order mark, and an apostrophe before what would be run as a formula
    Excel,
    /// An array of objects
    Json,
}

impl From<FiguresFormat> for Format {
    fn from(argument: FiguresFormat) -> Self {
        match argument {
            FiguresFormat::Table | FiguresFormat::Cross => Format::Table,
            FiguresFormat::Csv => Format::Csv,
            FiguresFormat::Excel => Format::Excel,
            FiguresFormat::Json => Format::Json,
        }
    }
}
