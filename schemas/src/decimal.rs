//! Decimal numbers, read exactly.

/// Digits behind the point that values of options and bounds are kept with.
pub const VALUE_DECIMALS: usize = 9;

/// A decimal number as written, times ten to `decimals`: digits, a point, at most that many decimals (further zeros
/// are no digits of their own), 18 digits in all. No separators, units or exponents: a guess would change a figure.
pub fn scaled(text: &str, decimals: usize) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let pointless = digits.contains('.') && fraction.is_empty();
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || pointless {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let whole = whole.trim_start_matches('0');
    if fraction.len() > decimals || whole.len() + decimals > 18 {
        return None;
    }
    let mut value: i128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        value = value * 10 + i128::from(byte - b'0');
    }
    value *= 10i128.pow(u32::try_from(decimals - fraction.len()).ok()?);
    Some(if negative { -value } else { value })
}

/// The same of a number with more decimals: rounded to as many, halves away from zero. `None` if it is no such number.
pub fn rounded(text: &str, decimals: usize) -> Option<String> {
    let (whole, fraction) = text.split_once('.')?;
    let kept = fraction.get(..decimals).filter(|kept| kept.len() < fraction.len())?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let sign = if whole.starts_with('-') { "-" } else { "" };
    let value = scaled(&format!("{}.{kept}0", whole.trim_start_matches(['-', '+'])), decimals)?;
    let up = fraction.as_bytes().get(decimals).is_some_and(|next| *next >= b'5');
    let digits = format!("{:0width$}", value + i128::from(up), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    Some(match fraction.is_empty() {
        true => format!("{sign}{whole}"),
        false => format!("{sign}{whole}.{fraction}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_exact_is_rounded_halves_away_from_zero() {
        for (text, decimals, wanted) in [
            ("0.4485111918965091", 9, Some("0.448511192")),
            ("0.30000000000000004", 9, Some("0.300000000")),
            ("2.5", 0, Some("3")),
            ("-2.5", 0, Some("-3")),
            ("-0.04", 1, Some("-0.0")),
            ("9.996", 2, Some("10.00")),
            ("1.25", 2, None),
            ("1", 0, None),
            ("1.2x5", 1, None),
            ("x.25", 1, None),
        ] {
            assert_eq!(rounded(text, decimals).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn numbers_are_exact_or_none() {
        let cases: &[(&str, usize, Option<i128>)] = &[
            ("15.0", 0, Some(15)),
            ("1.5", 1, Some(15)),
            ("1.5", 3, Some(1500)),
            ("-0.25", 2, Some(-25)),
            ("007", 0, Some(7)),
            ("0", 9, Some(0)),
            ("1.5", 0, None),
            ("1,000", 0, None),
            ("1.", 1, None),
            ("", 0, None),
            ("9999999999", 9, None),
        ];
        for (text, decimals, wanted) in cases {
            assert_eq!(scaled(text, *decimals), *wanted, "{text} with {decimals} decimals");
        }
    }
}
