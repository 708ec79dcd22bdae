//! A sale as its receipt shows it, and the check that its figures agree with each other.

use crate::{
    ids::{CategoryId, ClientId, ProductId, ShiftId, UserId},
    money::{Currency, Money, divide_half_away},
    quantity::Quantity,
    tax::{Ppm, Split, split},
    tender::Tender,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The most items one sale may have (CONTRACT.md, "Limits").
pub const ITEMS_PER_SALE_MAX: usize = 500;

/// The body of a `sale` event. What a client that keeps no journal leaves out is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sale {
    pub client_id: ClientId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift_id: Option<ShiftId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cashier_id: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline_created_at: Option<DateTime<Utc>>,
    /// Without it, the shop's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Without it, the shop's setting holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices_include_tax: Option<bool>,
    pub items: Vec<LineItem>,
    pub tenders: Vec<Tender>,
    pub net_minor: Money,
    pub tax_minor: Money,
    pub total_minor: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cash_rounding_minor: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tip_minor: Option<Money>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineItem {
    pub product_id: ProductId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    pub quantity: Quantity,
    pub unit_price_minor: Money,
    /// The product's `syncVersion` when it was rung up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalog_version: Option<i64>,
    #[serde(default)]
    pub discount_minor: Money,
    #[serde(default)]
    pub tax_rate_ppm: Ppm,
    #[serde(default)]
    pub tax_minor: Money,
    /// What the customer pays for the line, tax included, however prices are shown.
    pub total_minor: Money,
    /// What the till believed to be on hand when the line was rung up, its own unsent sales taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock_seen: Option<Quantity>,
}

/// Where a sale stands with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncStatus {
    /// On a device only.
    Pending,
    Synced,
    Conflict,
}

/// A sale's three sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub net: Money,
    pub tax: Money,
    pub total: Money,
}

/// The first thing about a sale's figures that does not agree with the rest.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidTotals {
    #[error("the sale has no items")]
    NoItems,
    #[error("item {0}: an amount or a quantity lies outside its range")]
    LineRange(usize),
    #[error("item {0}: the total is not price × quantity − discount, with the tax that belongs to it")]
    LineTotal(usize),
    #[error("item {0}: the tax is not what the rate gives")]
    LineTax(usize),
    #[error("the sale's net, tax or total is not the sum of its lines")]
    Sum,
    #[error("the tenders do not add up to the total")]
    Tenders,
    #[error("the currency is not the shop's")]
    Currency,
}

/// `unit price × quantity`, rounded half away from zero to the minor unit.
pub fn extended_price(unit_price: Money, quantity: Quantity) -> Money {
    Money(divide_half_away(i128::from(unit_price.0) * i128::from(quantity.milli()), 1000))
}

impl LineItem {
    /// What the rule makes of the line's own price, quantity, discount and rate.
    pub fn computed(&self, prices_include_tax: bool) -> Split {
        let amount = extended_price(self.unit_price_minor, self.quantity) - self.discount_minor;
        split(amount, self.tax_rate_ppm, prices_include_tax)
    }

    fn check(&self, index: usize, prices_include_tax: bool) -> Result<(), InvalidTotals> {
        let gross = extended_price(self.unit_price_minor, self.quantity);
        let in_range = self.quantity.is_positive()
            && self.tax_rate_ppm.0 <= Ppm::MAX
            && [self.unit_price_minor, gross, self.tax_minor, self.total_minor].iter().all(|m| m.in_range())
            && self.unit_price_minor >= Money::ZERO
            && (Money::ZERO..=gross).contains(&self.discount_minor);
        if !in_range {
            return Err(InvalidTotals::LineRange(index));
        }
        let computed = self.computed(prices_include_tax);
        // One unit of grace for a client whose tax was rounded by another library (CONTRACT.md).
        if (self.tax_minor - computed.tax).0.abs() > 1 {
            return Err(InvalidTotals::LineTax(index));
        }
        let expected = if prices_include_tax { computed.total } else { computed.net + self.tax_minor };
        if self.total_minor == expected { Ok(()) } else { Err(InvalidTotals::LineTotal(index)) }
    }
}

impl Sale {
    /// Sums over the lines, plus cash rounding and tip in the total.
    pub fn summed(&self) -> Totals {
        let lines: Money = self.items.iter().map(|line| line.total_minor).sum();
        let tax: Money = self.items.iter().map(|line| line.tax_minor).sum();
        let extras = self.cash_rounding_minor.unwrap_or_default() + self.tip_minor.unwrap_or_default();
        Totals { net: lines - tax, tax, total: lines + extras }
    }

    /// Whether lines, tax, tenders and totals agree.
    ///
    /// `shop_currency` and `shop_prices_include_tax` hold where the sale doesn't say.
    pub fn check_totals(&self, shop_currency: Currency, shop_prices_include_tax: bool) -> Result<(), InvalidTotals> {
        if self.items.is_empty() {
            return Err(InvalidTotals::NoItems);
        }
        if self.currency.is_some_and(|currency| currency != shop_currency) {
            return Err(InvalidTotals::Currency);
        }
        let prices_include_tax = self.prices_include_tax.unwrap_or(shop_prices_include_tax);
        for (index, line) in self.items.iter().enumerate() {
            line.check(index, prices_include_tax)?;
        }
        let summed = self.summed();
        if (summed.net, summed.tax, summed.total) != (self.net_minor, self.tax_minor, self.total_minor) {
            return Err(InvalidTotals::Sum);
        }
        let sane = |tender: &Tender| {
            tender.amount_minor.in_range() && tender.amount_minor >= Money::ZERO && tender.change_minor >= Money::ZERO
        };
        let kept: Money = self.tenders.iter().map(Tender::kept).sum();
        if !self.tenders.iter().all(sane) || kept != self.total_minor {
            return Err(InvalidTotals::Tenders);
        }
        Ok(())
    }
}
