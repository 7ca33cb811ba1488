use std::process::ExitCode;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int16Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use shukei_doors::Format;
use shukei_schemas::definition::{
    Condition, Form, Mapping, Rule, RuleKind, SurveyDefinition, Test, Wave, When, nearest,
};

use crate::cli::Coverage;
use crate::fault::Fault;
use crate::{output, surveys};

/// Prints, per option of the wave's forms, what each mapping feeds it with, and whom the base loses where it does not.
pub(crate) fn coverage(arguments: &Coverage) -> Result<ExitCode, Fault> {
    let definitions = surveys::load(&arguments.surveys)?;
    let names = || definitions.surveys().map(|survey| survey.survey.survey.as_str());
    let definition = definitions.survey(&arguments.survey.as_str().into()).ok_or_else(|| {
        let hint = nearest(&arguments.survey, names()).map_or_else(
            || format!("surveys: {}", names().collect::<Vec<_>>().join(", ")),
            |name| format!("did you mean `{name}`?"),
        );
        Fault::usage(format!("there is no survey `{}`", arguments.survey), hint)
    })?;
    let wave = definition.survey.wave(&arguments.wave.as_str().into()).ok_or_else(|| {
        let waves: Vec<&str> = definition.survey.waves.iter().map(|wave| wave.wave.as_str()).collect();
        Fault::usage(
            format!("survey `{}` has no wave `{}`", arguments.survey, arguments.wave),
            format!("waves: {}", waves.join(", ")),
        )
    })?;
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

struct Line {
    mapping: String,
    question: String,
    option: Option<i16>,
    label: String,
    covered: &'static str,
    fed_by: String,
    base_loses: String,
    reason: String,
    signed_off: String,
}

fn batch(definition: &SurveyDefinition, wave: &Wave) -> Result<RecordBatch, arrow::error::ArrowError> {
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
    let condition = |condition: &Condition| match &condition.test {
        Test::Codes(codes) => {
            let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
            format!("{}={}", number(condition.question), codes.join("|"))
        }
        Test::AtLeast(least) => format!("{}>={least}", number(condition.question)),
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
            let from: Vec<&str> = from.iter().map(|place| number(*place)).collect();
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
                    number(*from),
                    target.questions[question].number
                ),
                false => format!("first({})={}", number(*from), codes.join("|")),
            }
        }
    }
}
