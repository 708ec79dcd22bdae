//! What each decision does to stock. Pure: the rows were read, and locked, before.

use crate::{
    error::{Error, Result},
    stock::ledger::NewMovement,
};
use keeptill_domain::{ClientId, MovementReason, ProductId, Quantity, ResolutionKind, UserId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The sale's side of the stock ledger as it stands.
#[derive(Clone, Debug, Default)]
pub struct Books {
    /// Every product on the receipt, known here or not.
    pub in_sale: BTreeSet<ProductId>,
    /// What the receipt takes of each tracked product.
    pub sold: BTreeMap<ProductId, Quantity>,
    /// What this sale has moved so far, as a delta; empty where its stock waits.
    pub moved: BTreeMap<ProductId, Quantity>,
    pub stock_moved: bool,
    pub on_hand: HashMap<ProductId, Quantity>,
}

/// Who decides about which sale.
#[derive(Clone, Debug)]
pub struct Author<'a> {
    pub sale: (ClientId, i16),
    pub user: UserId,
    pub note: Option<&'a str>,
}

impl Author<'_> {
    fn movement(&self, product: ProductId, delta: Quantity, reason: MovementReason) -> NewMovement {
        NewMovement {
            product,
            delta,
            reason,
            sale: Some(self.sale),
            user: Some(self.user),
            note: self.note.map(str::to_owned),
        }
    }
}

impl Books {
    /// The movements of a decision, in the order they are written.
    ///
    /// # Errors
    /// 422 `not_in_sale` for a product that is not on the receipt, `stock_not_tracked` for a count of one whose stock
    /// nobody keeps.
    pub fn movements(&self, kind: &ResolutionKind, author: &Author<'_>) -> Result<Vec<NewMovement>> {
        Ok(match kind {
            ResolutionKind::Accept => self.as_sold(author),
            ResolutionKind::Adjust { items } => {
                for (index, item) in items.iter().enumerate() {
                    self.expect_in_sale(item.product_id, || format!("items[{index}].productId"))?;
                }
                let left: HashMap<_, _> = items.iter().map(|item| (item.product_id, item.quantity)).collect();
                self.adjusted(&left, author)
            }
            ResolutionKind::Recount { counts } => {
                let mut movements = Vec::new();
                for (index, count) in counts.iter().enumerate() {
                    let field = || format!("counts[{index}].productId");
                    self.expect_in_sale(count.product_id, field)?;
                    let on_hand = *self.on_hand.get(&count.product_id).ok_or_else(|| {
                        Error::unprocessable("stock_not_tracked", "Nobody keeps this product's stock.").field(field())
                    })?;
                    let delta = count.counted - on_hand;
                    movements.push(author.movement(count.product_id, delta, MovementReason::Count));
                }
                // Where the stock had moved before the count, the count already is without it.
                movements.extend(self.as_sold(author));
                movements
            }
            ResolutionKind::Void => self.voided(author),
        })
    }

    fn expect_in_sale(&self, product: ProductId, field: impl Fn() -> String) -> Result<()> {
        if self.in_sale.contains(&product) {
            return Ok(());
        }
        Err(Error::unprocessable("not_in_sale", "That product is not on the receipt.").field(field()))
    }

    /// The sale as its receipt has it, unless that has moved already.
    fn as_sold(&self, author: &Author<'_>) -> Vec<NewMovement> {
        if self.stock_moved {
            return vec![];
        }
        let sold = self.sold.iter();
        sold.map(|(product, quantity)| author.movement(*product, -*quantity, MovementReason::Sale)).collect()
    }

    fn adjusted(&self, left: &HashMap<ProductId, Quantity>, author: &Author<'_>) -> Vec<NewMovement> {
        let reason = if self.stock_moved { MovementReason::Correction } else { MovementReason::Sale };
        let products: BTreeSet<ProductId> = self.sold.keys().chain(self.moved.keys()).copied().collect();
        let delta = |product: &ProductId| {
            let wanted = -left.get(product).copied().unwrap_or_default();
            wanted - self.moved.get(product).copied().unwrap_or_default()
        };
        products
            .into_iter()
            .map(|product| author.movement(product, delta(&product), reason))
            .filter(|movement| movement.delta != Quantity::ZERO)
            .collect()
    }

    /// Gives back what had moved. What had not moves both ways, so that the ledger shows both sides.
    fn voided(&self, author: &Author<'_>) -> Vec<NewMovement> {
        let mut movements = self.as_sold(author);
        let moved: Vec<(ProductId, Quantity)> = if self.stock_moved {
            self.moved.iter().map(|(product, delta)| (*product, *delta)).collect()
        } else {
            movements.iter().map(|movement| (movement.product, movement.delta)).collect()
        };
        let back = moved.into_iter().map(|(product, delta)| author.movement(product, -delta, MovementReason::Void));
        movements.extend(back);
        movements
    }
}
