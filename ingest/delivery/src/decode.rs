//! Bytes of any encoding as UTF-8, as a stream, without replacing anything: what is no character stops the reading, with
//! its line.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, EUC_JP, Encoding, SHIFT_JIS, UTF_8, WINDOWS_1252};
use shukei_schemas::definition::encoding_label;

use crate::error::DeliveryError;

const CHUNK_BYTES: usize = 64 << 10;

/// A reader that gives UTF-8 whatever the input's encoding is.
pub(crate) struct Decoded<R> {
    file: String,
    input: R,
    encoding: &'static Encoding,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    raw_end: usize,
    ended: bool,
    /// The decoder has seen the end, and must not be used again.
    finished: bool,
    out: Vec<u8>,
    out_at: usize,
    line: u64,
}

impl<R: Read> Decoded<R> {
    /// Begins to read; the byte order mark decides, then the encoding declared, then UTF-8.
    pub(crate) fn new(file: &str, mut input: R, declared: Option<&str>) -> Result<Self, DeliveryError> {
        let declared = declared
            .map(|name| {
                Encoding::for_label(encoding_label(name).as_bytes())
                    .ok_or_else(|| DeliveryError::EncodingUnknown { encoding: name.to_owned() })
            })
            .transpose()?;
        let mut raw = vec![0; CHUNK_BYTES];
        let raw_end = fill(&mut input, &mut raw).map_err(|error| DeliveryError::read(file, error))?;
        let marked = Encoding::for_bom(&raw[..raw_end]).map(|(encoding, _)| encoding);
        let encoding = marked.or(declared).unwrap_or(UTF_8);
        let head = &raw[..raw_end.min(1 << 10)];
        if encoding == UTF_8 && head.contains(&0) {
            // Text has no NUL; every second byte of ASCII in UTF-16 is one.
            let likely = if head.first() == Some(&0) { "utf-16be" } else { "utf-16le" };
            return Err(DeliveryError::EncodingWrong {
                file: file.to_owned(),
                encoding: "utf-8".to_owned(),
                line: 1,
                likely: Some(likely),
            });
        }
        Ok(Self {
            file: file.to_owned(),
            input,
            encoding,
            decoder: encoding.new_decoder_with_bom_removal(),
            raw,
            raw_at: 0,
            raw_end,
            ended: raw_end < CHUNK_BYTES,
            finished: false,
            out: Vec::new(),
            out_at: 0,
            line: 1,
        })
    }

    /// Decodes until there is something to give or nothing is left.
    fn refill(&mut self) -> io::Result<()> {
        self.line += self.out.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.out.clear();
        self.out_at = 0;
        while !self.finished {
            if self.raw_at == self.raw_end && !self.ended {
                self.raw_at = 0;
                self.raw_end = fill(&mut self.input, &mut self.raw)?;
                self.ended = self.raw_end < self.raw.len();
            }
            // Room for the longest that the chunk can become: one byte may be three.
            self.out.resize(CHUNK_BYTES * 3 + 16, 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                &self.raw[self.raw_at..self.raw_end],
                &mut self.out,
                self.ended,
            );
            self.out.truncate(written);
            let chunk_at = self.raw_at;
            self.raw_at += read;
            if let DecoderResult::Malformed(_, _) = result {
                return Err(io::Error::other(self.wrong(chunk_at)));
            }
            self.finished = result == DecoderResult::InputEmpty && self.ended;
            if !self.out.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn wrong(&self, chunk_at: usize) -> DeliveryError {
        let lines = self.out.iter().filter(|byte| **byte == b'\n').count() as u64;
        let bad = self.raw_at.saturating_sub(1).max(chunk_at);
        let chunk = &self.raw[..self.raw_end];
        let from = chunk[..bad].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let to = chunk[bad..].iter().position(|byte| *byte == b'\n').map_or(chunk.len(), |at| bad + at);
        DeliveryError::EncodingWrong {
            file: self.file.clone(),
            encoding: self.encoding.name().to_ascii_lowercase(),
            line: self.line + lines,
            likely: likely(&chunk[from..to], self.encoding),
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.out_at == self.out.len() {
            self.refill()?;
        }
        let left = &self.out[self.out_at..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.out_at += count;
        Ok(count)
    }
}

/// Reads until the buffer is full or the input ends.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match input.read(&mut buffer[count..]) {
            Ok(0) => break,
            Ok(read) => count += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count)
}

/// The encoding that a line of bytes probably is: the one that makes Japanese words of it, else one of Western Europe.
fn likely(line: &[u8], tried: &'static Encoding) -> Option<&'static str> {
    // How many kana and kanji stand beside each other. A single one among Latin letters is rather a letter with an
    // accent and its neighbour, read as two bytes of one character.
    let japanese = |encoding: &'static Encoding| {
        // The end of a chunk may cut the last character.
        let whole = (0..4).find_map(|cut| {
            let part = &line[..line.len().saturating_sub(cut)];
            encoding.decode_without_bom_handling_and_without_replacement(part)
        });
        let is_japanese =
            |c: char| ('\u{3040}'..='\u{30ff}').contains(&c) || ('\u{4e00}'..='\u{9fff}').contains(&c);
        let text = whole.unwrap_or_default();
        // A letter with an accent has a plain one behind it; of two bytes of a kanji the second is rarely plain always.
        let is_kana = |c: char| ('\u{3040}'..='\u{30ff}').contains(&c);
        let is_plausible =
            text.contains(is_kana) || line.windows(2).any(|pair| !pair[0].is_ascii() && !pair[1].is_ascii());
        let runs = text.split(|c| !is_japanese(c)).map(|run| run.chars().count());
        if is_plausible { runs.filter(|length| *length >= 2).sum::<usize>() } else { 0 }
    };
    if tried != UTF_8 {
        let valid = std::str::from_utf8(line).map_or_else(|error| error.valid_up_to(), str::len);
        // Only the end of a chunk may be cut.
        return (valid + 4 > line.len() && !line[..valid].is_ascii()).then_some("utf-8");
    }
    match (japanese(SHIFT_JIS), japanese(EUC_JP)) {
        (0, 0) if is_mac(line) => Some("macintosh"),
        (0, 0) => Some("windows-1252"),
        (shift_jis, euc_jp) if shift_jis >= euc_jp => Some("cp932"),
        _ => Some("euc-jp"),
    }
}

/// Whether a line of a Western file is rather one of an old Macintosh: read as windows-1252, a capital or a sign stands
/// where no word has one, as `donÕt` and `cafŽ` do.
fn is_mac(line: &[u8]) -> bool {
    let text: Vec<char> = WINDOWS_1252.decode_without_bom_handling(line).0.chars().collect();
    let strange = |(at, c): (usize, &char)| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let is_capital = !c.is_ascii() && c.is_uppercase();
        let in_word = before.is_some_and(|before| before.is_lowercase());
        let behind_sign = before.is_some_and(|before| matches!(before, '?' | '!' | '.' | ':'));
        let is_none = ('\u{80}'..='\u{9f}').contains(c);
        is_none || (is_capital && (in_word || behind_sign))
    };
    text.iter().enumerate().any(strange)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], declared: Option<&str>) -> Result<String, DeliveryError> {
        let mut text = String::new();
        let mut decoded = Decoded::new("f.csv", bytes, declared)?;
        decoded.read_to_string(&mut text).map_err(|error| DeliveryError::read("f.csv", error))?;
        Ok(text)
    }

    fn utf_16(text: &str, big: bool, mark: bool) -> Vec<u8> {
        let units =
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        let bom: &[u8] = match (mark, big) {
            (false, _) => &[],
            (true, true) => &[0xfe, 0xff],
            (true, false) => &[0xff, 0xfe],
        };
        bom.iter().copied().chain(units).collect()
    }

    #[test]
    fn every_encoding_comes_out_the_same() {
        let text = format!("番号,回答\n1,\"ソ連～表㈱①,\n二行\"\n{}", "長い行,é\n".repeat(20_000));
        let japanese = text.replace('é', "e");
        let (cp932, _, lost) = SHIFT_JIS.encode(&japanese);
        assert!(!lost);
        let (euc, _, _) = EUC_JP.encode(&japanese);
        let marked = [&[0xef, 0xbb, 0xbf][..], text.as_bytes()].concat();
        let cases: &[(Vec<u8>, Option<&str>, &str)] = &[
            (text.clone().into(), None, &text),
            (text.clone().into(), Some("utf-8"), &text),
            (marked.clone(), None, &text),
            (marked, Some("cp932"), &text),
            (cp932.to_vec(), Some("cp932"), &japanese),
            (cp932.to_vec(), Some("Shift_JIS"), &japanese),
            (euc.to_vec(), Some("euc-jp"), &japanese),
            (utf_16(&text, false, true), None, &text),
            (utf_16(&text, true, true), None, &text),
            (utf_16(&text, false, false), Some("utf-16"), &text),
            (b"caf\xe9".to_vec(), Some("latin1"), "café"),
            (Vec::new(), None, ""),
        ];
        for (at, (bytes, declared, wanted)) in cases.iter().enumerate() {
            assert_eq!(&read(bytes, *declared).unwrap(), wanted, "case {at}");
        }
    }

    #[test]
    fn a_wrong_encoding_names_the_line_and_what_it_looks_like() {
        let ascii = "id,answer\n".repeat(9_000);
        let japanese = format!("{ascii}1,はい、そうです\n");
        type Case<'a> = (Vec<u8>, Option<&'a str>, u64, Option<&'a str>);
        let cases: &[Case<'_>] = &[
            (SHIFT_JIS.encode(&japanese).0.to_vec(), None, 9_001, Some("cp932")),
            (EUC_JP.encode(&japanese).0.to_vec(), None, 9_001, Some("euc-jp")),
            (b"a\nb,caf\xe9\n".to_vec(), None, 2, Some("windows-1252")),
            // What an old Macintosh wrote; two of its bytes may read like one kanji.
            (b"a\nthe Universe?\x8c\xe6,Do you\n".to_vec(), None, 2, Some("macintosh")),
            (b"a\ndon\xd5t\n".to_vec(), None, 2, Some("macintosh")),
            (b"\xc9cole,\xe9l\xe8ve\n".to_vec(), None, 1, Some("windows-1252")),
            (utf_16("a,b\n", false, false), None, 1, Some("utf-16le")),
            (utf_16("a,b\n", true, false), None, 1, Some("utf-16be")),
            (b"ok\n\x81".to_vec(), Some("cp932"), 2, None),
            ("a\nコーヒー、茶\n".as_bytes().to_vec(), Some("euc-jp"), 2, Some("utf-8")),
        ];
        for (at, (bytes, declared, wanted_line, wanted)) in cases.iter().enumerate() {
            match read(bytes, *declared) {
                Err(DeliveryError::EncodingWrong { line, likely, .. }) => {
                    assert_eq!((line, likely), (*wanted_line, *wanted), "case {at}");
                }
                other => panic!("case {at}: {other:?}"),
            }
        }
        assert!(matches!(read(b"a", Some("ebcdic-9")), Err(DeliveryError::EncodingUnknown { .. })));
    }
}
