use std::process::ExitCode;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int16Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use shukei_doors::Format;
use shukei_schemas::definition::{
    Condition, Definitions, Form, Mapping, Rule, RuleKind, Source, SurveyDefinition, Test, Wave, When,
    nearest,
};

use crate::cli::Coverage;
use crate::fault::Fault;
use crate::{output, surveys};

/// Prints, per option of the wave's forms, what each mapping feeds it with, and whom the base loses where it does not.
pub(crate) fn coverage(arguments: &Coverage) -> Result<ExitCode, Fault> {
    let definitions = surveys::load(&arguments.surveys)?;
    let (definition, wave) = of_wave(&definitions, &arguments.survey, arguments.wave.as_deref())?;
    let mut batch = batch(definition, wave).map_err(anyhow::Error::from)?;
    let format = Format::from(arguments.format);
    if format == Format::Table {
        // Reasons and names are long: people see them in CSV.
        let shown = ["question", "option", "label", "coverage", "fed_by", "base_loses"];
        let places: Vec<usize> = shown.iter().filter_map(|name| batch.schema().index_of(name).ok()).collect();
        batch = batch.project(&places).map_err(anyhow::Error::from)?;
    }
    output::batches(&batch.schema(), &[batch], format)?;
    Ok(ExitCode::SUCCESS)
}

/// The survey and its wave.
///
/// # Errors
/// A fault of use with the nearest right name.
pub(super) fn of_wave<'a>(
    definitions: &'a Definitions,
    survey: &str,
    wave: Option<&str>,
) -> Result<(&'a SurveyDefinition, &'a Wave), Fault> {
    let names = || definitions.surveys().map(|survey| survey.survey.survey.as_str());
    let definition = definitions.survey(&survey.into()).ok_or_else(|| {
        let hint = nearest(survey, names()).map_or_else(
            || format!("surveys: {}", names().collect::<Vec<_>>().join(", ")),
            |name| format!("did you mean `{name}`?"),
        );
        Fault::usage(format!("there is no survey `{survey}`"), hint)
    })?;
    let wave = shukei_query::wave_or_only(definitions, &definition.survey.survey, wave)?;
    let found = definition.survey.wave(&wave).ok_or_else(|| {
        let waves: Vec<&str> = definition.survey.waves.iter().map(|wave| wave.wave.as_str()).collect();
        Fault::usage(
            format!("survey `{survey}` has no wave `{wave}`"),
            format!("waves: {}", waves.join(", ")),
        )
    })?;
    Ok((definition, found))
}

/// One option of a target form, and what a mapping feeds it with.
pub(super) struct Line {
    pub(super) mapping: String,
    pub(super) question: String,
    pub(super) option: Option<i16>,
    pub(super) label: String,
    pub(super) covered: &'static str,
    pub(super) fed_by: String,
    base_loses: String,
    reason: String,
    signed_off: String,
}

/// Every option of the wave's forms that a mapping could feed.
pub(super) fn lines(definition: &SurveyDefinition, wave: &Wave) -> Vec<Line> {
    let language = definition.survey.languages.first().map_or("en", String::as_str);
    let mut lines = Vec::new();
    for mapping in wave.mappings.iter().filter_map(|mapping| definition.mapping(mapping)) {
        let (Some(source), Some(target)) =
            (definition.form(&mapping.source), definition.form(&mapping.target))
        else {
            continue;
        };
        for (place, question) in target.questions.iter().enumerate() {
            let rule = mapping.rule(place);
            for (option, choice) in question.options().iter().enumerate() {
                let covered = mapping.covers(place, option);
                // What the group says in the respondent's place is known without the mapping.
                let filled = question.filled_from.is_some();
                let reason = rule.filter(|_| covered).map_or("", |rule| reason_of(rule, option, language));
                lines.push(Line {
                    mapping: mapping.reference.target(),
                    question: question.number.to_string(),
                    option: Some(choice.code),
                    label: choice.shown(language),
                    covered: match (covered, filled) {
                        (true, _) => "covered",
                        (false, true) => "filled",
                        (false, false) => "not_covered",
                    },
                    fed_by: rule
                        .filter(|_| covered)
                        .map_or_else(String::new, |rule| fed_by(rule, option, source, target, place)),
                    base_loses: match covered || filled {
                        true => String::new(),
                        false => mapping.exclusion_note.in_language(language).to_owned(),
                    },
                    reason: reason.to_owned(),
                    signed_off: if covered { sign_off(mapping, rule) } else { String::new() },
                });
            }
        }
    }
    lines
}

fn batch(definition: &SurveyDefinition, wave: &Wave) -> Result<RecordBatch, arrow::error::ArrowError> {
    let lines = lines(definition, wave);
    let text = |value: fn(&Line) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(lines.iter().map(value)))
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("mapping", text(|line| &line.mapping)),
        ("question", text(|line| &line.question)),
        ("option", Arc::new(lines.iter().map(|line| line.option).collect::<Int16Array>())),
        ("label", text(|line| &line.label)),
        ("coverage", text(|line| line.covered)),
        ("fed_by", text(|line| &line.fed_by)),
        ("base_loses", text(|line| &line.base_loses)),
        ("reason", text(|line| &line.reason)),
        ("signed_off", text(|line| &line.signed_off)),
    ];
    let field =
        |name: &str| Field::new(name, if name == "option" { DataType::Int16 } else { DataType::Utf8 }, true);
    let schema = Schema::new(columns.iter().map(|(name, _)| field(name)).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column)| column).collect())
}

fn reason_of<'a>(rule: &'a Rule, option: usize, language: &str) -> &'a str {
    if let RuleKind::Options(options) = &rule.kind
        && let Some(own) = options.iter().find(|known| known.option == option)
        && !own.reason.is_empty()
    {
        return own.reason.in_language(language);
    }
    rule.reason.in_language(language)
}

fn sign_off(mapping: &Mapping, rule: Option<&Rule>) -> String {
    let sign_off = rule.and_then(|rule| rule.signed_off.as_ref()).unwrap_or(&mapping.signed_off);
    format!("{} {}", sign_off.by, sign_off.on)
}

/// What feeds an option, for example `any(f1=1|2, f3>=1)`.
fn fed_by(rule: &Rule, option: usize, source: &Form, target: &Form, question: usize) -> String {
    let number = |place: usize| source.questions.get(place).map_or("?", |question| question.number.as_str());
    let named = |from: &Source| {
        let rows = source.questions.get(from.question).map_or(&[][..], |question| question.rows());
        let row = rows.get(from.row).map(|row| format!(".{}", row.code));
        format!("{}{}", number(from.question), row.unwrap_or_default())
    };
    let condition = |condition: &Condition| match &condition.test {
        Test::Codes(codes) => {
            let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
            format!("{}={}", named(&condition.source), codes.join("|"))
        }
        Test::AtLeast(least) => format!("{}>={least}", named(&condition.source)),
    };
    let joined = |conditions: &[Condition]| conditions.iter().map(condition).collect::<Vec<_>>().join(", ");
    match &rule.kind {
        RuleKind::Options(options) => {
            match options.iter().find(|known| known.option == option).map(|known| &known.when) {
                Some(When::Any(conditions)) => format!("any({})", joined(conditions)),
                Some(When::All(conditions)) => format!("all({})", joined(conditions)),
                Some(When::NoOther) => "no other option".to_owned(),
                None => String::new(),
            }
        }
        RuleKind::Codes { from, map } => {
            let mut codes: Vec<i16> =
                map.iter().filter(|(_, place)| **place == option).map(|(code, _)| *code).collect();
            codes.sort_unstable();
            let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
            let from: Vec<String> = from.iter().map(named).collect();
            match (codes.is_empty(), from.len()) {
                (true, _) => "no source code comes to it".to_owned(),
                (false, 1) => format!("{}={}", from.join(""), codes.join("|")),
                (false, _) => format!("worst({})={}", from.join(", "), codes.join("|")),
            }
        }
        RuleKind::Same { from, codes, .. } => {
            let mut codes: Vec<i16> =
                codes.iter().filter(|(_, place)| **place == option).map(|(code, _)| *code).collect();
            codes.sort_unstable();
            let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
            match codes.is_empty() {
                true => "no source code comes to it".to_owned(),
                false => format!("{}={}", number(*from), codes.join("|")),
            }
        }
        RuleKind::Priority { from, order, otherwise } => {
            let first = order.iter().filter(|(_, place)| *place == option).map(|(code, _)| code.to_string());
            let codes: Vec<String> =
                first.chain((*otherwise == Some(option)).then(|| "otherwise".to_owned())).collect();
            match codes.is_empty() {
                true => format!(
                    "no mark of {} comes to it in question {}",
                    named(from),
                    target.questions[question].number
                ),
                false => format!("first({})={}", named(from), codes.join("|")),
            }
        }
    }
}
