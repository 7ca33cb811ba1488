/// Why a file cannot be read at all. What is wrong with a single row is a [`Refused`](crate::Refused).
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The file ended badly or could not be reached.
    #[error("`{file}` cannot be read: {source}")]
    Read {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The name says nothing of what the file is.
    #[error("`{file}` is of no known format")]
    FormatUnknown {
        /// The file.
        file: String,
    },
    /// There is no such encoding.
    #[error("encoding `{encoding}` is not known")]
    EncodingUnknown {
        /// As the layout names it.
        encoding: String,
    },
    /// The bytes are not of the encoding.
    #[error("`{file}` is not {encoding}: line {line} holds bytes that are none of its characters")]
    EncodingWrong {
        /// The file.
        file: String,
        /// The encoding that was tried.
        encoding: String,
        /// The line, from 1.
        line: u64,
        /// The encoding that it probably is.
        likely: Option<&'static str>,
    },
    /// The file is no workbook, or a broken one.
    #[error("`{file}` cannot be read as a workbook: {reason}")]
    Workbook {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// The workbook has no such sheet.
    #[error("`{file}` has no sheet `{sheet}`")]
    SheetUnknown {
        /// The file.
        file: String,
        /// The sheet that the layout names.
        sheet: String,
        /// The sheets that there are.
        known: Vec<String>,
    },
    /// The file ends before its columns are named.
    #[error("`{file}` ends before its header")]
    HeaderMissing {
        /// The file.
        file: String,
    },
    /// The names of the columns cannot be told apart, since a quotation mark is missing or too many.
    #[error(
        "`{file}` has text directly behind a closing quotation mark in its header, in the cell of line {line}"
    )]
    HeaderQuotes {
        /// The file.
        file: String,
        /// The line that the cell begins in, from 1.
        line: u64,
    },
    /// A cell begins with a quotation mark and none ends it.
    #[error(
        "`{file}` {} the cell that a quotation mark begins on line {line}",
        if *is_at_end { "ends inside" } else { "goes on for more than 16 MB inside" }
    )]
    QuoteUnclosed {
        /// The file.
        file: String,
        /// The line that the cell begins in, from 1.
        line: u64,
        /// Whether the file was read to its end.
        is_at_end: bool,
    },
    /// A column that says what a submission is does not exist.
    #[error(
        "`{file}` has no column `{column}`, which the layout needs to tell what is a submission, and whose"
    )]
    ColumnMissing {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// What to do, with the nearest name or what the file looks like.
        hint: String,
    },
    /// Not one column of the layout is there: another file, separator, encoding or header.
    #[error("`{file}` has none of the columns that layout `{layout}` reads")]
    ColumnsForeign {
        /// The file.
        file: String,
        /// The layout.
        layout: String,
        /// What the file looks like.
        hint: String,
    },
}

impl DeliveryError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "file_unreadable",
            Self::FormatUnknown { .. } => "format_unknown",
            Self::EncodingUnknown { .. } => "encoding_unknown",
            Self::EncodingWrong { .. } => "encoding_wrong",
            Self::Workbook { .. } => "workbook_unreadable",
            Self::SheetUnknown { .. } => "sheet_unknown",
            Self::HeaderMissing { .. } => "header_missing",
            Self::HeaderQuotes { .. } => "header_quotes",
            Self::QuoteUnclosed { .. } => "quote_unclosed",
            Self::ColumnMissing { .. } => "column_missing",
            Self::ColumnsForeign { .. } => "columns_foreign",
        }
    }

    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Read { .. } => "check that the file is whole and may be read".to_owned(),
            Self::FormatUnknown { .. } => {
                "say `file: {format: csv}` in the layout (or tsv, xlsx, xlsx_form, jsonl)".to_owned()
            }
            Self::EncodingUnknown { .. } => {
                "use a name such as utf-8, cp932, utf-16, windows-1252 or euc-jp".to_owned()
            }
            Self::EncodingWrong { likely: Some(likely), .. } => {
                format!("it looks like {likely}: say `file: {{encoding: {likely}}}` in the layout")
            }
            Self::EncodingWrong { .. } => {
                "say `file: {encoding: …}` in the layout, or save the file as UTF-8".to_owned()
            }
            Self::Workbook { .. } => {
                "check that it opens in a spreadsheet program, without a password".to_owned()
            }
            Self::SheetUnknown { known, .. } => format!("its sheets are: {}", known.join(", ")),
            Self::HeaderMissing { .. } => "check skip_rows and header_rows in the layout".to_owned(),
            Self::HeaderQuotes { .. } => {
                "mend the mark in the file; check `separator` in the layout, or say `file: {loose_quotes: true}`"
                    .to_owned()
            }
            Self::QuoteUnclosed { .. } => {
                "close that mark or take it out; where marks are letters like any other, say `file: {quote: \"\"}` \
                 in the layout"
                    .to_owned()
            }
            Self::ColumnMissing { hint, .. } | Self::ColumnsForeign { hint, .. } => hint.clone(),
        }
    }

    /// Wraps a failure to read; what is one of ours already comes out as it is.
    pub(crate) fn read(file: &str, source: std::io::Error) -> Self {
        match source.downcast::<DeliveryError>() {
            Ok(ours) => ours,
            Err(source) => Self::Read { file: file.to_owned(), source },
        }
    }
}
