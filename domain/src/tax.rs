//! Tax rates and the one rule that splits a line into net and tax.
//!
//! The rule is CONTRACT.md's "Money's arithmetic": line by line, rounded half away from zero. Line-by-line rounding
//! is one of the two ways that Article 226 of the EU VAT Directive leaves to member states, and the one that lets a
//! refund of a single line give back exactly what its receipt shows.

use crate::money::{Money, divide_half_away};
use serde::{Deserialize, Serialize};

/// Parts per million: 8.875 % is 88,750.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ppm(pub u32);

impl Ppm {
    /// One whole, 100 %.
    pub const ONE: u32 = 1_000_000;
    /// The highest rate a shop may set: 1,000 %.
    pub const MAX: u32 = 10_000_000;

    /// The tax contained in an amount that includes it: `total × rate ÷ (1 + rate)`.
    pub fn contained_in(self, total: Money) -> Money {
        let rate = i128::from(self.0);
        Money(divide_half_away(i128::from(total.0) * rate, i128::from(Self::ONE) + rate))
    }

    /// The tax that comes on top of an amount without it: `net × rate`.
    pub fn on_top_of(self, net: Money) -> Money {
        Money(divide_half_away(i128::from(net.0) * i128::from(self.0), i128::from(Self::ONE)))
    }

    /// As a person reads it: `19 %`, `8.875 %`.
    pub fn percent(self) -> String {
        let fraction = format!("{:04}", self.0 % 10_000);
        match fraction.trim_end_matches('0') {
            "" => format!("{} %", self.0 / 10_000),
            fraction => format!("{}.{fraction} %", self.0 / 10_000),
        }
    }
}

/// What a line's amount (price × quantity − discount) comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split {
    pub net: Money,
    pub tax: Money,
    /// What the customer pays: `net + tax`, always.
    pub total: Money,
}

/// Splits an amount, which includes the tax already or not.
pub fn split(amount: Money, rate: Ppm, prices_include_tax: bool) -> Split {
    if prices_include_tax {
        let tax = rate.contained_in(amount);
        Split { net: amount - tax, tax, total: amount }
    } else {
        let tax = rate.on_top_of(amount);
        Split { net: amount, tax, total: amount + tax }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_contracts_example_holds() {
        assert_eq!(Ppm(190_000).contained_in(Money(700)), Money(112));
        assert_eq!(Ppm(88_750).percent(), "8.875 %");
        assert_eq!(Ppm(190_000).percent(), "19 %");
    }

    proptest! {
        #[test]
        fn net_and_tax_always_add_up(amount in -Money::MAX_MINOR..Money::MAX_MINOR, rate in 0..=Ppm::MAX, included: bool) {
            let parts = split(Money(amount), Ppm(rate), included);
            prop_assert_eq!(parts.net + parts.tax, parts.total);
        }

        /// Going from net to gross and back loses at most the one unit that rounding can move.
        #[test]
        fn inclusive_and_exclusive_agree_to_one_minor_unit(net in 0..Money::MAX_MINOR / 20, rate in 0..=Ppm::MAX) {
            let added = split(Money(net), Ppm(rate), false);
            let contained = split(added.total, Ppm(rate), true);
            prop_assert!((contained.tax.0 - added.tax.0).abs() <= 1);
        }

        #[test]
        fn a_refund_mirrors_its_sale(amount in 0..Money::MAX_MINOR, rate in 0..=Ppm::MAX, included: bool) {
            let sold = split(Money(amount), Ppm(rate), included);
            let given_back = split(Money(-amount), Ppm(rate), included);
            prop_assert_eq!(given_back.tax, -sold.tax);
            prop_assert_eq!(given_back.total, -sold.total);
        }
    }
}
