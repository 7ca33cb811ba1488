//! How the workbook looks, and what its sheets may be called.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder};

/// The longest name of a sheet, in UTF-16 units.
const SHEET_NAME_MAX: usize = 31;

/// The looks of cells.
pub(crate) struct Styles {
    pub(crate) title: Format,
    pub(crate) warning: Format,
    pub(crate) heading: Format,
    pub(crate) text: Format,
    pub(crate) count: Format,
    pub(crate) share: Format,
    pub(crate) base: Format,
    pub(crate) quiet: Format,
    decimals: u8,
}

impl Styles {
    pub(crate) fn new(decimals: u8) -> Self {
        let cell = Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::Top);
        let number = cell.clone().set_align(FormatAlign::Right);
        Self {
            title: Format::new().set_bold().set_font_size(12),
            warning: Format::new().set_bold().set_font_color("9C0006"),
            heading: cell.clone().set_bold().set_background_color("DDE6F0").set_text_wrap(),
            text: cell.clone().set_text_wrap(),
            count: number.clone().set_num_format("#,##0"),
            share: number.clone().set_num_format(decimal_format(decimals)),
            base: number.set_num_format("#,##0").set_italic(),
            quiet: Format::new().set_font_color("555555"),
            decimals,
        }
    }

    /// A number with as many digits as its text has.
    pub(crate) fn number(&self, text: &str) -> Format {
        let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
        let digits = u8::try_from(digits).unwrap_or(self.decimals);
        self.share.clone().set_num_format(decimal_format(digits))
    }
}

fn decimal_format(decimals: u8) -> String {
    match decimals {
        0 => "#,##0".to_owned(),
        _ => format!("#,##0.{}", "0".repeat(decimals.into())),
    }
}

/// A name that a sheet may have and no other has; names are compared without case.
pub(crate) fn sheet_name(title: &str, taken: &[String]) -> String {
    let allowed = |c: char| match c {
        '[' | ']' | ':' | '*' | '?' | '/' | '\\' => '・',
        c if c.is_control() => ' ',
        c => c,
    };
    let title: String = title.chars().map(allowed).collect();
    let title = title.trim_matches(['\'', ' ']);
    let cut = |text: &str, room: usize| {
        let mut out = String::new();
        for c in text.chars() {
            if out.encode_utf16().count() + c.len_utf16() > room {
                break;
            }
            out.push(c);
        }
        out
    };
    let is_free = |name: &str| !taken.iter().any(|taken| taken.to_lowercase() == name.to_lowercase());
    let mut name = cut(title, SHEET_NAME_MAX);
    let mut number = 2;
    while name.is_empty() || !is_free(&name) {
        let suffix = format!(" {number}");
        name = format!("{}{suffix}", cut(title, SHEET_NAME_MAX - suffix.len()));
        number += 1;
    }
    name
}
