//! Identifiers with rules of their own: 法人番号, 全国地方公共団体コード and 政府統計コード.
//! A pass says that the identifier is well formed, never that somebody bears it.

use schemars::JsonSchema;
use serde::Deserialize;

/// Which identifier a text is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Identifier {
    /// 法人番号: 13 digits, the first of which is the check digit.
    HoujinBangou,
    /// 全国地方公共団体コード: six digits with the check digit, or five without it.
    LocalGovernmentCode,
    /// 政府統計コード: eight digits, or the same number in base 36 without leading zeros.
    GovernmentStatisticsCode,
}

/// Why a text is not the identifier. Holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Something that does not belong there, such as a letter, a separator or an exponent.
    Characters,
    /// Too many or too few characters.
    Length,
    /// Too short by what a spreadsheet takes away: zeros in front.
    LeadingZeroLost,
    /// The check digit is another one than the rest asks for.
    CheckDigit,
    /// The parts of the code mean nothing, for example a prefecture that there is none of.
    Parts,
}

impl Fault {
    /// What is wrong and what to do next, without the value.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Characters => "write the digits of the identifier alone, as text, without separators",
            Self::Length => "the identifier has too many or too few digits; look it up again",
            Self::LeadingZeroLost => {
                "leading zeros seem to be lost; keep the column as text in the spreadsheet"
            }
            Self::CheckDigit => "the check digit does not fit the other digits; look the identifier up again",
            Self::Parts => "there is no such prefecture or municipality number; look the code up again",
        }
    }
}

impl Identifier {
    /// Whether a text can be the identifier. Blanks around it do not count, and full-width letters and digits are read
    /// as the plain ones; the text itself is never changed.
    ///
    /// # Errors
    /// The first [`Fault`] that was found.
    pub fn check(self, text: &str) -> Result<(), Fault> {
        let key: String = text.trim().chars().map(plain).collect();
        match self {
            Self::HoujinBangou => houjin_bangou(&digits(&key)?),
            Self::LocalGovernmentCode => local_government(&digits(&key)?),
            Self::GovernmentStatisticsCode => government_statistics(&key),
        }
    }
}

/// A full-width letter or digit as the plain one.
fn plain(c: char) -> char {
    match c {
        '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => {
            u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c)
        }
        _ => c,
    }
}

fn digits(key: &str) -> Result<Vec<u32>, Fault> {
    let read = |c: char| c.to_digit(10).ok_or(Fault::Characters);
    key.chars().map(read).collect()
}

/// The base number's digits are counted from the right; those in even places weigh twice. The remainder by nine is taken
/// of the whole sum, so a check digit runs from 1 to 9.
fn houjin_bangou(digits: &[u32]) -> Result<(), Fault> {
    let [check, base @ ..] = digits else { return Err(Fault::Length) };
    if base.len() != 12 {
        return Err(Fault::Length);
    }
    let sum: u32 =
        base.iter().rev().zip([1, 2].into_iter().cycle()).map(|(digit, weight)| digit * weight).sum();
    if *check == 9 - sum % 9 { Ok(()) } else { Err(Fault::CheckDigit) }
}

/// Two digits of the prefecture, three of the municipality, one check digit, which the form of five lacks.
fn local_government(digits: &[u32]) -> Result<(), Fault> {
    match *digits {
        [a, b, c, d, e, check] => {
            let remainder = (6 * a + 5 * b + 4 * c + 3 * d + 2 * e) % 11;
            if check != (11 - remainder) % 10 {
                return Err(Fault::CheckDigit);
            }
            parts([a, b, c, d, e])
        }
        [a, b, c, d, e] => match (parts([a, b, c, d, e]), local_government(&[0, a, b, c, d, e])) {
            // Some codes are both a whole form of five and a form of six that lost its zero: nobody can tell.
            (Ok(()), _) => Ok(()),
            (Err(_), Ok(())) => Err(Fault::LeadingZeroLost),
            (Err(fault), Err(_)) => Err(fault),
        },
        [_, _, _, _] => Err(Fault::LeadingZeroLost),
        _ => Err(Fault::Length),
    }
}

/// The prefecture runs from 01 to 47; the municipality is 000 for the prefecture itself, else 100 or more.
fn parts([a, b, c, d, e]: [u32; 5]) -> Result<(), Fault> {
    let (prefecture, municipality) = (10 * a + b, 100 * c + 10 * d + e);
    match (1..=47).contains(&prefecture) && (municipality == 0 || municipality >= 100) {
        true => Ok(()),
        false => Err(Fault::Parts),
    }
}

/// There is no check digit: only the form can be looked at.
fn government_statistics(key: &str) -> Result<(), Fault> {
    let all_digits = key.chars().all(|c| c.is_ascii_digit());
    match key.len() {
        _ if !key.chars().all(|c| c.is_ascii_alphanumeric()) => Err(Fault::Characters),
        8 if all_digits => Ok(()),
        5..=7 if all_digits => Err(Fault::LeadingZeroLost),
        1..=6 if key.starts_with('0') => Err(Fault::Characters),
        1..=6 => match u64::from_str_radix(key, 36) {
            Ok(number) if number <= 99_999_999 => Ok(()),
            _ => Err(Fault::Length),
        },
        _ => Err(Fault::Length),
    }
}

#[cfg(test)]
mod tests {
    use super::Fault::{Characters, CheckDigit, LeadingZeroLost, Length, Parts};
    use super::Identifier::{GovernmentStatisticsCode, HoujinBangou, LocalGovernmentCode};

    #[test]
    fn trap_57_a_houjin_bangou_is_counted_from_the_right_and_the_remainder_is_of_the_sum() {
        // (text, what is wrong)
        let cases = [
            ("7123456789012", None),
            ("4011001098993", None),
            ("2120901007402", None),
            ("8000020130001", None),
            ("9000020011002", None),
            // A sum that nine divides asks for 9, never for 0.
            ("9000000000000", None),
            ("0000000000000", Some(CheckDigit)),
            (" ７１２３４５６７８９０１２ ", None),
            // Weights from the wrong end: with them this one would pass, and the right one would not.
            ("2123456789012", Some(CheckDigit)),
            ("7123456789013", Some(CheckDigit)),
            ("712345678901", Some(Length)),
            ("71234567890120", Some(Length)),
            ("", Some(Length)),
            ("7.12346E+12", Some(Characters)),
            ("7-1234-5678-9012", Some(Characters)),
        ];
        for (text, fault) in cases {
            assert_eq!(HoujinBangou.check(text).err(), fault, "{text}");
        }
        // What nine cannot see: 0 for 9 in any place, and two digits changed whose places weigh the same.
        for blind in ["7123456789912", "7321456789012", "7123456780912"] {
            assert_eq!(HoujinBangou.check(blind), Ok(()), "{blind}");
        }
        // What it sees: any other single digit.
        for at in 0..13 {
            for digit in 0..10u8 {
                let mut text = *b"7123456789012";
                let was = text[at] - b'0';
                text[at] = b'0' + digit;
                let same_by_nine = was % 9 == digit % 9 && at > 0;
                let passes = HoujinBangou.check(std::str::from_utf8(&text).unwrap_or_default()).is_ok();
                assert_eq!(passes, was == digit || same_by_nine, "place {at}, digit {digit}");
            }
        }
        // A local government's number holds its code.
        assert_eq!(LocalGovernmentCode.check(&"8000020130001"[7..]), Ok(()));
    }

    #[test]
    fn trap_58_local_codes_keep_their_zero_and_their_length() {
        let cases = [
            ("010006", None),
            ("011002", None),
            ("130001", None),
            ("270008", None),
            ("470007", None),
            ("01000", None),
            ("13000", None),
            ("01100", None),
            ("０１１００２", None),
            // Remainders 0 and 10 share check digit 1, remainder 1 asks for 0.
            ("013030", None),
            ("013031", Some(CheckDigit)),
            ("010007", Some(CheckDigit)),
            ("130002", Some(CheckDigit)),
            // A spreadsheet took the zero.
            ("10006", Some(LeadingZeroLost)),
            ("11002", Some(LeadingZeroLost)),
            ("1000", Some(LeadingZeroLost)),
            ("48000", Some(Parts)),
            ("13001", Some(Parts)),
            ("00000", Some(Parts)),
            ("13000A", Some(Characters)),
            ("1300010", Some(Length)),
            ("", Some(Length)),
        ];
        for (text, fault) in cases {
            assert_eq!(LocalGovernmentCode.check(text).err(), fault, "{text}");
        }
        // One check digit passes for each code, and the remainders 0 and 10 ask for the same one.
        let mut of_remainder = [None; 11];
        for code in 1_100..48_000u32 {
            let text = format!("{code:05}");
            if LocalGovernmentCode.check(&text).is_err() {
                continue;
            }
            let fits: Vec<u32> = (0..10)
                .filter(|check| LocalGovernmentCode.check(&format!("{text}{check}")).is_ok())
                .collect();
            assert_eq!(fits.len(), 1, "{text}");
            let sum: u32 = text
                .chars()
                .zip([6, 5, 4, 3, 2])
                .map(|(c, weight)| c.to_digit(10).unwrap_or(0) * weight)
                .sum();
            let known = of_remainder[sum as usize % 11].get_or_insert(fits[0]);
            assert_eq!(*known, fits[0], "{text}");
        }
        assert_eq!(of_remainder.map(|check| check.unwrap_or(99)), [1, 0, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    }

    #[test]
    fn a_statistics_code_is_eight_digits_or_its_short_form() {
        let cases = [
            ("00200521", None),
            ("4AQ1", None),
            ("4aq1", None),
            ("４ＡＱ１", None),
            ("1NJCHR", None),
            ("1NJCHS", Some(Length)),
            ("ZZZZZZ", Some(Length)),
            ("200521", Some(LeadingZeroLost)),
            ("04AQ1", Some(Characters)),
            ("4AQ-1", Some(Characters)),
            ("002005211", Some(Length)),
            ("", Some(Length)),
        ];
        for (text, fault) in cases {
            assert_eq!(GovernmentStatisticsCode.check(text).err(), fault, "{text}");
        }
        assert_eq!(u64::from_str_radix("4AQ1", 36), Ok(200_521));
    }
}
