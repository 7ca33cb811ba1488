//! Numbers for questions.

use std::collections::HashSet;

use shukei_schemas::definition::Steps;

use super::column::Column;
use super::group::Asked;

/// A number for each question. Names that are numbers themselves come first, so that none that is made up takes one.
pub(super) fn numbers(asked: &[Asked], columns: &[Column]) -> Vec<String> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut numbers: Vec<Option<String>> = vec![None; asked.len()];
    for way in [whole, beginning] {
        for (asked, number) in asked.iter().zip(&mut numbers) {
            if number.is_none()
                && let Some(found) = way(asked, columns)
                && taken.insert(found.to_lowercase())
            {
                *number = Some(found);
            }
        }
    }
    let made_up = |(asked, number): (&Asked, Option<String>)| {
        number.unwrap_or_else(|| {
            let place = first(asked) + 1;
            let mut number = format!("q{place}");
            if taken.contains(&number) {
                number = format!("c{place}");
            }
            while !taken.insert(number.to_lowercase()) {
                number.push('x');
            }
            number
        })
    };
    asked.iter().zip(numbers).map(made_up).collect()
}

/// The first column of a question.
pub(super) fn first(asked: &Asked) -> usize {
    match asked {
        Asked::One { at, .. } => *at,
        Asked::Group(group) => group.members.first().map_or(0, |member| member.at),
    }
}

/// The name of the column, or what the names of a group begin with, if it can be a number.
fn whole(asked: &Asked, columns: &[Column]) -> Option<String> {
    let name = match asked {
        Asked::One { at, .. } => columns[*at].name.as_deref()?,
        Asked::Group(group) => group.stem.as_str(),
    };
    number_of(name)
}

/// The number that a wording begins with: `Q3. Where?`, `問１　満足度`.
fn beginning(asked: &Asked, columns: &[Column]) -> Option<String> {
    let text = match asked {
        Asked::One { at, .. } => columns[*at].text(),
        Asked::Group(group) if group.stem.is_empty() => &group.text,
        Asked::Group(group) => &group.stem,
    };
    let key = Steps::default().key(text).into_owned();
    let rest = key.strip_prefix(['問', 'Q', 'q'])?.trim_start_matches('.').trim_start();
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let ends = rest[digits.len()..]
        .chars()
        .next()
        .is_none_or(|c| c.is_whitespace() || matches!(c, '.' | ':' | '．' | ')' | '、'));
    (ends && !digits.is_empty() && digits.len() <= 4).then(|| format!("Q{digits}"))
}

fn number_of(name: &str) -> Option<String> {
    let key = Steps::default().key(name).replace('問', "Q");
    let number: String = key.chars().filter(|c| !matches!(c, '_' | '-')).collect();
    let fits =
        !number.is_empty() && number.len() <= 16 && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // `Q1_2` is not `Q12`.
    let digits_meet = key.split(['_', '-']).any(|part| part.is_empty())
        || key.split(['_', '-']).skip(1).any(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    (fits && !digits_meet).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_numbers_where_they_can_be() {
        let columns = super::super::column::columns(
            &["Age?", "q1", "Q12", "Q1_2", "問３　満足度", "q0007", "q5", "Q5. Where?", "race_two"]
                .map(str::to_owned),
            None,
        );
        let asked: Vec<Asked> = (0..columns.len()).map(|at| Asked::One { at, words: None }).collect();
        let wanted = ["c1", "q1", "Q12", "q4", "Q3", "q0007", "q5", "q8", "racetwo"];
        assert_eq!(numbers(&asked, &columns), wanted);
    }
}
