//! The key `file` of a layout: how somebody's file itself is read, before its cells mean anything.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::finding::Finding;
use super::rows_file::{self, RowTest};

/// How a file is read into rows of cells, and what one submission in it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeliveryFile {
    /// What kind of file it is; by the ending of its name if not given.
    pub format: Option<FileFormat>,
    /// The encoding of a text file, for example `cp932`; by its byte order mark if not given, else UTF-8.
    pub encoding: Option<String>,
    /// The character between two cells, or `tab`; a tab for `tsv`, else a comma if not given.
    pub separator: Option<String>,
    /// The character around cells; the double quote if not given, none if empty.
    pub quote: Option<String>,
    /// Rows that name the columns: 1 if not given; 0 if columns have only positions; 2 if group and column stand below
    /// each other.
    pub header_rows: u8,
    /// Rows before the header that are passed over.
    pub skip_rows: u32,
    /// The sheet of a workbook; the first if not given.
    pub sheet: Option<String>,
    /// Of a workbook that one respondent filled in (`xlsx_form`): cell address to column name.
    pub cells: BTreeMap<String, String>,
    /// What becomes of a row without any content, where a submission is a row.
    pub empty_rows: EmptyRows,
    /// What becomes of a row that has fewer cells than the header.
    pub short_rows: ShortRows,
    /// Rows that are no submissions: those for which one of these tests holds. They are left out and counted.
    pub skip_if: Vec<RowTest>,
    /// The only rows that are submissions: those for which all of these tests hold.
    pub only_if: Vec<RowTest>,
    /// What one submission is, and where its attributes stand.
    pub submission: SubmissionRule,
}

impl Default for DeliveryFile {
    fn default() -> Self {
        Self {
            format: None,
            encoding: None,
            separator: None,
            quote: None,
            header_rows: 1,
            skip_rows: 0,
            sheet: None,
            cells: BTreeMap::new(),
            empty_rows: EmptyRows::default(),
            short_rows: ShortRows::default(),
            skip_if: Vec::new(),
            only_if: Vec::new(),
            submission: SubmissionRule::default(),
        }
    }
}

impl DeliveryFile {
    /// Every column that says something about a row or its submission, not an answer.
    pub fn columns(&self) -> BTreeSet<&str> {
        let tests = self.skip_if.iter().chain(&self.only_if).map(|test| test.column.as_str());
        self.submission.columns().into_iter().chain(tests).collect()
    }
}

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// Cells between commas.
    Csv,
    /// Cells between tabs.
    Tsv,
    /// A sheet of rows in a workbook.
    Xlsx,
    /// A workbook that one respondent filled in.
    XlsxForm,
    /// One JSON object of column to cell a line.
    Jsonl,
}

/// What becomes of a row without any content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmptyRows {
    /// It is a submission that answers nothing.
    #[default]
    Receive,
    /// It is passed over and counted.
    Skip,
}

/// What becomes of a row that has fewer cells than the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShortRows {
    /// It is not sent, and reported.
    #[default]
    Refuse,
    /// The missing cells are blank.
    Blank,
}

/// What one submission is: the row itself, or whatever the key columns name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SubmissionRule {
    /// The columns that name the respondent, joined by `/` if several.
    pub key: Vec<String>,
    /// Each row is a submission of its own, named by delivery and row number.
    pub row: bool,
    /// The respondent. Where a submission is a row, it only serves to report who has several.
    pub respondent: Option<Given>,
    /// The group that is answered for.
    pub group: Option<Given>,
    /// The wave.
    pub wave: Option<Given>,
    /// When the respondent sent it.
    pub submitted_at: Option<Given>,
    /// The sender's own count of corrections.
    pub revision: Option<Given>,
    /// How it was collected.
    pub method: Option<Given>,
}

impl SubmissionRule {
    /// The columns that name the respondent; none where a submission is a row.
    pub fn key_columns(&self) -> Vec<&str> {
        let respondent = self.respondent.as_ref().and_then(Given::column);
        match (self.row, self.key.is_empty(), respondent) {
            (true, _, _) => Vec::new(),
            (false, true, Some(column)) => vec![column],
            (false, _, _) => self.key.iter().map(String::as_str).collect(),
        }
    }

    /// Whether a row is a submission by itself: said so, or nothing names a respondent.
    pub fn is_row(&self) -> bool {
        self.row || self.key_columns().is_empty()
    }

    fn given(&self) -> [(&'static str, Option<&Given>); 6] {
        [
            ("respondent", self.respondent.as_ref()),
            ("group", self.group.as_ref()),
            ("wave", self.wave.as_ref()),
            ("submitted_at", self.submitted_at.as_ref()),
            ("revision", self.revision.as_ref()),
            ("method", self.method.as_ref()),
        ]
    }

    /// Every column that says something about the submission, not an answer.
    pub fn columns(&self) -> BTreeSet<&str> {
        let given = self.given().into_iter().filter_map(|(_, given)| given.and_then(Given::column));
        self.key.iter().map(String::as_str).chain(given).collect()
    }
}

/// An attribute of a submission: the name of a column, or how to get it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Given {
    /// The cell of this column.
    Column(String),
    /// More than a name.
    How(GivenHow),
}

/// How an attribute of a submission is got: from a column, or the same for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GivenHow {
    /// The cell of this column.
    pub column: Option<String>,
    /// The same for every submission.
    pub constant: Option<String>,
    /// What the cell says to what it means; a cell that is not listed is taken as it is.
    pub map: BTreeMap<String, String>,
    /// How a time is written, for example `%d/%m/%Y %H:%M`; taken as it is if not given.
    pub format: Option<String>,
    /// The time zone of a time without one, for example `Asia/Tokyo`; UTC if not given.
    pub zone: Option<String>,
}

impl Given {
    /// The column that it stands in.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Column(column) => Some(column),
            Self::How(how) => how.column.as_deref(),
        }
    }
}

/// The encoding that a name means, as `encoding_rs` calls it; the names that survey offices use are understood.
pub fn encoding_label(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    match name.as_str() {
        "cp932" | "ms932" | "windows-932" | "mskanji" => "shift_jis".to_owned(),
        "utf8" | "utf-8-sig" => "utf-8".to_owned(),
        "utf16" => "utf-16le".to_owned(),
        "latin-1" => "latin1".to_owned(),
        _ => name,
    }
}

/// What is wrong with the key `file` of a layout.
pub(super) fn lint(path: &str, line: Option<u64>, file: &DeliveryFile, findings: &mut Vec<Finding>) {
    let mut error = |message: String, hint: &str| {
        findings.push(Finding::error(path, line, message).hint(hint));
    };
    let one_byte = |text: &str| text.len() == 1;
    if let Some(separator) = &file.separator
        && separator != "tab"
        && !one_byte(separator)
    {
        error(format!("file: separator `{separator}` is not one ASCII character"), "write one, or `tab`");
    }
    if let Some(quote) = file.quote.as_deref().filter(|quote| !quote.is_empty() && !one_byte(quote)) {
        error(format!("file: quote `{quote}` is not one ASCII character"), "write one, or \"\" for none");
    }
    let rule = &file.submission;
    if rule.row && !rule.key.is_empty() {
        let hint = "give key columns where several rows may be of one respondent, or row: true";
        error("file: a submission is either its key or its row".to_owned(), hint);
    }
    let is_form = file.format == Some(FileFormat::XlsxForm);
    if is_form == file.cells.is_empty() {
        let hint = "give cells (address: column) to format: xlsx_form only";
        error("file: cells belong to xlsx_form, and an xlsx_form has cells".to_owned(), hint);
    }
    for address in file.cells.keys().filter(|address| cell_address(address).is_none()) {
        error(format!("file: `{address}` is no cell address"), "write addresses such as B3");
    }
    for (name, given) in rule.given() {
        if let Some(Given::How(how)) = given
            && how.column.is_some() == how.constant.is_some()
        {
            error(format!("file: {name} needs either a column or a constant"), "give one of them");
        }
        if let Some(Given::How(how)) = given
            && name != "submitted_at"
            && (how.format.is_some() || how.zone.is_some())
        {
            error(
                format!("file: {name} takes no `format` and no `zone`; only a time does"),
                "say with `map` what its cells mean; where dates are waves, leave waves out of survey.yaml and derive a `period`",
            );
        }
        if let Some(Given::How(GivenHow { zone: Some(zone), .. })) = given
            && jiff::tz::TimeZone::get(zone).is_err()
        {
            error(
                format!("file: {name} is in unknown time zone `{zone}`"),
                "write a name such as Asia/Tokyo",
            );
        }
    }
    rows_file::lint(path, line, file.skip_if.iter().chain(&file.only_if), findings);
}

/// Row and column, from 0, of an address such as `B3`.
pub fn cell_address(address: &str) -> Option<(u32, u32)> {
    let letters = address.trim().find(|c: char| c.is_ascii_digit())?;
    let (column, row) = address.trim().split_at(letters);
    if column.is_empty() || column.len() > 3 || row.starts_with('0') {
        return None;
    }
    let mut number = 0u32;
    for letter in column.chars() {
        let letter = letter.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() {
            return None;
        }
        number = number * 26 + (letter as u32 - 'A' as u32 + 1);
    }
    Some((row.parse::<u32>().ok()?.checked_sub(1)?, number.checked_sub(1)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_spreadsheets() {
        for (address, place) in
            [("A1", Some((0, 0))), ("b3", Some((2, 1))), ("AA10", Some((9, 26))), ("XFD1", Some((0, 16383)))]
        {
            assert_eq!(cell_address(address), place, "{address}");
        }
        for address in ["", "A", "1", "A0", "1A", "A1B", "ÄA1", "AAAA1", "A-1"] {
            assert_eq!(cell_address(address), None, "{address}");
        }
    }

    #[test]
    fn what_names_the_respondent_follows_from_the_rule() {
        let read = |yaml: &str| -> DeliveryFile { serde_saphyr::from_str(yaml).unwrap() };
        for (yaml, is_row, keys) in [
            ("{}", true, &[][..]),
            ("submission: {row: true, respondent: Mail}", true, &[]),
            ("submission: {key: [ID]}", false, &["ID"]),
            ("submission: {respondent: ID}", false, &["ID"]),
            ("submission: {key: [A, B], respondent: C}", false, &["A", "B"]),
        ] {
            let rule = read(yaml).submission;
            assert_eq!((rule.is_row(), rule.key_columns()), (is_row, keys.to_vec()), "{yaml}");
        }
        let rule =
            read("submission: {key: [ID], group: {column: Sector, map: {Water: w}}, wave: {constant: x}}");
        assert_eq!(rule.submission.columns().into_iter().collect::<Vec<_>>(), ["ID", "Sector"]);
    }

    #[test]
    fn mistakes_are_named() {
        for (yaml, part) in [
            ("separator: ';;'", "separator"),
            ("quote: ''''''", "quote"),
            ("submission: {row: true, key: [A]}", "either its key or its row"),
            ("format: xlsx_form", "cells belong"),
            ("cells: {B3: a}", "cells belong"),
            ("{format: xlsx_form, cells: {3B: a}}", "no cell address"),
            ("submission: {group: {map: {a: b}}}", "group needs either"),
            ("submission: {submitted_at: {column: a, zone: Mars/Base}}", "unknown time zone"),
            ("submission: {wave: {column: a, format: '%Y-%m'}}", "wave takes no `format`"),
            ("submission: {group: {column: a, zone: Asia/Tokyo}}", "group takes no `format`"),
            ("skip_if: [{column: a}]", "is none"),
            ("only_if: [{blank: true}]", "names its `column`"),
        ] {
            let mut findings = Vec::new();
            lint("f", Some(1), &serde_saphyr::from_str(yaml).unwrap(), &mut findings);
            assert!(findings.len() == 1 && findings[0].message.contains(part), "{yaml}: {findings:?}");
        }
    }
}
