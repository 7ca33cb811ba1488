//! The key `file` of a layout: how somebody's file itself is read, before its cells mean anything.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::finding::{Finding, nearest};
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
    /// Whether a row is taken in which text stands directly behind a closing quotation mark. It is refused if not
    /// given: mostly a mark is missing there or too many, and the row holds others.
    pub loose_quotes: bool,
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
            loose_quotes: false,
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

/// The names of encodings that are understood, beside those that [`encoding_label`] takes for one of them: the
/// labels of the Encoding Standard, but for those of encodings that it no longer decodes. The list is closed.
const ENCODINGS: &str = "\
    866 ansi_x3.4-1968 arabic ascii asmo-708 big5 big5-hkscs chinese cn-big5 cp1250 cp1251 cp1252 cp1253 \
    cp1254 cp1255 cp1256 cp1257 cp1258 cp819 cp866 csbig5 cseuckr cseucpkdfmtjapanese csgb2312 csibm866 \
    csiso2022jp csiso58gb231280 csiso88596e csiso88596i csiso88598e csiso88598i csisolatin1 csisolatin2 \
    csisolatin3 csisolatin4 csisolatin5 csisolatin6 csisolatin9 csisolatinarabic csisolatincyrillic \
    csisolatingreek csisolatinhebrew cskoi8r csksc56011987 csmacintosh csshiftjis csunicode cyrillic \
    dos-874 ecma-114 ecma-118 elot_928 euc-jp euc-kr gb18030 gb2312 gb_2312 gb_2312-80 gbk greek greek8 \
    hebrew ibm819 ibm866 iso-10646-ucs-2 iso-2022-jp iso-8859-1 iso-8859-10 iso-8859-11 iso-8859-13 \
    iso-8859-14 iso-8859-15 iso-8859-16 iso-8859-2 iso-8859-3 iso-8859-4 iso-8859-5 iso-8859-6 \
    iso-8859-6-e iso-8859-6-i iso-8859-7 iso-8859-8 iso-8859-8-e iso-8859-8-i iso-8859-9 iso-ir-100 \
    iso-ir-101 iso-ir-109 iso-ir-110 iso-ir-126 iso-ir-127 iso-ir-138 iso-ir-144 iso-ir-148 iso-ir-149 \
    iso-ir-157 iso-ir-58 iso8859-1 iso8859-10 iso8859-11 iso8859-13 iso8859-14 iso8859-15 iso8859-2 \
    iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso88591 iso885910 iso885911 \
    iso885913 iso885914 iso885915 iso88592 iso88593 iso88594 iso88595 iso88596 iso88597 iso88598 \
    iso88599 iso_8859-1 iso_8859-15 iso_8859-1:1987 iso_8859-2 iso_8859-2:1987 iso_8859-3 \
    iso_8859-3:1988 iso_8859-4 iso_8859-4:1988 iso_8859-5 iso_8859-5:1988 iso_8859-6 iso_8859-6:1987 \
    iso_8859-7 iso_8859-7:1987 iso_8859-8 iso_8859-8:1988 iso_8859-9 iso_8859-9:1989 koi koi8 koi8-r \
    koi8-ru koi8-u koi8_r korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 l1 l2 l3 l4 l5 l6 l9 \
    latin1 latin2 latin3 latin4 latin5 latin6 logical mac macintosh ms932 ms_kanji shift-jis shift_jis \
    sjis sun_eu_greek tis-620 ucs-2 unicode unicode-1-1-utf-8 unicode11utf8 unicode20utf8 unicodefeff \
    unicodefffe us-ascii utf-16 utf-16be utf-16le utf-8 utf8 visual windows-1250 windows-1251 \
    windows-1252 windows-1253 windows-1254 windows-1255 windows-1256 windows-1257 windows-1258 \
    windows-31j windows-874 windows-949 x-cp1250 x-cp1251 x-cp1252 x-cp1253 x-cp1254 x-cp1255 x-cp1256 \
    x-cp1257 x-cp1258 x-euc-jp x-gbk x-mac-cyrillic x-mac-roman x-mac-ukrainian x-sjis x-unicode20utf8 \
    x-x-big5";

/// The names that are suggested where one is none, the ones that survey offices write first.
fn encodings() -> impl Iterator<Item = &'static str> {
    ["cp932", "utf-8", "utf-8-sig", "ms932"].into_iter().chain(ENCODINGS.split(' '))
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
    if let Some(encoding) = &file.encoding {
        let label = encoding_label(encoding);
        if !ENCODINGS.split(' ').any(|known| known == label) {
            let hint = match nearest(encoding.trim(), encodings()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write a name such as utf-8, cp932, utf-16, windows-1252 or euc-jp".to_owned(),
            };
            error(format!("file: encoding `{encoding}` is not known"), &hint);
        }
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
            ("encoding: cp-932x", "encoding `cp-932x` is not known"),
            ("encoding: hz-gb-2312", "encoding `hz-gb-2312` is not known"),
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

    #[test]
    fn an_encoding_is_known_by_any_of_its_names() {
        let found = |name: &str| {
            let mut findings = Vec::new();
            let file = DeliveryFile { encoding: Some(name.to_owned()), ..DeliveryFile::default() };
            lint("f", None, &file, &mut findings);
            findings.pop().and_then(|finding| finding.hint)
        };
        for name in ["cp932", "CP932", " Shift_JIS ", "ms932", "windows-31j", "sjis", "euc-jp", "utf-8-sig"]
            .into_iter()
            .chain(["UTF16", "utf-16be", "latin-1", "windows-1252", "macintosh", "iso-2022-jp"])
        {
            assert_eq!(found(name), None, "{name}");
        }
        assert!(found("cp-932x").is_some_and(|hint| hint.contains("`cp932`")));
        assert!(found("ebcdic").is_some_and(|hint| hint.contains("utf-8, cp932")));
        // A list that was cut by a line break would hold blanks or nothing.
        assert!(encodings().all(|name| !name.is_empty() && encoding_label(name).is_ascii()));
    }
}
