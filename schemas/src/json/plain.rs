//! The quick way to read JSON: documents as nearly every program writes them, whose texts have no escapes and whose
//! numbers are whole. It knows that it does not know: at anything else, wrong or merely unusual, it gives up, and the
//! general reader takes the document from its start, so that errors are the general reader's alone. What it does read is
//! what the general reader reads.

use bumpalo::Bump;

use super::{Entries, Json};

/// Objects and lists inside each other that are read here; events have five.
const DEPTH: usize = 16;

/// As many digits are a whole number for everybody.
const DIGITS_MAX: usize = 18;

/// Reads a document, if it is a plain one.
pub(super) fn read<'a>(arena: &'a Bump, text: &'a str) -> Option<Json<'a>> {
    let mut reader =
        Reader { arena, text, at: 0, values: Vec::with_capacity(16), entries: Vec::with_capacity(128) };
    let json = reader.value(DEPTH)?;
    reader.next().is_none().then_some(json)
}

struct Reader<'a> {
    arena: &'a Bump,
    text: &'a str,
    at: usize,
    /// Items of the lists that are open; those of the innermost are the last.
    values: Vec<Json<'a>>,
    /// Entries of the objects that are open.
    entries: Vec<(&'a str, Json<'a>)>,
}

impl<'a> Reader<'a> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not blank; it is not taken.
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                byte => return byte,
            }
        }
    }

    /// Takes the next byte that is not blank if it is this one.
    fn take(&mut self, wanted: u8) -> bool {
        let is = self.next() == Some(wanted);
        self.at += usize::from(is);
        is
    }

    /// Put into the loops that call it, and what it calls gives references: a value that travels as a whole from function
    /// to function takes longer than to read it.
    #[inline(always)]
    fn value(&mut self, depth: usize) -> Option<Json<'a>> {
        match self.next()? {
            b'"' => self.string().map(Json::Text),
            b'0'..=b'9' => self.number().map(Json::Number),
            b'{' => self.object(depth.checked_sub(1)?).map(Json::Object),
            b'[' => self.list(depth.checked_sub(1)?).map(Json::List),
            b'n' => self.word("null", Json::Null),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            _ => None,
        }
    }

    fn word(&mut self, word: &str, means: Json<'a>) -> Option<Json<'a>> {
        let here = self.text.as_bytes().get(self.at..)?.starts_with(word.as_bytes());
        self.at += word.len();
        here.then_some(means)
    }

    fn string(&mut self) -> Option<&'a str> {
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..)?;
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
        if rest.get(length) != Some(&b'"') {
            return None;
        }
        self.at = start + length + 1;
        self.text.get(start..start + length)
    }

    fn number(&mut self) -> Option<&'a str> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        let digits = self.text.get(start..self.at)?;
        let whole = !matches!(self.byte(), Some(b'.' | b'e' | b'E'));
        let shortest = digits.len() == 1 || !digits.starts_with('0');
        (whole && shortest && digits.len() <= DIGITS_MAX).then_some(digits)
    }

    fn list(&mut self, depth: usize) -> Option<&'a [Json<'a>]> {
        self.at += 1;
        if self.take(b']') {
            return Some(&[]);
        }
        let first = self.values.len();
        loop {
            let value = self.value(depth)?;
            self.values.push(value);
            if !self.take(b',') {
                break;
            }
        }
        let list = self.arena.alloc_slice_copy(self.values.get(first..)?);
        self.values.truncate(first);
        self.take(b']').then_some(list)
    }

    fn object(&mut self, depth: usize) -> Option<&'a Entries<'a>> {
        self.at += 1;
        if self.take(b'}') {
            return Some(&[]);
        }
        let first = self.entries.len();
        loop {
            if self.next() != Some(b'"') {
                return None;
            }
            let key = self.string()?;
            if !self.take(b':') {
                return None;
            }
            let value = self.value(depth)?;
            self.entries.push((key, value));
            if !self.take(b',') {
                break;
            }
        }
        let object = self.arena.alloc_slice_copy(self.entries.get(first..)?);
        self.entries.truncate(first);
        self.take(b'}').then_some(object)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Arena, Json};
    use super::read;

    /// Documents like those of events, with a share of what is not plain.
    fn documents() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            (0_u64..30).prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<u64>().prop_map(Into::into),
            (-9.0_f64..9.0).prop_map(Into::into),
            "[a-zア-ン0 ]{0,6}".prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(20, 60, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                prop::collection::btree_map("[a-z]{1,4}", inner, 0..5)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_it_reads_is_what_the_general_reader_reads(
            document in documents(),
            pretty in any::<bool>(),
            place in any::<prop::sample::Index>(),
            change in prop::option::of("[\\[\\]{}\",:0-9.eE+ \\\\\\-ntf]{0,2}"),
        ) {
            let mut text = if pretty { format!("{document:#}") } else { document.to_string() };
            if let Some(change) = change {
                let mut at = place.index(text.len());
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                let behind = at + text[at..].chars().next().map_or(0, char::len_utf8);
                text.replace_range(at..behind, &change);
            }
            let arena = Arena::default();
            if let Some(json) = read(&arena.0, &text) {
                prop_assert_eq!(Ok(json), Json::generally(&arena, &text));
            }
        }
    }

    #[test]
    fn plain_documents_are_read_and_others_left() {
        let arena = Arena::default();
        let plain = |text| read(&arena.0, text).is_some();
        for text in [
            r#"{"specversion":"1.0","data":{"answers":{"Q1":3,"Q2":[1,2],"Q3":null,"Q4":"経営層","Q5":{"1":2}}}}"#,
            " { \"a\" : [ ] , \"a\" : { } , \"b\" : [ true , false , 0 , 100 ] } \n",
            "\"\"",
            "123456789012345678",
        ] {
            assert!(plain(text), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(17), "]".repeat(17));
        for text in [
            "",
            " ",
            "{",
            "[1",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "1.5",
            "1e3",
            "-1",
            "1 2",
            "1x",
            "nul",
            "nullx",
            "truth",
            "\"a\\n\"",
            "\"a\n\"",
            "\"a",
            "1234567890123456789",
            "[1}",
            "{\"a\":1]",
            "\u{feff}1",
            &deep,
        ] {
            assert!(!plain(text), "{text}");
        }
    }
}
