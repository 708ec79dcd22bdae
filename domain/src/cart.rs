//! What is being rung up, until it is paid and becomes a [`Sale`].

use crate::{
    catalogue::Product,
    ids::{CategoryId, ClientId, ProductId, ShiftId, UserId},
    money::{Currency, Money},
    quantity::Quantity,
    sale::{ITEMS_PER_SALE_MAX, LineItem, Sale, Totals, extended_price},
    tax::{Ppm, split},
    tender::Tender,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cart {
    /// The id its sale will have, given with the first line: whoever pays this cart, in whichever tab and however
    /// often, makes the same sale.
    #[serde(default)]
    pub id: Option<ClientId>,
    pub lines: Vec<CartLine>,
}

/// One product in the cart, with the price and rate that held when it was added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CartLine {
    pub product_id: ProductId,
    pub name: String,
    pub sku: Option<String>,
    pub category_id: Option<CategoryId>,
    pub unit: String,
    pub quantity: Quantity,
    pub unit_price: Money,
    pub discount: Money,
    pub tax_rate: Ppm,
    pub catalog_version: i64,
    pub stock_seen: Option<Quantity>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CartError {
    #[error("a sale holds at most {ITEMS_PER_SALE_MAX} lines; take this one's payment and start another")]
    Full,
    #[error("that quantity is outside what one line can hold")]
    Quantity,
}

/// Who, when and where a cart was paid; everything a sale needs that the cart does not know.
#[derive(Clone, Debug)]
pub struct Payment {
    pub client_id: ClientId,
    pub receipt_number: String,
    pub shift_id: Option<ShiftId>,
    pub cashier_id: Option<UserId>,
    pub at: DateTime<Utc>,
    pub currency: Currency,
    pub prices_include_tax: bool,
    pub tenders: Vec<Tender>,
}

impl CartLine {
    pub fn amount(&self) -> Money {
        extended_price(self.unit_price, self.quantity) - self.discount
    }

    fn item(&self, prices_include_tax: bool) -> LineItem {
        let parts = split(self.amount(), self.tax_rate, prices_include_tax);
        LineItem {
            product_id: self.product_id,
            name: Some(self.name.clone()),
            sku: self.sku.clone(),
            category_id: self.category_id,
            quantity: self.quantity,
            unit_price_minor: self.unit_price,
            catalog_version: Some(self.catalog_version),
            discount_minor: self.discount,
            tax_rate_ppm: self.tax_rate,
            tax_minor: parts.tax,
            total_minor: parts.total,
            stock_seen: self.stock_seen,
        }
    }
}

impl Cart {
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Pieces in the cart; a weighed line counts as one.
    pub fn item_count(&self) -> i64 {
        let pieces = |line: &CartLine| match line.quantity.milli() % 1000 {
            0 => line.quantity.milli() / 1000,
            _ => 1,
        };
        self.lines.iter().map(pieces).sum()
    }

    pub fn quantity_of(&self, product: ProductId) -> Quantity {
        self.lines.iter().filter(|line| line.product_id == product).map(|line| line.quantity).sum()
    }

    /// Adds to the product's line if it has one at the same price, else a line of its own at the end.
    ///
    /// # Errors
    /// [`CartError::Full`] at [`ITEMS_PER_SALE_MAX`] lines, [`CartError::Quantity`] past a line's range.
    pub fn add(
        &mut self,
        product: &Product,
        tax_rate: Ppm,
        quantity: Quantity,
        stock_seen: Option<Quantity>,
    ) -> Result<(), CartError> {
        let same = |line: &&mut CartLine| {
            line.product_id == product.id && line.unit_price == product.price_minor && line.tax_rate == tax_rate
        };
        if let Some(line) = self.lines.iter_mut().find(same) {
            let more = line.quantity + quantity;
            line.quantity = in_line_range(more, line.unit_price)?;
            return Ok(());
        }
        if self.lines.len() >= ITEMS_PER_SALE_MAX {
            return Err(CartError::Full);
        }
        self.lines.push(CartLine {
            product_id: product.id,
            name: product.name.clone(),
            sku: product.sku.clone(),
            category_id: product.category_id,
            unit: product.unit.0.clone(),
            quantity: in_line_range(quantity, product.price_minor)?,
            unit_price: product.price_minor,
            discount: Money::ZERO,
            tax_rate,
            catalog_version: product.sync_version,
            stock_seen,
        });
        Ok(())
    }

    /// Sets a line's quantity; zero or less removes the line.
    ///
    /// # Errors
    /// [`CartError::Quantity`] past a line's range; the line stays as it was.
    pub fn set_quantity(&mut self, index: usize, quantity: Quantity) -> Result<(), CartError> {
        if !quantity.is_positive() {
            self.remove(index);
        } else if let Some(line) = self.lines.get_mut(index) {
            line.quantity = in_line_range(quantity, line.unit_price)?;
        }
        Ok(())
    }

    pub fn remove(&mut self, index: usize) -> Option<CartLine> {
        (index < self.lines.len()).then(|| self.lines.remove(index))
    }

    pub fn totals(&self, prices_include_tax: bool) -> Totals {
        self.lines.iter().fold(Totals::default(), |sum, line| {
            let parts = split(line.amount(), line.tax_rate, prices_include_tax);
            Totals { net: sum.net + parts.net, tax: sum.tax + parts.tax, total: sum.total + parts.total }
        })
    }

    /// Tax by rate, in the order of the rates, for the receipt's breakdown.
    pub fn tax_by_rate(&self, prices_include_tax: bool) -> Vec<(Ppm, Money)> {
        let mut rates: Vec<(Ppm, Money)> = Vec::new();
        for line in &self.lines {
            let tax = split(line.amount(), line.tax_rate, prices_include_tax).tax;
            match rates.iter_mut().find(|(rate, _)| *rate == line.tax_rate) {
                Some((_, sum)) => *sum += tax,
                None => rates.push((line.tax_rate, tax)),
            }
        }
        rates.sort_by_key(|(rate, _)| *rate);
        rates
    }

    /// The sale this cart becomes once it is paid.
    pub fn pay(&self, payment: Payment) -> Sale {
        let totals = self.totals(payment.prices_include_tax);
        Sale {
            client_id: payment.client_id,
            receipt_number: Some(payment.receipt_number),
            shift_id: payment.shift_id,
            cashier_id: payment.cashier_id,
            offline_created_at: Some(payment.at),
            currency: Some(payment.currency),
            prices_include_tax: Some(payment.prices_include_tax),
            items: self.lines.iter().map(|line| line.item(payment.prices_include_tax)).collect(),
            tenders: payment.tenders,
            net_minor: totals.net,
            tax_minor: totals.tax,
            total_minor: totals.total,
            cash_rounding_minor: None,
            tip_minor: None,
        }
    }
}

fn in_line_range(quantity: Quantity, unit_price: Money) -> Result<Quantity, CartError> {
    let fits = quantity.milli() <= Quantity::MAX_MILLI && extended_price(unit_price, quantity).in_range();
    if fits { Ok(quantity) } else { Err(CartError::Quantity) }
}
