//! The workbook: a front sheet, then a sheet per section with a block per question.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};
use shukei_query::Measure;

use crate::blocks::{Block, Cell, Line, Part};
use crate::error::ReportError;
use crate::report::Report;
use crate::styles::{Styles, sheet_name};
use crate::words::{DISTRIBUTION, Words};

/// The columns in front of the figures: question, row, code, words, base.
const KEYS: u16 = 5;

/// Lines above the first block: what it is, whom it is for, and the two lines of headings, which stay in sight.
const HEAD: u32 = 4;

/// A4.
const PAPER: u8 = 9;

/// Forms the workbook. The same report gives the same bytes.
pub(crate) fn workbook(
    report: &Report,
    parts: &[Part],
    blocks: &[Block<'_>],
) -> Result<Vec<u8>, ReportError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_timestamp(report.data_time)?;
    let survey = &report.definition.survey;
    workbook.set_properties(
        &DocProperties::new()
            .set_title(survey.names.in_language(&report.language))
            .set_status(DISTRIBUTION)
            .set_creation_datetime(&created),
    );
    let styles = Styles::new(survey.decimals);
    front(report, &styles, workbook.add_worksheet())?;
    let mut names = vec!["front".to_owned()];
    for of_section in blocks.chunk_by(|a, b| report.section_of(a) == report.section_of(b)) {
        let Some(first) = of_section.first() else { continue };
        let title = report.section_of(first);
        let name = sheet_name(if title.is_empty() { report.words().questions } else { title }, &names);
        let mut sheet = Sheet { sheet: workbook.add_worksheet(), styles: &styles, at: HEAD };
        sheet.sheet.set_name(&name)?;
        names.push(name);
        sheet.head(report, title, parts)?;
        for block in of_section {
            sheet.block(report, block)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

/// Who answered, and what a reader must know before the figures.
fn front(report: &Report, styles: &Styles, sheet: &mut Worksheet) -> Result<(), ReportError> {
    let (words, survey) = (report.words(), &report.definition.survey);
    let language = report.language.as_str();
    sheet.set_name("front")?.set_landscape().set_paper_size(PAPER).set_print_fit_to_pages(1, 0);
    sheet.set_footer(footer(report));
    for (column, width) in [38, 60, 34, 10, 18, 10, 18].into_iter().enumerate() {
        sheet.set_column_width(u16::try_from(column).unwrap_or(0), width)?;
    }
    let mut at = 0;
    let title =
        format!("{} / {}", survey.names.in_language(language), report.wave.names.in_language(language));
    sheet.write_string_with_format(at, 0, title, &styles.title)?;
    at += 1;
    sheet.write_string_with_format(at, 0, words.distribution, &styles.warning)?;
    at += 1;
    if survey.synthetic {
        sheet.write_string_with_format(at, 0, words.synthetic, &styles.warning)?;
        at += 1;
    }
    at += 1;
    let rate = format!("{} {}", words.rate, words.percent);
    let names =
        [words.group, words.target, words.ministry, words.invited, words.answers, &rate, words.method];
    for (column, name) in (0..).zip(names) {
        sheet.write_string_with_format(at, column, name, &styles.heading)?;
    }
    sheet.set_freeze_panes(at + 1, 1)?;
    at += 1;
    for row in &report.front.rows {
        sheet.write_string_with_format(at, 0, &row.name, &styles.text)?;
        sheet.write_string_with_format(at, 1, &row.target, &styles.text)?;
        sheet.write_string_with_format(at, 2, &row.ministry, &styles.text)?;
        let invited = row.group.as_deref().and_then(|group| report.response.group(group));
        match invited.and_then(|row| row.invited) {
            Some(invited) => sheet.write_number_with_format(at, 3, whole(invited), &styles.count)?,
            None => sheet.write_blank(at, 3, &styles.count)?,
        };
        sheet.write_number_with_format(at, 4, whole(row.count), &styles.count)?;
        match invited.and_then(|row| row.rate.as_deref()) {
            Some(rate) => sheet.write_number_with_format(at, 5, decimal("front", rate)?, &styles.share)?,
            None => sheet.write_blank(at, 5, &styles.share)?,
        };
        sheet.write_string_with_format(at, 6, row.method_text(), &styles.text)?;
        at += 1;
    }
    for (column, text) in (0..).zip([words.total, "", "", "", &report.front.total_text(), "", ""]) {
        let style = if column == 4 { &styles.count } else { &styles.text };
        sheet.write_string_with_format(at, column, text, style)?;
    }
    at += 2;
    for line in report.front_lines() {
        sheet.write_string_with_format(at, 0, line, &styles.quiet)?;
        at += 1;
    }
    Ok(())
}

/// A sheet that is written from above.
struct Sheet<'a> {
    sheet: &'a mut Worksheet,
    styles: &'a Styles,
    at: u32,
}

impl Sheet<'_> {
    fn head(&mut self, report: &Report, title: &str, parts: &[Part]) -> Result<(), ReportError> {
        let (words, styles) = (report.words(), self.styles);
        let sheet = &mut *self.sheet;
        sheet.set_landscape().set_paper_size(PAPER).set_print_fit_to_pages(1, 0);
        sheet.set_footer(footer(report)).set_repeat_rows(0, HEAD - 1)?;
        for (column, width) in (0..).zip([7, 5, 14, 52, 6]) {
            sheet.set_column_width(column, width)?;
        }
        let title = if title.is_empty() { words.questions } else { title };
        sheet.write_string_with_format(0, 0, title, &styles.title)?;
        let told = match report.definition.survey.synthetic {
            true => format!("{} | {}", words.distribution, words.synthetic),
            false => words.distribution.to_owned(),
        };
        sheet.write_string_with_format(1, 0, told, &styles.warning)?;
        let names = [words.question, words.row, words.code, words.label, words.base];
        for (column, name) in (0..).zip(names) {
            sheet.write_string_with_format(HEAD - 2, column, "", &styles.heading)?;
            sheet.write_string_with_format(HEAD - 1, column, name, &styles.heading)?;
        }
        sheet.set_row_height(HEAD - 2, 48)?;
        for (column, part) in (KEYS..).step_by(2).zip(parts) {
            sheet.merge_range(HEAD - 2, column, HEAD - 2, column + 1, &part.label, &styles.heading)?;
            sheet.write_string_with_format(HEAD - 1, column, words.count, &styles.heading)?;
            sheet.write_string_with_format(HEAD - 1, column + 1, words.percent, &styles.heading)?;
            sheet.set_column_width(column, 8)?.set_column_width(column + 1, 7)?;
        }
        sheet.set_freeze_panes(HEAD, KEYS)?;
        Ok(())
    }

    fn block(&mut self, report: &Report, block: &Block<'_>) -> Result<(), ReportError> {
        let (words, styles) = (report.words(), self.styles);
        let first = block.first;
        let title = match &first.row_label {
            Some(row) => format!("{} | {} | {row}", first.printed, first.title),
            None => format!("{} | {}", first.printed, first.title),
        };
        self.sheet.write_string_with_format(self.at, 0, title, &styles.title)?;
        self.at += 1;
        if first.text != first.title {
            self.sheet.write_string_with_format(self.at, 0, &first.text, &styles.quiet)?;
            self.at += 1;
        }
        for line in &block.lines {
            self.line(words, block, line)?;
        }
        for (place, base) in block.bases.iter().enumerate() {
            let marks = block.marks(place);
            let label = format!("{}: {} {marks}", words.base, words.base_rule(base.first.base_rule));
            self.keys(first, "base", label.trim_end(), &block.base_name(place))?;
            for (column, units) in (KEYS..).step_by(2).zip(&base.units) {
                match units {
                    Some(units) => {
                        self.sheet.write_number_with_format(self.at, column, whole(*units), &styles.base)?
                    }
                    None => self.sheet.write_blank(self.at, column, &styles.base)?,
                };
                self.sheet.write_blank(self.at, column + 1, &styles.base)?;
            }
            self.at += 1;
        }
        for line in block.footnotes(words, usize::MAX) {
            self.sheet.write_string_with_format(self.at, 0, line, &styles.quiet)?;
            self.at += 1;
        }
        self.at += 1;
        Ok(())
    }

    fn keys(&mut self, first: &Measure, code: &str, label: &str, base: &str) -> Result<(), ReportError> {
        let styles = self.styles;
        let row = first.row.map_or_else(String::new, |row| row.to_string());
        for (column, text) in (0..).zip([first.question.as_str(), &row, code, label, base]) {
            self.sheet.write_string_with_format(self.at, column, text, &styles.text)?;
        }
        Ok(())
    }

    fn line(&mut self, words: &Words, block: &Block<'_>, line: &Line<'_>) -> Result<(), ReportError> {
        let label = line.label(words);
        self.keys(line.first, &line.code(), label, &block.base_name(line.base))?;
        for (column, cell) in (KEYS..).step_by(2).zip(&line.cells) {
            self.cell(column, cell.as_ref())?;
        }
        self.at += 1;
        Ok(())
    }

    fn cell(&mut self, column: u16, cell: Option<&Cell<'_>>) -> Result<(), ReportError> {
        let (at, styles) = (self.at, self.styles);
        let Some(cell) = cell else {
            self.sheet.write_blank(at, column, &styles.count)?.write_blank(at, column + 1, &styles.share)?;
            return Ok(());
        };
        let is_count = cell.figure.measure == shukei_query::MeasureKind::Count;
        match is_count {
            true => {
                self.sheet.write_number_with_format(at, column, whole(cell.figure.count), &styles.count)?
            }
            false => self.figure(column, cell.figure, &styles.number(&cell.figure.value))?,
        };
        match cell.share {
            Some(share) => self.figure(column + 1, share, &styles.share)?,
            None => self.sheet.write_blank(at, column + 1, &styles.share)?,
        };
        Ok(())
    }

    /// A figure as the number that its decimal text says; a dash where it cannot be formed.
    fn figure(
        &mut self,
        column: u16,
        figure: &Measure,
        style: &Format,
    ) -> Result<&mut Worksheet, ReportError> {
        if figure.value.is_empty() {
            return Ok(self.sheet.write_string_with_format(self.at, column, "-", style)?);
        }
        let number = decimal(figure.question.as_str(), &figure.value)?;
        Ok(self.sheet.write_number_with_format(self.at, column, number, style)?)
    }
}

/// The number that a decimal text says. A cell would hold anything else as text.
fn decimal(question: &str, text: &str) -> Result<f64, ReportError> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| ReportError::NotANumber { question: question.to_owned() })
}

/// A count as the cell of a workbook holds it: exact up to 2^53, more than anybody counts.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn whole(count: u64) -> f64 {
    count as f64
}

fn footer(report: &Report) -> String {
    // `&` begins a command in a footer.
    format!("&L{}&R&P / &N", report.words().distribution.replace('&', "&&"))
}
