//! A manager's decision as it arrives, read into one that can't be impossible by itself.

use crate::error::{Error, Result};
use keeptill_domain::{
    ClientId, ProductId, Quantity, ResolutionKind,
    conflict::{AdjustedItem, CountedItem},
    sale::ITEMS_PER_SALE_MAX,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most characters of a note.
const NOTE_CHARS_MAX: usize = 2_000;

/// The body of a resolution.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolveBody {
    /// Where the path doesn't name it.
    pub client_id: Option<ClientId>,
    action: String,
    note: Option<String>,
    copy: Option<i16>,
    items: Option<Vec<ItemBody>>,
    counts: Option<Vec<CountBody>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemBody {
    product_id: ProductId,
    quantity: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CountBody {
    product_id: ProductId,
    counted: Value,
}

/// What is to be done about one sale in conflict.
#[derive(Clone, Debug)]
pub struct Decision {
    pub kind: ResolutionKind,
    pub note: Option<String>,
    /// Which content under the `clientId` is meant. Without it, the open one that arrived first.
    pub copy: Option<i16>,
}

impl ResolveBody {
    /// # Errors
    /// 422 with `unknown_action`, `items_required`, `counts_required`, `counted_twice`, `invalid_quantity`,
    /// `note_required` or `note_too_long`; 413 over [`ITEMS_PER_SALE_MAX`] rows.
    pub fn decision(self) -> Result<Decision> {
        let note = self.note.map(|note| note.replace('\0', "").trim().to_owned()).filter(|note| !note.is_empty());
        if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
            let message = format!("A note has at most {NOTE_CHARS_MAX} characters.");
            return Err(Error::unprocessable("note_too_long", message).field("note"));
        }
        let kind = match self.action.as_str() {
            "accept" => ResolutionKind::Accept,
            "adjust" => ResolutionKind::Adjust { items: adjusted(self.items)? },
            "recount" => ResolutionKind::Recount { counts: counted(self.counts)? },
            "void" if note.is_none() => {
                return Err(Error::unprocessable("note_required", "Say why the sale is voided.").field("note"));
            }
            "void" => ResolutionKind::Void,
            _ => {
                let message = "A conflict is resolved by accept, adjust, recount or void.";
                return Err(Error::unprocessable("unknown_action", message).field("action"));
            }
        };
        Ok(Decision { kind, note, copy: self.copy })
    }
}

fn adjusted(items: Option<Vec<ItemBody>>) -> Result<Vec<AdjustedItem>> {
    let message = "Say what really left the shop: items.";
    let mut sums: BTreeMap<ProductId, Quantity> = BTreeMap::new();
    for (index, item) in some_rows(items, "items", "items_required", message)?.into_iter().enumerate() {
        let sum = sums.entry(item.product_id).or_default();
        *sum = *sum + quantity(&item.quantity, || format!("items[{index}].quantity"))?;
    }
    Ok(sums.into_iter().map(|(product_id, quantity)| AdjustedItem { product_id, quantity }).collect())
}

fn counted(counts: Option<Vec<CountBody>>) -> Result<Vec<CountedItem>> {
    let message = "Say what was counted: counts.";
    let mut seen: BTreeMap<ProductId, Quantity> = BTreeMap::new();
    for (index, count) in some_rows(counts, "counts", "counts_required", message)?.into_iter().enumerate() {
        let counted = quantity(&count.counted, || format!("counts[{index}].counted"))?;
        if seen.insert(count.product_id, counted).is_some() {
            let field = format!("counts[{index}].productId");
            return Err(Error::unprocessable("counted_twice", "A product is counted once.").field(field));
        }
    }
    Ok(seen.into_iter().map(|(product_id, counted)| CountedItem { product_id, counted }).collect())
}

fn some_rows<T>(rows: Option<Vec<T>>, field: &str, code: &'static str, message: &str) -> Result<Vec<T>> {
    match rows {
        Some(rows) if rows.len() > ITEMS_PER_SALE_MAX => {
            Err(Error::too_large(format!("At most {ITEMS_PER_SALE_MAX} rows.")).field(field))
        }
        Some(rows) if !rows.is_empty() => Ok(rows),
        _ => Err(Error::unprocessable(code, message).field(field)),
    }
}

fn quantity(value: &Value, field: impl Fn() -> String) -> Result<Quantity> {
    let refused = |why: String| Error::unprocessable("invalid_quantity", why).field(field());
    let quantity = Quantity::deserialize(value).map_err(|error| refused(error.to_string()))?;
    if quantity < Quantity::ZERO {
        return Err(refused("a quantity here is zero or more".into()));
    }
    Ok(quantity)
}
