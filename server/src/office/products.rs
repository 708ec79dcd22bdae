//! The list of products, with what is on hand.

use super::{fields::Fields, visit::Visit, words};
use crate::{
    error::Result,
    page::{self, read_cursor},
};
use keeptill_app::components::Tone;
use keeptill_app::office::{ProductRow, Products};
use keeptill_domain::Quantity;
use uuid::Uuid;

const ROWS: usize = 50;
/// At or below this many units what is on hand stands out.
pub const LOW_MILLI: i64 = 3_000;

struct Row {
    product_id: Uuid,
    name: String,
    sku: Option<String>,
    barcode: Option<String>,
    category: Option<String>,
    price_minor: i64,
    unit: String,
    track_stock: bool,
    on_hand_milli: i64,
}

pub async fn load(visit: &Visit, query: &Fields) -> Result<Products> {
    let (text, archived) = (query.get("query"), query.ticked("archived"));
    let after: Option<(String, Uuid)> = query.filled("cursor").as_deref().map(read_cursor).transpose()?;
    let (after_name, after_id) = after.unzip();
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select p.product_id, p.name, p.sku, p.barcode, c.name as "category?", p.price_minor, p.unit, p.track_stock,
            (select coalesce(sum(l.on_hand_milli), 0)::bigint from stock_levels l
                where l.tenant_id = p.tenant_id and l.product_id = p.product_id) as "on_hand_milli!"
        from products p
        left join categories c on c.tenant_id = p.tenant_id and c.category_id = p.category_id and c.deleted_at is null
        where p.tenant_id = $1 and p.deleted_at is null and p.archived = $2
            and ($3 = '' or p.name ilike $4 or lower(p.sku) = lower($3) or p.barcode = $3)
            and ($5::text is null or (lower(p.name), p.product_id) > ($5, $6::uuid))
        order by lower(p.name), p.product_id limit $7"#,
        visit.tenant().0,
        archived,
        text,
        contains(text),
        after_name,
        after_id,
        ROWS as i64 + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from products where tenant_id = $1 and deleted_at is null and not archived"#,
        visit.tenant().0
    )
    .fetch_one(&mut *tx)
    .await?;
    let page = page::of(rows, ROWS, |row| (row.name.to_lowercase(), row.product_id))?;
    let next = page.cursor.as_deref().map(|cursor| {
        let archived = if archived { "yes" } else { "" };
        Fields::url("/office/products", &[("query", text), ("archived", archived), ("cursor", cursor)])
    });
    Ok(Products {
        summary: match count {
            0 => "Nothing is for sale yet.".into(),
            count => format!("{} for sale.", words::count(count, "product", "products")),
        },
        query: text.into(),
        archived,
        rows: page.items.into_iter().map(|row| shown(visit, row, archived)).collect(),
        next,
    })
}

/// A pattern of `like` that means the text itself.
fn contains(text: &str) -> String {
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

fn shown(visit: &Visit, row: Row, archived: bool) -> ProductRow {
    let codes: Vec<String> = [row.sku, row.barcode].into_iter().flatten().collect();
    let price = visit.money(row.price_minor);
    let marks = if archived { vec![words::mark(Tone::Plain, "archived")] } else { vec![] };
    ProductRow {
        href: format!("/office/products/{}", row.product_id),
        name: row.name,
        codes: codes.join(" · "),
        category: row.category.unwrap_or_else(|| "—".into()),
        on_hand: match row.track_stock {
            true if row.unit == "each" => Quantity::from_milli(row.on_hand_milli).to_string(),
            true => format!("{} {}", Quantity::from_milli(row.on_hand_milli), row.unit),
            false => "—".into(),
        },
        price: if row.unit == "each" { price } else { format!("{price} / {}", row.unit) },
        low: row.track_stock && row.on_hand_milli <= LOW_MILLI,
        marks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_searched_for_is_no_pattern() {
        assert_eq!(contains("50%_\\"), "%50\\%\\_\\\\%");
    }
}
