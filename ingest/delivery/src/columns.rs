use std::collections::HashMap;

use shukei_schemas::definition::column_key;

/// The names of a file's columns.
///
/// A column is known by its name, by the name as it is written in the file to the blank, and by its position (`#7`).
/// Of columns that share a name the second is `name (2)`; a column without a name is called by its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    names: Vec<String>,
    /// The name as it stands in the file, where it differs and belongs to this column alone.
    written: Vec<Option<String>>,
}

impl Columns {
    /// Names the columns by the rows above them.
    pub(crate) fn of_header<'a>(rows: &[impl AsRef<[&'a str]>], width: usize) -> Self {
        let width = rows.iter().map(|row| row.as_ref().len()).max().unwrap_or(0).max(width);
        let mut joined = vec![String::new(); width];
        for (at, row) in rows.iter().enumerate() {
            let is_last = at + 1 == rows.len();
            let mut carried = "";
            for (place, name) in joined.iter_mut().enumerate() {
                let cell = row.as_ref().get(place).copied().unwrap_or_default();
                // A merged cell has its words in its first column only. The last row names single columns.
                let part = if cell.trim().is_empty() && !is_last { carried } else { cell };
                carried = part;
                if !part.trim().is_empty() {
                    if !name.is_empty() {
                        name.push_str(" / ");
                    }
                    name.push_str(if rows.len() == 1 { part } else { part.trim() });
                }
            }
        }
        Self::named(joined)
    }

    /// Columns without names.
    pub(crate) fn by_position(width: usize) -> Self {
        Self::named(vec![String::new(); width])
    }

    pub(crate) fn named(written: Vec<String>) -> Self {
        let mut times: HashMap<String, usize> = HashMap::new();
        let mut names: Vec<String> = Vec::with_capacity(written.len());
        let mut kept = Vec::with_capacity(written.len());
        for (at, text) in written.into_iter().enumerate() {
            let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if clean.is_empty() {
                names.push(format!("#{}", at + 1));
                kept.push(None);
                continue;
            }
            let nth = times.entry(clean.clone()).or_insert(0);
            *nth += 1;
            if *nth == 1 && !names.contains(&clean) {
                kept.push((text != clean).then_some(text));
                names.push(clean);
                continue;
            }
            let mut number = (*nth).max(2);
            while names.contains(&format!("{clean} ({number})")) {
                number += 1;
            }
            kept.push(None);
            names.push(format!("{clean} ({number})"));
        }
        Self { names, written: kept }
    }

    /// The names, in the file's order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The place of the column that a layout calls so: by its name, else by the only name that is the same but for
    /// width, dashes, quotes and blanks.
    pub fn place(&self, name: &str) -> Option<usize> {
        if let Some(position) = name.strip_prefix('#').and_then(|digits| digits.parse::<usize>().ok()) {
            let place = position.checked_sub(1)?;
            return (place < self.names.len()).then_some(place);
        }
        let by_name = || self.names.iter().position(|known| known == name);
        self.written
            .iter()
            .position(|known| known.as_deref() == Some(name))
            .or_else(by_name)
            .or_else(|| self.like(name))
    }

    fn like(&self, name: &str) -> Option<usize> {
        let wanted = column_key(name);
        let mut found =
            self.names.iter().enumerate().filter(|(_, known)| column_key(known) == wanted).map(|(at, _)| at);
        found.next().filter(|_| found.next().is_none())
    }

    /// What each column is called in a submission: as the layout calls it where it does, else by its name.
    pub(crate) fn keys(&self, knows: impl Fn(&str) -> bool) -> Vec<String> {
        let key = |(at, name): (usize, &String)| {
            let position = format!("#{}", at + 1);
            match &self.written[at] {
                _ if knows(&position) => position,
                Some(written) if knows(written) => written.clone(),
                _ => name.clone(),
            }
        };
        self.names.iter().enumerate().map(key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_by_one_row_or_more() {
        let cases: &[(&[&[&str]], &[&str])] = &[
            (&[&["a", "b"]], &["a", "b"]),
            (&[&["a", "", "a", "a "]], &["a", "#2", "a (2)", "a (3)"]),
            (&[&["a", "a (2)", "a"]], &["a", "a (2)", "a (3)"]),
            (&[&["a (2)", "a", "a"]], &["a (2)", "a", "a (3)"]),
            (&[&["two\nlines", "  wide   gap "]], &["two lines", "wide gap"]),
            (
                &[&["", "Used", "", "Age"], &["ID", "Books", "Room", ""]],
                &["ID", "Used / Books", "Used / Room", "Age"],
            ),
            (&[&["A", ""], &["", "x"], &["1", "2"]], &["A / 1", "A / x / 2"]),
            (&[&["Used", ""], &["Books", "Room", "more"]], &["Used / Books", "Used / Room", "Used / more"]),
        ];
        for (rows, names) in cases {
            assert_eq!(Columns::of_header(rows, 0).names(), *names, "{rows:?}");
        }
        assert_eq!(Columns::by_position(2).names(), ["#1", "#2"]);
    }

    #[test]
    fn a_layout_may_call_a_column_by_name_spelling_or_position() {
        let columns = Columns::of_header(&[["a", "a", " b\nc", ""]], 0);
        for (name, place) in [
            ("a", Some(0)),
            ("a (2)", Some(1)),
            ("b c", Some(2)),
            (" b\nc", Some(2)),
            ("#4", Some(3)),
            ("#5", None),
        ] {
            assert_eq!(columns.place(name), place, "{name}");
        }
        assert_eq!(columns.place("#0"), None);
        let spelled = Columns::of_header(&[["問５　ご意見", "年齢～", "x−1", "x-1", "y－1", "y–1"]], 0);
        for (name, place) in [
            ("問5 ご意見", Some(0)),
            ("年齢〜", Some(1)),
            ("x-1", Some(3)),
            ("x−1", Some(2)),
            ("x–1", None),
            ("y-1", None),
        ] {
            assert_eq!(spelled.place(name), place, "{name}");
        }
        assert_eq!(columns.keys(|_| false), ["a", "a (2)", "b c", "#4"]);
        assert_eq!(columns.keys(|name| ["#2", " b\nc", "#4"].contains(&name)), ["a", "#2", " b\nc", "#4"]);
    }
}
