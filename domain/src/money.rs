//! Money as whole minor units. No float ever touches it.

use serde::{Deserialize, Serialize};
use std::{fmt, iter::Sum, ops, str::FromStr};

/// An amount in the currency's minor unit (cents, pence, yen). Negative where money goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    pub const ZERO: Self = Self(0);
    /// The largest amount any field may hold, either side of zero: 10¹² minor units. Far above any till, and low
    /// enough that sums over a whole day stay inside an i64.
    pub const MAX_MINOR: i64 = 1_000_000_000_000;

    pub fn minor(self) -> i64 {
        self.0
    }

    /// Whether it lies within ±[`Self::MAX_MINOR`].
    pub fn in_range(self) -> bool {
        (-Self::MAX_MINOR..=Self::MAX_MINOR).contains(&self.0)
    }
}

impl ops::Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl ops::Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl ops::AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, ops::Add::add)
    }
}

/// `numerator ÷ denominator`, rounded half away from zero: the commercial rounding that CONTRACT.md's "Money's
/// arithmetic" asks for, as do DIN 1333 and most tax offices.
///
/// The denominator must be positive. Results outside an i64 stop at its ends.
pub(crate) fn divide_half_away(numerator: i128, denominator: i128) -> i64 {
    debug_assert!(denominator > 0);
    let half = denominator / 2;
    let rounded = if numerator >= 0 { (numerator + half) / denominator } else { (numerator - half) / denominator };
    i64::try_from(rounded).unwrap_or(if rounded > 0 { i64::MAX } else { i64::MIN })
}

/// An ISO 4217 currency code with its number of minor digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a currency is three capital letters, as in ISO 4217")]
pub struct NotACurrency;

impl Currency {
    pub const EUR: Self = Self(*b"EUR");

    pub fn code(&self) -> &str {
        // The only constructor lets nothing but A–Z in.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits behind the decimal point, from ISO 4217's list one: two but for these.
    pub fn minor_digits(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// The sign people write before the amount, or the code where there is no common one.
    pub fn sign(&self) -> &str {
        match &self.0 {
            b"EUR" => "€",
            b"USD" | b"AUD" | b"CAD" | b"NZD" => "$",
            b"GBP" => "£",
            b"JPY" | b"CNY" => "¥",
            b"INR" => "₹",
            b"KRW" => "₩",
            _ => self.code(),
        }
    }

    /// The amount without a sign for the currency: `1234` in EUR is `12.34`, with a thousands comma: `1,234.50`.
    pub fn plain(self, amount: Money) -> String {
        let digits = self.minor_digits();
        let scale = 10_u64.pow(digits);
        let magnitude = amount.0.unsigned_abs();
        let minus = if amount.0 < 0 { "−" } else { "" };
        let whole = group_thousands(magnitude / scale);
        match digits {
            0 => format!("{minus}{whole}"),
            _ => format!("{minus}{whole}.{:0width$}", magnitude % scale, width = digits as usize),
        }
    }

    /// The amount as a person reads it: `€12.34`, `−€0.50`, `CHF 5.00`.
    pub fn format(self, amount: Money) -> String {
        let sign = self.sign();
        let gap = if sign.len() == 3 && sign.is_ascii() { "\u{a0}" } else { "" };
        let minus = if amount.0 < 0 { "−" } else { "" };
        format!("{minus}{sign}{gap}{}", self.plain(Money(amount.0.saturating_abs())))
    }

    /// Reads what a person typed: `12`, `12.3`, `12,30`, `1,234.50`. `None` when it is no amount of this currency.
    pub fn parse_amount(self, text: &str) -> Option<Money> {
        let text = text.trim().trim_start_matches(self.sign()).trim();
        let (minus, text) = match text.strip_prefix(['-', '−']) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let digits = self.minor_digits() as usize;
        let point = text.rfind(['.', ',']).filter(|at| digits > 0 && text.len() - at - 1 <= digits);
        let (whole, fraction) = match point {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, ""),
        };
        let whole: String = whole.chars().filter(|c| !matches!(c, '.' | ',' | ' ' | '\u{a0}')).collect();
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        if !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit()) {
            return None;
        }
        let minor: i64 = format!("{whole}{fraction:0<digits$}").parse().ok()?;
        let amount = Money(if minus { -minor } else { minor });
        amount.in_range().then_some(amount)
    }
}

fn group_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        let bytes: [u8; 3] = text.as_bytes().try_into().map_err(|_| NotACurrency)?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes)).ok_or(NotACurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;

    fn try_from(text: String) -> Result<Self, NotACurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        assert_eq!(Currency::EUR.format(Money(123_456)), "€1,234.56");
        assert_eq!(Currency::EUR.format(Money(-50)), "−€0.50");
        let yen: Currency = "JPY".parse().unwrap();
        assert_eq!(yen.format(Money(1200)), "¥1,200");
        let franc: Currency = "CHF".parse().unwrap();
        assert_eq!(franc.format(Money(505)), "CHF\u{a0}5.05");
    }

    #[test]
    fn typed_amounts_are_understood_and_nonsense_is_not() {
        for (text, minor) in [("12", 1200), ("12.3", 1230), ("12,30", 1230), ("1,234.50", 123_450), (".5", 50)] {
            assert_eq!(Currency::EUR.parse_amount(text), Some(Money(minor)), "{text}");
        }
        for text in ["", "abc", "1.2x", "--3", "99999999999999999999"] {
            assert_eq!(Currency::EUR.parse_amount(text), None, "{text}");
        }
        assert!("eur".parse::<Currency>().is_err());
        assert!("EURO".parse::<Currency>().is_err());
    }

    proptest! {
        #[test]
        fn rounding_is_half_away_from_zero_and_odd(n in -1_000_000_000_i128..1_000_000_000, d in 1_i128..10_000) {
            let rounded = i128::from(divide_half_away(n, d));
            prop_assert!((rounded * d - n).abs() * 2 <= d);
            prop_assert_eq!(i128::from(divide_half_away(-n, d)), -rounded);
            if (n * 2) % d == 0 && n % d != 0 {
                prop_assert!(rounded.abs() * d > n.abs());
            }
        }

        #[test]
        fn a_formatted_amount_reads_back(minor in -Money::MAX_MINOR..Money::MAX_MINOR) {
            let text = Currency::EUR.plain(Money(minor));
            prop_assert_eq!(Currency::EUR.parse_amount(&text), Some(Money(minor)));
        }
    }
}
