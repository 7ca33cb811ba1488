use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use shukei_doors::Format;

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
    Submit(Submit),
    /// Ask in SQL: any SELECT over the tables
    Sql(Sql),
    /// Print the tables of a wave: every count, base and share
    Tabulate(Tabulate),
    /// List what was refused, with the reason
    Rejections(Listing),
    /// List what was bad inside accepted records
    Issues(Listing),
    /// Prove that nothing was lost or doubled between the topic and the tables
    Verify(Verify),
    /// Read a survey's definition and say what is wrong with it
    Check(Check),
    /// What other organisations' surveys feed (読み替え)
    #[command(subcommand)]
    Mapping(MappingCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MappingCommand {
    /// Per option: what feeds it, why, and whom its base loses
    Coverage(Coverage),
}

#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// The survey
    #[arg(long)]
    pub(crate) survey: String,
    /// The wave
    #[arg(long)]
    pub(crate) wave: String,
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
    #[arg(long, default_value = "rse")]
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

#[derive(Debug, Args)]
#[command(after_help = "A line is a CloudEvents 1.0 event (structured mode) or a bare submission:\n  \
{\"survey\":\"rse\",\"wave\":\"uk2017\",\"respondent\":\"me\",\"answers\":{\"tool2\":1,\"proj4can\":[1,2]}}\n\
A bare submission gets its id from its content: sending a file twice changes nothing.\n\
Exit 1 if anything was rejected or refused; `shukei rejections` says why.")]
pub(crate) struct Submit {
    /// Files of JSON lines, `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: DataFolder,
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
responses_<form>_<version>, outcomes, rejections, issues, raw, sources, questions, options; SHOW TABLES lists them.\n\
Example:\n  shukei sql \"SELECT option_label, count(*) AS n FROM answers WHERE question = 'tool2' AND chosen GROUP BY 1 ORDER BY 2 DESC\""
)]
pub(crate) struct Sql {
    /// The query
    pub(crate) query: String,
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// How to print
    #[arg(long, value_enum, default_value_t = FormatArgument::Table)]
    pub(crate) format: FormatArgument,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Columns: survey, wave, table, question, row, option, label, state, breaks, measure, value, count, base,\n\
base_unweighted, base_rule, methods, flags. A share's value is in percent.\n\
Example:\n  shukei tabulate --survey rse --wave uk2017 --question tool2"
)]
pub(crate) struct Tabulate {
    /// The survey
    #[arg(long)]
    pub(crate) survey: String,
    /// The wave
    #[arg(long)]
    pub(crate) wave: String,
    /// Only this question; may be given again
    #[arg(long)]
    pub(crate) question: Vec<String>,
    /// Break down by `group`, `method` or a single-answer question
    #[arg(long, value_name = "COLUMN")]
    pub(crate) by: Option<String>,
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// How to print
    #[arg(long, value_enum, default_value_t = FormatArgument::Csv)]
    pub(crate) format: FormatArgument,
}

#[derive(Debug, Args)]
pub(crate) struct Listing {
    #[command(flatten)]
    pub(crate) folder: DataFolder,
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
pub(crate) struct Check {
    /// A survey's folder, or a folder of such folders
    pub(crate) folder: PathBuf,
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
