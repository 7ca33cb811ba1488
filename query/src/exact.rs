//! Means of shares without rounding on the way: sums of fractions as whole numbers of any length.

use std::cmp::Ordering;

use shukei_schemas::definition::Rounding;

use crate::figures::ratio_text;

/// A whole number of any length, lowest digit first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Natural(Vec<u32>);

impl Natural {
    fn one() -> Self {
        Self(vec![1])
    }

    fn times(&self, factor: u64) -> Self {
        let mut digits = Vec::with_capacity(self.0.len() + 2);
        let mut carry: u128 = 0;
        for digit in &self.0 {
            let product = u128::from(*digit) * u128::from(factor) + carry;
            digits.push((product & u128::from(u32::MAX)) as u32);
            carry = product >> 32;
        }
        while carry > 0 {
            digits.push((carry & u128::from(u32::MAX)) as u32);
            carry >>= 32;
        }
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Self(digits)
    }

    fn plus(&self, other: &Self) -> Self {
        let mut digits = Vec::new();
        let mut carry = 0u64;
        for at in 0..self.0.len().max(other.0.len()) {
            let digit = |of: &Self| u64::from(of.0.get(at).copied().unwrap_or(0));
            let sum = digit(self) + digit(other) + carry;
            digits.push((sum & u64::from(u32::MAX)) as u32);
            carry = sum >> 32;
        }
        if carry > 0 {
            digits.push(carry as u32);
        }
        Self(digits)
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

/// One part of a mean: a count of a base, and how much the part weighs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fraction {
    pub(crate) count: u64,
    pub(crate) base: u64,
    pub(crate) weight: u64,
}

/// The weighted mean of some shares in per cent, formed exactly and rounded once; none if nothing weighs anything.
pub(crate) fn mean_of_shares(parts: &[Fraction], decimals: u8, rounding: Rounding) -> Option<String> {
    let weights = parts.iter().try_fold(0u64, |sum, part| sum.checked_add(part.weight))?;
    if weights == 0 || parts.iter().any(|part| part.base == 0) {
        return None;
    }
    let mut numerator = Natural(Vec::new());
    let mut denominator = Natural::one();
    for part in parts {
        // n/d + c·w/b = (n·b + c·w·d) / (d·b)
        let added = denominator.times(part.count).times(part.weight);
        numerator = numerator.times(part.base).plus(&added);
        denominator = denominator.times(part.base);
    }
    numerator = numerator.times(100).times(10u64.pow(u32::from(decimals.min(9))));
    denominator = denominator.times(weights);
    // The greatest whole number of which `denominator` times is not above `numerator`; it is below 10^12.
    let (mut low, mut high) = (0u64, 1u64 << 40);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match denominator.times(middle).compare(&numerator) {
            Ordering::Greater => high = middle,
            _ => low = middle,
        }
    }
    let up = match numerator.times(2).compare(&denominator.times(2 * low + 1)) {
        Ordering::Less => false,
        Ordering::Greater => true,
        Ordering::Equal => rounding == Rounding::HalfAway || low % 2 == 1,
    };
    let digits = i128::from(low) + i128::from(up);
    ratio_text(digits, 10i128.pow(u32::from(decimals.min(9))), decimals, rounding)
}
