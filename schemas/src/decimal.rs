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

#[cfg(test)]
mod tests {
    use super::*;

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
