//! Figures as decimal text: integers in, one rounding, digits out.

use shukei_schemas::definition::Rounding;

/// More digits than any survey may ask for; keeps the arithmetic far from overflow.
const DECIMALS_MAX: u8 = 9;

/// `count` per cent of `base` with exactly `decimals` digits, rounded once; none if the base is 0.
pub fn percent_text(count: u64, base: u64, decimals: u8, rounding: Rounding) -> Option<String> {
    ratio_text(i128::from(count) * 100, i128::from(base), decimals, rounding)
}

/// The same of exact amounts, for example of weights.
pub(crate) fn percent_of(amount: i128, base: i128, decimals: u8, rounding: Rounding) -> Option<String> {
    ratio_text(amount.checked_mul(100)?, base, decimals, rounding)
}

/// `numerator / denominator` with exactly `decimals` (at most 9) digits, rounded once; none if the denominator is
/// not positive, or the digits do not fit 128 bits.
pub fn ratio_text(numerator: i128, denominator: i128, decimals: u8, rounding: Rounding) -> Option<String> {
    if denominator <= 0 {
        return None;
    }
    let decimals = decimals.min(DECIMALS_MAX);
    let one = 10u128.pow(decimals.into());
    let scaled = numerator.unsigned_abs().checked_mul(one)?;
    let denominator = denominator.unsigned_abs();
    let (whole, rest) = (scaled / denominator, scaled % denominator);
    // Compared without doubling the rest, which could overflow.
    let up = match rest.cmp(&(denominator - rest)) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => match rounding {
            Rounding::HalfAway => true,
            Rounding::HalfEven => whole % 2 == 1,
        },
    };
    let digits = whole + u128::from(up);
    let sign = if numerator < 0 && digits > 0 { "-" } else { "" };
    Some(match decimals {
        0 => format!("{sign}{digits}"),
        _ => format!("{sign}{}.{:0width$}", digits / one, digits % one, width = usize::from(decimals)),
    })
}

/// Decimal text with exactly so many digits, rounded once; none if it is no number.
pub fn rounded_text(text: &str, decimals: u8, rounding: Rounding) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = fraction.bytes().all(|byte| byte.is_ascii_digit());
    let digits = format!("{whole}{fraction}").parse::<i128>().ok().filter(|_| is_number)?;
    ratio_text(digits, 10i128.checked_pow(u32::try_from(fraction.len()).ok()?)?, decimals, rounding)
}
