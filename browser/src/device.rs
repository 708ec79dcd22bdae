//! Who this browser is: the identity and the token that a pairing code was exchanged for.

use crate::{
    catalogue,
    database::{Database, DatabaseError, Durability, JOURNAL, META, WAITING},
    journal, records,
};
use keeptill_domain::{DeviceId, DeviceSeq};
use keeptill_sync::{
    failure::plain,
    till::{DeviceIdentity, TillError},
    wire::PairResponse,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

const IDENTITY: &str = "identity";
/// Who this browser was before it was unpaired: it says whose the sales are that still wait here.
const FORMER: &str = "former identity";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paired {
    pub identity: DeviceIdentity,
    pub token: String,
}

/// Where a device's chain and its receipts stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tail {
    pub seq: DeviceSeq,
    /// Empty before the first entry.
    pub hash: String,
    /// The number on the last receipt.
    pub receipts: i64,
}

/// The name of a device's tail among the records: a browser that is paired anew begins another chain.
pub fn tail_key(identity: &DeviceIdentity) -> String {
    format!("tail {}", identity.device_id)
}

/// The name of the token of a device that this browser is, or was. A former one is kept: its unsent entries go out in
/// its name.
fn token_key(device: DeviceId) -> String {
    format!("token {device}")
}

/// The token of a device that this browser is, or was.
pub async fn token_of(database: &Database, device: DeviceId) -> Result<Option<String>, DatabaseError> {
    let transaction = database.read(&[META])?;
    records::read(&transaction.object_store(META)?, &token_key(device)).await
}

pub async fn load(database: &Database) -> Result<Option<Paired>, DatabaseError> {
    let transaction = database.read(&[META])?;
    read(&transaction.object_store(META)?).await
}

pub async fn read(meta: &idb::ObjectStore) -> Result<Option<Paired>, DatabaseError> {
    records::read(meta, IDENTITY).await
}

/// Who this browser is or, unpaired, was last.
pub async fn load_latest(database: &Database) -> Result<Option<Paired>, DatabaseError> {
    let transaction = database.read(&[META])?;
    latest(&transaction.object_store(META)?).await
}

async fn latest(meta: &idb::ObjectStore) -> Result<Option<Paired>, DatabaseError> {
    match read(meta).await? {
        Some(paired) => Ok(Some(paired)),
        None => records::read(meta, FORMER).await,
    }
}

/// Makes this browser no device any more. Its journal and its token stay: what waits goes out under that token once the
/// browser belongs to the same shop again.
pub async fn forget(database: &Database) -> Result<(), DatabaseError> {
    let write = database.write(&[META], Durability::Strict)?;
    let meta = write.store(META)?;
    if let Some(paired) = read(&meta).await? {
        records::put(&meta, FORMER, &paired)?;
        meta.delete(JsValue::from_str(IDENTITY))?;
    }
    write.complete().await
}

/// Makes this browser the device that `answer` names.
///
/// # Errors
/// [`TillError::Refused`] when sales of another shop wait here: they must not reach this one.
pub async fn store(database: &Database, answer: PairResponse) -> Result<Paired, TillError> {
    let paired = Paired {
        identity: DeviceIdentity {
            device_id: answer.device_id,
            tenant_id: answer.tenant_id,
            store_id: answer.store_id,
            device_name: answer.device_name,
            receipt_prefix: answer.receipt_prefix,
        },
        token: answer.device_token,
    };
    let stores = [&[META, JOURNAL], &catalogue::STORES[..]].concat();
    let write = database.write(&stores, Durability::Strict).map_err(not_stored)?;
    let meta = write.store(META).map_err(not_stored)?;
    let before = latest(&meta).await.map_err(not_stored)?.map(|paired: Paired| paired.identity);
    let other_shop = before.as_ref().is_some_and(|before| before.tenant_id != paired.identity.tenant_id);
    if other_shop && waiting(&write).await.map_err(not_stored)? > 0 {
        return Err(TillError::Refused(plain(
            "other_shop",
            "Sales of another shop are still waiting on this till. Send them, or save them to a file, first.",
        )));
    }
    let same_place = before.is_some_and(|before| before.store_id == paired.identity.store_id);
    if !same_place {
        catalogue::clear(&write).map_err(not_stored)?;
    }
    journal::begin_in(&write, answer.epoch).await.map_err(not_stored)?;
    records::put(&meta, IDENTITY, &paired).map_err(not_stored)?;
    records::put(&meta, &token_key(paired.identity.device_id), &paired.token).map_err(not_stored)?;
    write.complete().await.map_err(not_stored)?;
    Ok(paired)
}

async fn waiting(write: &crate::database::Write) -> Result<u32, DatabaseError> {
    Ok(write.store(JOURNAL)?.index(WAITING)?.count(None)?.await?)
}

pub fn not_stored(error: DatabaseError) -> TillError {
    match error {
        DatabaseError::Full => TillError::StorageFull,
        DatabaseError::Closed => TillError::NotStored(error.to_string()),
        DatabaseError::Failed(reason) => TillError::NotStored(reason),
    }
}
