use shukei_schemas::Code;
use shukei_schemas::decimal::scaled;
use shukei_schemas::definition::Kind;

use crate::answer::{Answer, Value};

/// Reads a decimal number as written, exactly: digits, a point, at most the question's decimals (further zeros are
/// no digits of their own). No separators, units or exponents: a guess here would change a figure.
pub(crate) fn read(text: &str, kind: &Kind) -> Result<Answer, Code> {
    let Kind::Number { decimals, min, max } = kind else { return Err(Code::AnswerType) };
    let scale = 10i128.pow(u32::from(*decimals));
    let value = scaled(text.trim(), usize::from(*decimals)).ok_or(Code::NumberInvalid)?;
    let below = min.is_some_and(|min| value < i128::from(min) * scale);
    let above = max.is_some_and(|max| value > i128::from(max) * scale);
    if below || above {
        return Err(Code::NumberOutOfRange);
    }
    Ok(Answer::answered(Value::Number(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(decimals: u8) -> Kind {
        Kind::Number { decimals, min: Some(0), max: Some(100) }
    }

    #[test]
    fn numbers_are_read_exactly_or_not_at_all() {
        let cases: &[(&str, u8, Result<i128, Code>)] = &[
            ("15.0", 0, Ok(15)),
            ("1.5", 1, Ok(15)),
            ("+7", 0, Ok(7)),
            ("007", 0, Ok(7)),
            ("-0.0", 1, Ok(0)),
            ("1.5", 0, Err(Code::NumberInvalid)),
            ("1e3", 0, Err(Code::NumberInvalid)),
            ("1,000", 0, Err(Code::NumberInvalid)),
            ("1.", 1, Err(Code::NumberInvalid)),
            ("", 0, Err(Code::NumberInvalid)),
            ("12 h", 0, Err(Code::NumberInvalid)),
            ("99999999999999999999", 0, Err(Code::NumberInvalid)),
            ("-1", 0, Err(Code::NumberOutOfRange)),
            ("100.1", 1, Err(Code::NumberOutOfRange)),
        ];
        for (text, decimals, wanted) in cases {
            let got = read(text, &number(*decimals)).map(|answer| match answer.value {
                Value::Number(value) => value,
                other => panic!("{other:?}"),
            });
            assert_eq!(&got, wanted, "{text} with {decimals} decimals");
        }
    }
}
