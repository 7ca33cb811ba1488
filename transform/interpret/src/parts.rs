//! Cells that hold several things, taken apart.

use shukei_schemas::json::{Arena, Json};

/// The tokens of a cell, by any of what joins them; by blanks if nothing is said.
pub(crate) fn tokens<'k>(key: &'k str, separators: &[String]) -> Vec<&'k str> {
    let mut parts = vec![key];
    for separator in separators {
        parts = parts.into_iter().flat_map(|part| part.split(separator.as_str())).collect();
    }
    if separators.is_empty() {
        parts = key.split_whitespace().collect();
    }
    parts.into_iter().map(str::trim).filter(|token| !token.is_empty()).collect()
}

/// The fields of a cell that holds a CSV row.
pub(crate) fn csv_fields(cell: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = cell.trim();
    loop {
        let field = rest.trim_start();
        if let Some(quoted) = field.strip_prefix('"') {
            let mut text = String::new();
            let mut inner = quoted;
            let behind = loop {
                let (before, after) = inner.split_once('"')?;
                text.push_str(before);
                match after.strip_prefix('"') {
                    Some(more) => {
                        text.push('"');
                        inner = more;
                    }
                    None => break after.trim_start(),
                }
            };
            fields.push(text);
            match behind.strip_prefix(',') {
                Some(more) => rest = more,
                None => return behind.is_empty().then_some(fields),
            }
        } else {
            match field.split_once(',') {
                Some((text, more)) => {
                    fields.push(text.trim().to_owned());
                    rest = more;
                }
                None => {
                    fields.push(field.trim().to_owned());
                    return Some(fields);
                }
            }
        }
    }
}

/// The texts and numbers of a cell that holds a list in JSON.
pub(crate) fn json_fields(cell: &str) -> Option<Vec<String>> {
    let arena = Arena::default();
    let Ok(Json::List(items)) = Json::parse(&arena, cell) else { return None };
    let field = |item: &Json<'_>| match item {
        Json::Text(text) | Json::Number(text) => Some((*text).to_owned()),
        _ => None,
    };
    items.iter().map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_joined_by_any_separator_or_by_blanks() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("+a -b", &[], &["+a", "-b"]),
            ("+a x, -b ,", &[","], &["+a x", "-b"]),
            ("+a;-b,+c", &[",", ";"], &["+a", "-b", "+c"]),
        ];
        for (cell, separators, wanted) in cases {
            let separators: Vec<String> = separators.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(tokens(cell, &separators), *wanted, "{cell}");
        }
    }

    #[test]
    fn a_list_in_json_is_one_of_texts_and_numbers() {
        let cases: &[(&str, Option<&[&str]>)] = &[
            (r#"["a, x", 2]"#, Some(&["a, x", "2"])),
            (" [] ", Some(&[])),
            (r#"["\u3042"]"#, Some(&["あ"])),
            (r#"[["a"]]"#, None),
            ("[null]", None),
            ("['a']", None),
            ("a", None),
            ("{\"a\":1}", None),
        ];
        for (cell, wanted) in cases {
            let wanted = wanted.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
            assert_eq!(json_fields(cell), wanted, "{cell}");
        }
    }

    #[test]
    fn a_csv_row_in_a_cell_is_taken_apart() {
        let cases: &[(&str, Option<&[&str]>)] = &[
            ("a,b", Some(&["a", "b"])),
            ("\"a, x\",b", Some(&["a, x", "b"])),
            (" \"say \"\"x\"\"\" , b ,", Some(&["say \"x\"", "b", ""])),
            ("\"open", None),
            ("\"a\"b", None),
        ];
        for (cell, wanted) in cases {
            assert_eq!(
                csv_fields(cell).as_deref(),
                wanted.map(|w| w.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>()).as_deref(),
                "{cell}"
            );
        }
    }
}
