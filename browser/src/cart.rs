//! The cart that is being rung up, kept so that a reload does not lose it.

use crate::{
    database::{CART, Database, DatabaseError, Durability},
    records,
};
use keeptill_domain::Cart;

pub const CURRENT: &str = "current";

pub async fn load(database: &Database) -> Result<Cart, DatabaseError> {
    let transaction = database.read(&[CART])?;
    Ok(records::read(&transaction.object_store(CART)?, CURRENT).await?.unwrap_or_default())
}

pub async fn store(database: &Database, cart: &Cart) -> Result<(), DatabaseError> {
    let write = database.write(&[CART], Durability::Relaxed)?;
    records::put(&write.store(CART)?, CURRENT, cart)?;
    write.complete().await
}
