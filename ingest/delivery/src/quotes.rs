//! Quotation marks of a text file. The reader of cells takes whatever it gets: behind a mark that is never closed
//! all rows become one cell. So the marks are followed beside it, on the bytes that it reads, with nothing kept of
//! them.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

use crate::error::DeliveryError;

/// A quoted cell may have so many bytes. No record is that large, so a mark is missing; and the reader would hold
/// all that follows in memory to look for it.
const CELL_BYTES_MAX: u64 = 16 << 20;

/// How a file writes its cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// The byte between two cells.
    pub(crate) separator: u8,
    /// The byte around cells; `None` if none has a meaning.
    pub(crate) quote: Option<u8>,
    /// Whether text behind a closing mark is nothing to tell.
    pub(crate) is_loose: bool,
}

/// A reader that gives what it reads and follows the quotation marks in it.
pub(crate) struct Marked<R> {
    file: String,
    input: R,
    style: Style,
    state: State,
    /// The last byte of what was read before.
    last: u8,
    /// How many bytes were read before, and the line that they end in.
    offset: u64,
    line: u64,
    opened: Opened,
    /// Cells with text behind their closing mark: where that text stands, and the line that the cell begins
    /// in.
    loose: VecDeque<(u64, u64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In a cell that does not begin with a mark, or between cells. A mark inside such a cell is a character.
    Plain,
    /// Behind a mark that begins a cell.
    Quoted,
    /// Directly behind a mark inside: it ends the cell, or another follows and both are one character.
    Mark,
    /// Behind the mark that ends a cell and a blank. Blanks there are a habit of some programs, and hide
    /// nothing.
    Closed,
}

/// The mark that began the last quoted cell.
#[derive(Clone, Copy, Debug, Default)]
struct Opened {
    offset: u64,
    line: u64,
}

impl<R> Marked<R> {
    pub(crate) fn new(file: &str, input: R, style: Style) -> Self {
        Self {
            file: file.to_owned(),
            input,
            style,
            state: State::Plain,
            // The file begins as behind a line.
            last: b'\n',
            offset: 0,
            line: 1,
            opened: Opened::default(),
            loose: VecDeque::new(),
        }
    }

    /// The line of the first cell before this byte that has text behind its closing mark. What stands before
    /// that byte is forgotten: it belongs to rows that were read.
    pub(crate) fn loose_before(&mut self, end: u64) -> Option<u64> {
        let mut first = None;
        while let Some((_, line)) = self.loose.pop_front_if(|(at, _)| *at < end) {
            first = first.or(Some(line));
        }
        first
    }

    fn ends_cell(&self, byte: u8) -> bool {
        byte == self.style.separator || byte == b'\n' || byte == b'\r'
    }

    /// Follows the marks in the next bytes.
    fn follow(&mut self, bytes: &[u8], quote: u8) {
        let (mut at, mut counted) = (0, 0);
        while at < bytes.len() {
            let rest = &bytes[at..];
            match self.state {
                State::Plain => {
                    let Some(found) = find(rest, quote).map(|found| at + found) else { break };
                    let before = if found == 0 { self.last } else { bytes[found - 1] };
                    if self.ends_cell(before) {
                        self.line += lines(&bytes[counted..found]);
                        counted = found;
                        self.opened = Opened { offset: self.offset + found as u64, line: self.line };
                        self.state = State::Quoted;
                    }
                    at = found + 1;
                }
                State::Quoted => {
                    let Some(found) = find(rest, quote) else { break };
                    self.state = State::Mark;
                    at += found + 1;
                }
                State::Mark if rest[0] == quote => {
                    self.state = State::Quoted;
                    at += 1;
                }
                State::Mark | State::Closed => {
                    self.state = match rest[0] {
                        byte if self.ends_cell(byte) => State::Plain,
                        b' ' => State::Closed,
                        _ => {
                            if !self.style.is_loose {
                                self.loose.push_back((self.offset + at as u64, self.opened.line));
                            }
                            State::Plain
                        }
                    };
                    at += 1;
                }
            }
        }
        self.line += lines(&bytes[counted..]);
        self.offset += bytes.len() as u64;
        self.last = bytes.last().copied().unwrap_or(self.last);
    }

    fn unclosed(&self, is_at_end: bool) -> io::Error {
        let (file, line) = (self.file.clone(), self.opened.line);
        io::Error::other(DeliveryError::QuoteUnclosed { file, line, is_at_end })
    }
}

impl<R: Read> Read for Marked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let Some(quote) = self.style.quote else { return Ok(count) };
        let is_at_end = count == 0 && !buffer.is_empty();
        self.follow(&buffer[..count], quote);
        let is_too_long = self.offset - self.opened.offset > CELL_BYTES_MAX;
        match self.state {
            State::Quoted if is_at_end || is_too_long => Err(self.unclosed(is_at_end)),
            _ => Ok(count),
        }
    }
}

/// Where a byte stands first. The standard library looks at many bytes at once, also where this crate is not
/// optimised.
fn find(mut bytes: &[u8], wanted: u8) -> Option<usize> {
    let all = bytes;
    // Reading from memory cannot fail.
    let last = bytes.skip_until(wanted).ok()?.checked_sub(1)?;
    (all[last] == wanted).then_some(last)
}

/// How many lines end in these bytes.
fn lines(mut bytes: &[u8]) -> u64 {
    let mut count = 0;
    while let Some(at) = find(bytes, b'\n') {
        count += 1;
        bytes = &bytes[at + 1..];
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { separator: b',', quote: Some(b'"'), is_loose: false };

    /// Gives so many bytes at once.
    struct Drops<'a>(&'a [u8], usize);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(buffer.len()).min(self.0.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    /// The lines of the cells with text behind their mark, and the line of the cell that is never closed.
    fn followed(text: &[u8], style: Style, drop: usize) -> (Vec<u64>, Option<u64>) {
        let mut marked = Marked::new("f", Drops(text, drop), style);
        let mut read = Vec::new();
        let unclosed = match marked.read_to_end(&mut read) {
            Ok(_) => None,
            Err(error) => match error.downcast::<DeliveryError>() {
                Ok(DeliveryError::QuoteUnclosed { line, is_at_end: true, .. }) => Some(line),
                other => panic!("{other:?}"),
            },
        };
        assert_eq!(read, text, "what is read comes out as it is");
        (marked.loose.iter().map(|(_, line)| *line).collect(), unclosed)
    }

    #[test]
    fn marks_are_followed_however_the_bytes_come() {
        let cases: &[(&str, &[u64], Option<u64>)] = &[
            ("", &[], None),
            ("a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\r\n\"\",\"\"\"\"", &[], None),
            // Inside a cell that did not begin with one a mark is a character.
            ("a,5\" 2\n3,x\"\"y\"\n \"b\",c\"\n", &[], None),
            ("a,\"yes\" she said\n", &[1], None),
            ("a,\"yes\"\" she\" said,\"x\"y\n\"z\"z\n", &[1, 1, 2], None),
            ("\"a\" ,\"b\"  \n\"c\" ", &[], None),
            ("\"a\" \"b\",c\n", &[1], None),
            ("a,b\n1,\"never\nclosed\n", &[], Some(2)),
            ("a\n\"x\ny\",\"z\n", &[], Some(3)),
            ("a\n\"x\"\"", &[], Some(2)),
            ("\"", &[], Some(1)),
            // A mark too many takes rows until the next one, behind which text stands.
            ("1,\"open\n2,x\n3,\"fine\"\n4,y\n", &[1], None),
        ];
        for (text, loose, unclosed) in cases {
            for drop in [1, 2, 3, 7, 4096] {
                let found = followed(text.as_bytes(), STYLE, drop);
                assert_eq!(found, (loose.to_vec(), *unclosed), "{text:?} by {drop}");
            }
        }
        let tab = Style { separator: b'\t', quote: Some(b'\''), ..STYLE };
        assert_eq!(followed(b"'a','b'\t'c'\n", tab, 4), (vec![1], None));
        let loose = Style { is_loose: true, ..STYLE };
        assert_eq!(followed(b"\"a\"b\n\"c\n", loose, 4), (vec![], Some(2)));
        let none = Style { quote: None, ..STYLE };
        assert_eq!(followed(b"\"a\"b\n\"c\n", none, 4), (vec![], None));
    }

    /// The reader of cells and this one have to see the same cells, whatever stands in the file.
    #[test]
    fn cells_end_where_the_reader_of_cells_says() {
        let mut seed = 7u64;
        let mut dice = |most: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % most
        };
        for _ in 0..20_000 {
            let text: Vec<u8> = (0..dice(24)).map(|_| b"\"\"\",\n\r ab"[dice(9)]).collect();
            let (loose, unclosed) = followed(&text, STYLE, 3);
            // A cell that is still open takes a line and a separator into itself.
            let longer = [&text[..], b"\n,Z"].concat();
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&longer[..]);
            let last = reader.byte_records().map(Result::unwrap).last().unwrap();
            let is_open = last.get(last.len() - 1) != Some(b"Z");
            assert_eq!(unclosed.is_some(), is_open, "{:?}", String::from_utf8_lossy(&text));
            if !text.contains(&b'"') {
                assert!(loose.is_empty());
            }
        }
    }

    #[test]
    fn a_cell_without_end_is_given_up_before_it_fills_the_memory() {
        let endless = b"a\n\"b".chain(io::repeat(b'x'));
        let mut marked = Marked::new("f", endless, STYLE);
        let error = io::copy(&mut marked, &mut io::sink()).unwrap_err();
        assert!(marked.offset < CELL_BYTES_MAX + (1 << 20));
        match error.downcast::<DeliveryError>() {
            Ok(error @ DeliveryError::QuoteUnclosed { line: 2, is_at_end: false, .. }) => {
                assert_eq!(error.code(), "quote_unclosed");
            }
            other => panic!("{other:?}"),
        }
    }
}
