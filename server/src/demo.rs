//! The demo shop, "Corner & Crumb": something to look at and to sell in a minute after the first start.
//!
//! Its log-in is printed and the same everywhere, so it has no place on a server with a real shop.

use crate::{
    app_state::App,
    auth::{
        ManagerCaller,
        login::{self, Me},
    },
    catalogue::{
        categories::{self, NewCategory},
        products::{self, NewProduct},
        taxes::{self, NewTax},
    },
    devices::{self, NewDevice, pairing},
    error::{Error, Result},
    page::PageQuery,
    staff::{self, NewPerson},
    stock::movements::{self, StockChange},
    stores,
    tenants::{self, NewShop},
};
use keeptill_domain::{CategoryId, DeviceId, MovementReason, Quantity, Role, StoreId, TaxId, Unit};

pub const EMAIL: &str = "manager@corner-and-crumb.example";
pub const PASSWORD: &str = "flat white";
/// Each cashier with their PIN.
pub const CASHIERS: [(&str, &str); 2] = [("Mira", "1111"), ("Jonas", "2222")];

/// One product: name, SKU, category, reduced rate or not, price in cents, what is on hand where that is counted.
type Line = (&'static str, &'static str, usize, bool, i64, Option<i32>);

const CATEGORIES: [&str; 6] = ["Coffee", "Tea", "Bakery", "Cold drinks", "Breakfast", "Beans & more"];
const PRODUCTS: [Line; 20] = [
    ("Flat white", "COF-FW", 0, false, 350, Some(48)),
    ("Espresso", "COF-ES", 0, false, 220, None),
    ("Cappuccino", "COF-CA", 0, false, 340, None),
    ("Americano", "COF-AM", 0, false, 280, None),
    ("Earl Grey", "TEA-EG", 1, false, 290, Some(112)),
    ("Sencha", "TEA-SE", 1, false, 310, Some(64)),
    ("Peppermint tea", "TEA-PM", 1, false, 270, Some(80)),
    ("Butter croissant", "BAK-BC", 2, true, 240, Some(6)),
    ("Cinnamon roll", "BAK-CR", 2, true, 320, Some(2)),
    ("Sourdough loaf", "BAK-SL", 2, true, 580, Some(9)),
    ("Pretzel", "BAK-PR", 2, true, 120, Some(30)),
    ("Carrot cake", "BAK-CC", 2, true, 420, Some(8)),
    ("Orange juice 0.3 l", "DRK-OJ", 3, false, 360, Some(18)),
    ("Sparkling water", "DRK-SW", 3, false, 200, Some(72)),
    ("Rhubarb spritzer", "DRK-RS", 3, false, 330, Some(24)),
    ("Granola bowl", "BRK-GB", 4, true, 690, Some(5)),
    ("Avocado toast", "BRK-AT", 4, true, 840, None),
    ("House blend 1 kg", "BNS-HB", 5, true, 2800, Some(14)),
    ("Decaf blend", "BNS-DB", 5, true, 3100, Some(9)),
    ("Oat milk 1 l", "BNS-OM", 5, false, 260, Some(1)),
];
/// Sold by weight; the rest by the piece.
const BY_WEIGHT: &str = "BNS-DB";

/// Makes the shop unless it is there, and a pairing code for a till that waits for its browser.
pub async fn open(app: &App) -> Result<String> {
    let me = match login::account(&app.db, EMAIL).await? {
        Some((me, _)) => me,
        None => create(app).await?,
    };
    let caller = ManagerCaller { tenant: me.tenant_id, user: me.user_id, name: me.name, role: me.role };
    offer_till(app, &caller).await
}

async fn offer_till(app: &App, caller: &ManagerCaller) -> Result<String> {
    let mut query = PageQuery::default();
    let mut number = 1;
    loop {
        let page = devices::list(&app.db, caller.tenant, &query).await?;
        if let Some(waiting) = page.items.iter().find(|till| till.paired_at.is_none() && till.revoked_at.is_none()) {
            let offer = pairing::offer_again(&app.db, caller, DeviceId(waiting.device_id)).await?;
            return Ok(offer.pairing_code);
        }
        number += page.items.len();
        match page.cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => break,
        }
    }
    let store_id = stores::first(&mut app.db.begin(caller.tenant).await?, caller.tenant).await?;
    let till = NewDevice { name: format!("Till {number}"), store_id };
    Ok(devices::create(&app.db, caller, till).await?.pairing_code)
}

async fn create(app: &App) -> Result<Me> {
    let shop = NewShop {
        name: "Corner & Crumb".into(),
        currency: "EUR".into(),
        time_zone: "Europe/Berlin".into(),
        prices_include_tax: true,
        email: EMAIL.into(),
        password: PASSWORD.into(),
        owner_name: Some("Ada".into()),
    };
    let opened = tenants::create(&app.db, shop, false).await?;
    let me = login::account(&app.db, EMAIL).await?.map(|(me, _)| me);
    let me = me.ok_or_else(|| Error::internal("the demo shop's owner is not there"))?;
    let caller = ManagerCaller { tenant: me.tenant_id, user: me.user_id, name: me.name.clone(), role: Role::Owner };
    for (name, pin) in CASHIERS {
        let pin = Some(pin.into());
        let person = NewPerson { name: name.into(), role: Role::Cashier, pin, email: None, password: None };
        staff::create(&app.db, &caller, person).await?;
    }
    fill(app, &caller, opened.store_id).await?;
    Ok(me)
}

async fn fill(app: &App, caller: &ManagerCaller, store: StoreId) -> Result<()> {
    let tax = async |name: &str, rate_ppm| -> Result<TaxId> {
        Ok(taxes::create(&app.db, caller, NewTax { name: name.into(), rate_ppm }).await?.id)
    };
    let (full, reduced) = (tax("VAT 19 %", 190_000).await?, tax("VAT 7 %", 70_000).await?);
    let mut categories: Vec<CategoryId> = Vec::new();
    for name in CATEGORIES {
        categories.push(categories::create(&app.db, caller, NewCategory { name: name.into() }).await?.id);
    }
    for (name, sku, category, is_reduced, price_minor, on_hand) in PRODUCTS {
        let product = NewProduct {
            name: name.into(),
            sku: Some(sku.into()),
            barcode: None,
            category_id: categories.get(category).copied(),
            tax_id: Some(if is_reduced { reduced } else { full }),
            price_minor,
            unit: Some(if sku == BY_WEIGHT { "kg".into() } else { Unit::each().0 }),
            track_stock: Some(on_hand.is_some()),
            image_url: None,
        };
        let product = products::create(&app.db, caller, product).await?;
        if let Some(on_hand) = on_hand {
            let received = StockChange {
                store_id: store,
                product_id: product.id,
                delta: Some(Quantity::from_units(on_hand)),
                counted: None,
                reason: MovementReason::Received,
                note: None,
            };
            movements::change_stock(&app.db, caller, received).await?;
        }
    }
    Ok(())
}
