//! The stable codes of everything that can be wrong with a record, one enum for tables, messages and metrics.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal, $hint:literal;)*) => {
        /// A stable machine code. Codes are only ever added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
        }

        impl Code {
            /// Every code, for documentation and completeness checks.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The code as it stands in tables and output.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $text,)* }
            }

            /// What to do next, without any content of the record.
            pub fn hint(self) -> &'static str {
                match self { $(Code::$variant => $hint,)* }
            }

            /// The code with this text.
            pub fn parse(text: &str) -> Option<Code> {
                match text { $($text => Some(Code::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    // A record that cannot be read or attributed is rejected under one of these.
    /// The record has no bytes.
    RecordEmpty = "record_empty", "send the event again; the producer wrote a record without content";
    /// The bytes are not UTF-8.
    Utf8Invalid = "utf8_invalid", "encode the record as UTF-8";
    /// The text is not JSON, or ends too early.
    JsonSyntax = "json_syntax", "check that the record is one complete JSON document";
    /// A key stands twice in an object that says where the record belongs.
    JsonDuplicateKey = "json_duplicate_key", "give each key once";
    /// The record is no CloudEvents 1.0 event.
    EnvelopeInvalid = "envelope_invalid", "give specversion 1.0, id, source and type (structured or binary mode)";
    /// The event type is none that is known here.
    EventTypeUnknown = "event_type_unknown", "use submission.received, submission.edited, submission.withdrawn or aggregate.received";
    /// A required field is missing or empty.
    FieldMissing = "field_missing", "give the field named in path";
    /// A field has another JSON type than it must have.
    FieldType = "field_type", "give the field named in path with the type of the event schema";
    /// An edit says that a field has another value than the submission beside it.
    EditDiffers = "edit_differs", "make `new` what the submission says at `field`, null where it says nothing";
    /// No such survey is defined here.
    SurveyUnknown = "survey_unknown", "use the id of a defined survey, or add its definition and read the record again";
    /// The survey has no such wave.
    WaveUnknown = "wave_unknown", "use a wave that the survey lists";
    /// The wave does not use such a form.
    FormUnknown = "form_unknown", "use a form and version that the wave lists";
    /// The wave does not use such a layout.
    LayoutUnknown = "layout_unknown", "use a layout and version that the wave lists";
    /// The wave uses no such mapping of counts.
    MappingUnknown = "mapping_unknown", "use a mapping with `aggregate: true` that the wave lists";
    /// The form demands a proper answer to a question, and there is none.
    AnswerDemanded = "answer_demanded", "answer the question named in path properly and send the submission again";

    // A bad answer inside an accepted record is listed under one of these; the other answers count.
    /// The wave's classification has no such group, or none is given.
    GroupUnknown = "group_unknown", "use a group of the wave's sectors; until then the unit counts in totals only";
    /// The form has no such question.
    QuestionUnknown = "question_unknown", "use the question numbers of the form";
    /// The layout has no such column.
    ColumnUnknown = "column_unknown", "add the column to the layout, or list it under ignore";
    /// The grid has no such row.
    RowUnknown = "row_unknown", "use the row codes of the question";
    /// The question has no option with this code.
    OptionUnknown = "option_unknown", "use the option codes of the question";
    /// The cell's text is no label of the question and no alias of the layout.
    LabelUnknown = "label_unknown", "add an alias to the layout if the text means one of the options";
    /// Two or more options in a question that takes one.
    TwoMarks = "two_marks", "a single-answer question takes one option";
    /// The same option twice.
    OptionRepeated = "option_repeated", "name each option once";
    /// An exclusive option together with others.
    ExclusiveWithOthers = "exclusive_with_others", "an exclusive option stands alone";
    /// The answer has another JSON type than its question takes.
    AnswerType = "answer_type", "give a code, a list of codes, a number or a text as the question's kind says";
    /// One question was answered twice in one record.
    AnswerDuplicateKey = "answer_duplicate_key", "give each question once";
    /// The text is no decimal number, or has too many digits.
    NumberInvalid = "number_invalid", "write digits, with a point and at most the decimals that the question keeps; no separators or units. A layout reads others by `decimal`, `thousands`, `strip`, `round`, and words by `values` (under `cells`)";
    /// The number lies outside the range of its question.
    NumberOutOfRange = "number_out_of_range", "check the unit; the form says the range";
    /// The text is longer than its question takes.
    TextTooLong = "text_too_long", "shorten the text to the length that the form allows";

    /// The text is no date or time of the declared format.
    DateInvalid = "date_invalid", "write YYYY-MM-DD, or declare date_format in the layout";
    /// The date lies outside the range of its question.
    DateOutOfRange = "date_out_of_range", "check the date; the form says the range";
    /// Two items of a ranking have one rank.
    RankRepeated = "rank_repeated", "give each rank to one item, or set tied_ranks: keep";
    /// One item of a ranking has two ranks.
    ItemRepeated = "item_repeated", "name each item once";
    /// Words for "other" although it is not marked.
    OtherWithoutMark = "other_without_mark", "mark the option, or set other_without_mark in the form's rules";
    /// An answer to a question, a row or an option that was not asked.
    AnsweredNotAsked = "answered_not_asked", "check the routing of the form; its rules say what becomes of the answer";
    /// A soft check of the form fired; the path names it.
    CheckFailed = "check_failed", "look at the answers that the check names";
    /// The look-up table has no such entry.
    LookupMissed = "lookup_missed", "add the entry to the look-up table";
    /// No band takes the value.
    BandMissed = "band_missed", "add a band without a bound, or check the value";
    /// A declared pattern of the layout placed the text; listed so that it can be looked through.
    PatternMatched = "pattern_matched", "nothing to do if the pattern means this text";
    /// A text outside the list was kept as other, as the question says.
    Unlisted = "unlisted", "nothing to do, or add an alias if the text means one of the options";
    /// A text or a respondent is not the identifier that the survey asks for.
    IdentifierInvalid = "identifier_invalid", "look the identifier up again, and keep its column as text";
    /// The submission came after the cut-off of its wave; it is the first issue of its record.
    Late = "late", "nothing to do: the wave's `late` says whether it counts";
    /// Counts of a question do not fit together; the question is left out.
    AggregateSum = "aggregate_sum", "make base, counts per option and counts per state fit, and send the counts with a higher revision";
    /// A count is no whole number of 0 or more, or none is given where one must be; the question is left out.
    AggregateCount = "aggregate_count", "give base, options and states as whole numbers of 0 or more";
    /// More marks than the question takes.
    TooManyMarks = "too_many_marks", "the question takes at most so many marks as its max_marks says";
    /// Two columns that feed one answer say different things.
    ColumnsDiffer = "columns_differ", "say in the layout which column counts";

    // What the doors refuse before anything reaches the topic.
    /// The record is larger than the installation takes.
    RecordTooLarge = "record_too_large", "split the delivery into one event per submission, or raise max_record_bytes";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Something wrong with one record, said without any of its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What is wrong.
    pub code: Code,
    /// Where inside the record, as a JSON pointer (RFC 6901); for layouts the column's name is the last part.
    pub path: String,
    /// What to do next.
    pub hint: String,
}

impl Issue {
    /// An issue with the code's own hint.
    pub fn new(code: Code, path: impl Into<String>) -> Self {
        Self { code, path: path.into(), hint: code.hint().to_owned() }
    }

    /// The same with a hint that knows more.
    pub fn with_hint(code: Code, path: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code, path: path.into(), hint: hint.into() }
    }
}

/// One part of a JSON pointer that nobody knows, escaped by RFC 6901 and cut to 500 characters, since keys may come from
/// anybody.
pub fn pointer_part(key: &str) -> String {
    let mut out = String::from("/");
    escape(key.chars().take(PART_CHARS_MAX), &mut out);
    out
}

/// As many characters of a key that no definition knows are kept.
const PART_CHARS_MAX: usize = 500;

/// One part of a JSON pointer that a definition knows, escaped and whole: names that begin alike stay apart.
pub fn known_part(key: &str) -> String {
    let mut out = String::from("/");
    escape(key.chars(), &mut out);
    out
}

fn escape(key: impl Iterator<Item = char>, out: &mut String) {
    for c in key {
        match c {
            '~' => out.push_str("~0"),
            '/' => out.push_str("~1"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_has_a_hint() {
        for &code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert!(!code.hint().is_empty());
        }
    }

    #[test]
    fn pointer_parts_are_escaped() {
        assert_eq!(pointer_part("a/b~c"), "/a~1b~0c");
        assert_eq!(known_part("a/b~c"), "/a~1b~0c");
        let long = "x".repeat(600);
        assert_eq!((pointer_part(&long).len(), known_part(&long).len()), (501, 601));
    }
}
