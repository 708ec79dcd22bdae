//! One product: its form, its stock, its movements.

use super::{categories, fields::Fields, posted::Next, products::LOW_MILLI, visit::Visit, words};
use crate::{
    catalogue::products::{self, NewProduct, ProductChange},
    error::{Error, Result},
    stock::movements::{StockChange, change_stock},
};
use keeptill_app::components::Tone;
use keeptill_app::office::{Choice, MovementRow, OnHand, ProductForm, ProductPage};
use keeptill_domain::{MovementReason, Product, ProductId, Quantity, StoreId};

const MOVEMENTS: i64 = 20;

pub async fn load_new(visit: &Visit) -> Result<ProductForm> {
    let (categories, taxes) = categories::choices(visit).await?;
    // A shop with one tax means that one.
    let tax = match taxes.as_slice() {
        [_, only] => only.value.clone(),
        _ => String::new(),
    };
    Ok(ProductForm {
        name: String::new(),
        sku: String::new(),
        barcode: String::new(),
        category: String::new(),
        tax,
        price: String::new(),
        unit: "each".into(),
        track_stock: true,
        image: String::new(),
        categories,
        taxes,
        price_hint: price_hint(visit),
    })
}

pub async fn load(visit: &Visit, id: ProductId) -> Result<ProductPage> {
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let product = products::find(&mut tx, visit.tenant(), id).await?;
    drop(tx);
    let (categories, taxes) = categories::choices(visit).await?;
    let marks = if product.archived { vec![words::mark(Tone::Plain, "archived")] } else { vec![] };
    let on_hand = if product.track_stock { on_hand(visit, &product).await? } else { vec![] };
    Ok(ProductPage {
        name: product.name.clone(),
        marks,
        on_hand,
        stores: visit.store_choices(),
        reasons: reasons(),
        movements: movements(visit, id).await?,
        delete:
            "The tills stop offering it. Receipts keep its name; a sale of it that is still on its way stands, and \
            brings it back as archived."
                .into(),
        form: ProductForm {
            name: product.name,
            sku: product.sku.unwrap_or_default(),
            barcode: product.barcode.unwrap_or_default(),
            category: product.category_id.map(|id| id.to_string()).unwrap_or_default(),
            tax: product.tax_id.map(|id| id.to_string()).unwrap_or_default(),
            price: visit.plain(product.price_minor.0),
            unit: product.unit.0,
            track_stock: product.track_stock,
            image: product.image_url.unwrap_or_default(),
            categories,
            taxes,
            price_hint: price_hint(visit),
        },
    })
}

fn price_hint(visit: &Visit) -> String {
    let tax = if visit.shop.prices_include_tax { "tax included" } else { "without tax" };
    format!("In {}, {tax}", visit.shop.currency)
}

async fn on_hand(visit: &Visit, product: &Product) -> Result<Vec<OnHand>> {
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let rows = sqlx::query!(
        r#"select s.store_id, coalesce(l.on_hand_milli, 0) as "milli!" from stores s
        left join stock_levels l on l.tenant_id = s.tenant_id and l.store_id = s.store_id and l.product_id = $2
        where s.tenant_id = $1 order by s.created_at, s.store_id"#,
        visit.tenant().0,
        product.id.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let unit = if product.unit.is_each() { String::new() } else { format!(" {}", product.unit.0) };
    Ok(rows
        .into_iter()
        .map(|row| OnHand {
            store: visit.store_name(row.store_id),
            quantity: format!("{}{unit}", Quantity::from_milli(row.milli)),
            low: row.milli <= LOW_MILLI,
        })
        .collect())
}

fn reasons() -> Vec<Choice> {
    let by_hand = MovementReason::ALL.into_iter().filter(|reason| reason.by_hand());
    by_hand.map(|reason| words::choice(reason.as_str(), movement(reason.as_str()))).collect()
}

fn movement(reason: &str) -> &'static str {
    match reason {
        "received" => "Received",
        "damaged" => "Damaged or spoiled",
        "correction" => "Correction",
        "returned" => "Returned by a customer",
        "transferred" => "Moved to or from elsewhere",
        "count" => "Counted",
        "sale" => "Sold",
        "void" => "Sale voided",
        _ => "Moved",
    }
}

async fn movements(visit: &Visit, product: ProductId) -> Result<Vec<MovementRow>> {
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let rows = sqlx::query!(
        r#"select m.moved_at, m.reason, m.delta_milli, m.note, m.client_id, m.copy, u.name as "user?",
            d.name as "device?", s.receipt_number as "receipt?"
        from stock_movements m
        left join users u on u.tenant_id = m.tenant_id and u.user_id = m.user_id
        left join sales s on s.tenant_id = m.tenant_id and s.client_id = m.client_id and s.copy = m.copy
        left join devices d on d.tenant_id = s.tenant_id and d.device_id = s.device_id
        where m.tenant_id = $1 and m.product_id = $2 order by m.moved_at desc, m.movement_id desc limit $3"#,
        visit.tenant().0,
        product.0,
        MOVEMENTS
    )
    .fetch_all(&mut *tx)
    .await?;
    let delta = |milli: i64| {
        let plus = if milli > 0 { "+" } else { "" };
        format!("{plus}{}", Quantity::from_milli(milli))
    };
    Ok(rows
        .into_iter()
        .map(|row| MovementRow {
            at: visit.clock.moment(row.moved_at),
            what: movement(&row.reason).into(),
            href: row.client_id.map(|id| format!("/office/sales/{id}")).unwrap_or_default(),
            who: row.user.or(row.device).unwrap_or_else(|| "—".into()),
            note: row.receipt.into_iter().chain(row.note).collect::<Vec<_>>().join(" · "),
            delta: delta(row.delta_milli),
        })
        .collect())
}

pub async fn add(visit: &Visit, form: &Fields) -> Result<Next> {
    let product = NewProduct {
        name: form.get("name").into(),
        sku: form.filled("sku"),
        barcode: form.filled("barcode"),
        category_id: form.get("category").parse().ok(),
        tax_id: form.get("tax").parse().ok(),
        price_minor: price(visit, form)?,
        unit: form.filled("unit"),
        track_stock: Some(form.ticked("trackStock")),
        image_url: form.filled("image"),
    };
    let product = products::create(&visit.app.db, &visit.caller, product).await?;
    Ok(Next::done(format!("/office/products/{}", product.id), "added"))
}

pub async fn act(visit: &Visit, id: ProductId, form: &Fields) -> Result<Next> {
    let (db, caller) = (&visit.app.db, &visit.caller);
    let here = format!("/office/products/{id}");
    match form.get("do") {
        "save" => {
            let change = ProductChange {
                name: Some(form.get("name").into()),
                sku: Some(form.filled("sku")),
                barcode: Some(form.filled("barcode")),
                category_id: Some(form.get("category").parse().ok()),
                tax_id: Some(form.get("tax").parse().ok()),
                price_minor: Some(price(visit, form)?),
                unit: form.filled("unit"),
                track_stock: Some(form.ticked("trackStock")),
                image_url: Some(form.filled("image")),
            };
            products::change(db, caller, id, change).await?;
            Ok(Next::done(here, "saved"))
        }
        "delete" => {
            products::remove(db, caller, id).await?;
            Ok(Next::done("/office/products", "deleted"))
        }
        "count" => {
            let counted = StockChange {
                store_id: store(visit, form)?,
                product_id: id,
                delta: None,
                counted: Some(quantity(form, "counted")?),
                reason: MovementReason::Count,
                note: None,
            };
            change_stock(db, caller, counted).await?;
            Ok(Next::done(here, "counted"))
        }
        "move" => {
            let movement = StockChange {
                store_id: store(visit, form)?,
                product_id: id,
                delta: Some(quantity(form, "delta")?),
                counted: None,
                reason: reason(form)?,
                note: form.filled("note"),
            };
            change_stock(db, caller, movement).await?;
            Ok(Next::done(here, "moved"))
        }
        _ => Err(Error::not_found()),
    }
}

fn price(visit: &Visit, form: &Fields) -> Result<i64> {
    let price = visit.shop.currency.parse_amount(form.get("price"));
    price
        .map(|price| price.0)
        .ok_or_else(|| Error::unprocessable("invalid_price", "A price is a number such as 3 or 3.50.").field("price"))
}

fn store(visit: &Visit, form: &Fields) -> Result<StoreId> {
    let named = visit.shop.stores.iter().find(|store| store.id.to_string() == form.get("store"));
    named.map(|store| store.id).ok_or_else(Error::not_found)
}

fn reason(form: &Fields) -> Result<MovementReason> {
    let named = MovementReason::ALL.into_iter().find(|reason| reason.as_str() == form.get("reason"));
    named.ok_or_else(|| Error::unprocessable("wrong_reason", "Choose a reason.").field("reason"))
}

fn quantity(form: &Fields, name: &str) -> Result<Quantity> {
    form.get(name).parse().map_err(|error: keeptill_domain::quantity::NotAQuantity| {
        Error::unprocessable("invalid_quantity", words::sentence(&error.to_string())).field(name)
    })
}
