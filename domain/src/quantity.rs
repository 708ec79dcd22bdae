//! How much of something: whole thousandths inside, a JSON number with at most three decimals outside.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{fmt, iter::Sum, ops, str::FromStr};

/// A quantity in thousandths of the product's unit: `2` pieces are 2000, `0.375` kg are 375.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotAQuantity {
    #[error("a quantity is a number")]
    NotANumber,
    #[error("a quantity has at most three decimals")]
    TooFine,
    #[error("a quantity lies between −1,000,000,000 and 1,000,000,000")]
    OutOfRange,
}

impl Quantity {
    pub const ZERO: Self = Self(0);
    pub const ONE: Self = Self(1000);
    /// The largest quantity, either side of zero: a thousand million units.
    pub const MAX_MILLI: i64 = 1_000_000_000_000;

    /// From thousandths, unchecked by range: for values that were stored by us.
    pub fn from_milli(milli: i64) -> Self {
        Self(milli)
    }

    pub fn from_units(units: i32) -> Self {
        Self(i64::from(units) * 1000)
    }

    pub fn milli(self) -> i64 {
        self.0
    }

    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    fn checked(milli: i64) -> Result<Self, NotAQuantity> {
        if (-Self::MAX_MILLI..=Self::MAX_MILLI).contains(&milli) {
            Ok(Self(milli))
        } else {
            Err(NotAQuantity::OutOfRange)
        }
    }

    /// A JSON number arrives as a double; one with three decimals is exact to the thousandth in this range.
    #[expect(clippy::float_arithmetic, reason = "the wire's number is a double; it becomes an integer here, once")]
    fn from_double(number: f64) -> Result<Self, NotAQuantity> {
        if !number.is_finite() {
            return Err(NotAQuantity::NotANumber);
        }
        let milli = number * 1000.0;
        if milli.abs() > Self::MAX_MILLI as f64 {
            return Err(NotAQuantity::OutOfRange);
        }
        if (milli - milli.round()).abs() > 1e-3 {
            return Err(NotAQuantity::TooFine);
        }
        Self::checked(milli.round() as i64)
    }
}

impl ops::Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl ops::Neg for Quantity {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::ZERO, ops::Add::add)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let minus = if self.0 < 0 { "−" } else { "" };
        let fraction = format!("{:03}", magnitude % 1000);
        match fraction.trim_end_matches('0') {
            "" => write!(f, "{minus}{}", magnitude / 1000),
            fraction => write!(f, "{minus}{}.{fraction}", magnitude / 1000),
        }
    }
}

impl FromStr for Quantity {
    type Err = NotAQuantity;

    /// What a person typed: `2`, `0.375`, `0,375`.
    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        let text = text.trim().replace(',', ".").replace('−', "-");
        let (minus, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit());
        if !all_digits || (whole.is_empty() && fraction.is_empty()) {
            return Err(NotAQuantity::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        if fraction.len() > 3 {
            return Err(NotAQuantity::TooFine);
        }
        let milli: i64 = format!("{whole}{fraction:0<3}").parse().map_err(|_| NotAQuantity::OutOfRange)?;
        Self::checked(if minus { -milli } else { milli })
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 1000 == 0 {
            return serializer.serialize_i64(self.0 / 1000);
        }
        #[expect(clippy::float_arithmetic, reason = "JSON has no other number; three decimals survive the trip")]
        serializer.serialize_f64(self.0 as f64 / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl de::Visitor<'_> for Number {
            type Value = Quantity;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number with at most three decimals")
            }

            fn visit_i64<E: de::Error>(self, units: i64) -> Result<Quantity, E> {
                let milli = units.checked_mul(1000).ok_or(NotAQuantity::OutOfRange).map_err(E::custom)?;
                Quantity::checked(milli).map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, units: u64) -> Result<Quantity, E> {
                let units = i64::try_from(units).map_err(|_| E::custom(NotAQuantity::OutOfRange))?;
                self.visit_i64(units)
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Quantity, E> {
                Quantity::from_double(number).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_quantity_is_a_plain_number_on_the_wire() {
        assert_eq!(serde_json::to_string(&Quantity::from_units(2)).unwrap(), "2");
        assert_eq!(serde_json::to_string(&Quantity::from_milli(375)).unwrap(), "0.375");
        assert_eq!(serde_json::from_str::<Quantity>("2.0").unwrap(), Quantity::from_units(2));
        for text in ["0.3755", "1e12", "\"2\"", "null"] {
            assert!(serde_json::from_str::<Quantity>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_limit_holds_and_one_past_it_does_not() {
        let limit = "1000000000";
        assert_eq!(limit.parse::<Quantity>().unwrap().milli(), Quantity::MAX_MILLI);
        assert_eq!("1000000000.001".parse::<Quantity>(), Err(NotAQuantity::OutOfRange));
        assert!(serde_json::from_str::<Quantity>("1000000000").is_ok());
        assert!(serde_json::from_str::<Quantity>("1000000001").is_err());
    }

    proptest! {
        #[test]
        fn a_quantity_survives_the_wire_and_the_screen(milli in -Quantity::MAX_MILLI..=Quantity::MAX_MILLI) {
            let quantity = Quantity::from_milli(milli);
            let wire = serde_json::to_string(&quantity).unwrap();
            prop_assert_eq!(serde_json::from_str::<Quantity>(&wire).unwrap(), quantity);
            prop_assert_eq!(quantity.to_string().parse::<Quantity>().unwrap(), quantity);
        }
    }
}
