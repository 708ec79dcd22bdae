//! What stands here, read and locked for the judging of a batch.

use super::{
    chain::Chain,
    judge::{Bench, Clock, Product, Shop},
    read::SaleEvent,
    sender::Origin,
};
use crate::{
    database::Tx,
    error::{Error, Result},
    stock::ledger,
};
use keeptill_domain::{Money, ProductId, TenantId};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Reads what the fresh sales are judged against, and locks the stock of what they sell.
pub async fn bench(
    tx: &mut Tx,
    tenant: TenantId,
    origin: &Origin,
    clock: Clock,
    fresh: &[&SaleEvent],
) -> Result<Bench> {
    let shop = sqlx::query!("select currency, prices_include_tax from tenants where tenant_id = $1", tenant.0)
        .fetch_one(&mut **tx)
        .await?;
    let lines = fresh.iter().flat_map(|event| &event.sale.items);
    let sold: HashSet<Uuid> = lines.map(|line| line.product_id.0).collect();
    let rows = sqlx::query!(
        r#"select product_id, price_minor, track_stock, deleted_at is not null as "deleted!"
           from products where tenant_id = $1 and product_id = any($2)"#,
        tenant.0,
        &sold.into_iter().collect::<Vec<_>>(),
    )
    .fetch_all(&mut **tx)
    .await?;
    let products: HashMap<ProductId, Product> = rows
        .into_iter()
        .map(|row| {
            let price = Money(row.price_minor);
            (row.product_id.into(), Product { price, track_stock: row.track_stock, deleted: row.deleted })
        })
        .collect();
    let cashiers: HashSet<Uuid> = fresh.iter().filter_map(|event| Some(event.sale.cashier_id?.0)).collect();
    let revoked_staff = sqlx::query_scalar!(
        "select user_id from users where tenant_id = $1 and user_id = any($2) and deleted_at is not null",
        tenant.0,
        &cashiers.into_iter().collect::<Vec<_>>(),
    )
    .fetch_all(&mut **tx)
    .await?;
    let chain = match &origin.device {
        Some(device) => Chain::load(tx, tenant, device, fresh).await?,
        None => Chain::of_no_device(),
    };
    let tracked: Vec<ProductId> =
        products.iter().filter(|(_, product)| product.track_stock).map(|(id, _)| *id).collect();
    Ok(Bench {
        shop: Shop {
            currency: shop.currency.parse().map_err(Error::internal)?,
            prices_include_tax: shop.prices_include_tax,
        },
        on_hand: ledger::lock_levels(tx, tenant, origin.store, &tracked).await?,
        products,
        revoked_staff: revoked_staff.into_iter().map(Into::into).collect(),
        device_revoked: origin.device.is_some_and(|device| device.revoked),
        chain,
        clock,
    })
}
