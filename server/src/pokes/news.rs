//! How news travel between the servers of one database: PostgreSQL's NOTIFY, told in one place and heard in one.
//!
//! A change of the catalogue is told in its own transaction, at the moment that its version is drawn, so that nobody
//! can forget it. Stock is different: it moves with every sale, and PostgreSQL lets transactions that notify commit
//! only one after the other, across all tenants. So a push remembers here, once it is committed, whose stock it
//! moved, and a moment later one transaction tells for all of them. A server killed in that moment tells nothing,
//! which costs a till the time until it asks by itself.

use super::hub::Hub;
use crate::{
    database::{Database, Tx},
    error::Result,
};
use keeptill_domain::{DeviceId, StoreId, TenantId};
use keeptill_sync::{
    backoff::{Backoff, Jitter},
    wire::Collection,
};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgListener;
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::timeout};

pub const CHANNEL: &str = "keeptill";
/// For how long pushes are gathered before their stock is told.
const GATHER: Duration = Duration::from_millis(100);
/// The most told in one transaction.
const TOLD_AT_ONCE: usize = 1_000;
/// A connection that brought nothing for so long is asked whether it still lives.
const SILENT_TIME_MAX: Duration = Duration::from_secs(60);
const ANSWER_TIME_MAX: Duration = Duration::from_secs(5);

/// What a notification says, as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    pub tenant: TenantId,
    #[serde(flatten)]
    pub told: Told,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Told {
    Changed {
        collections: Vec<Collection>,
    },
    Stock {
        store: StoreId,
        by: Option<DeviceId>,
    },
    /// It was revoked, or paired again: streams with its token may have to end.
    Device {
        device: DeviceId,
    },
}

impl News {
    pub fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(crate::error::Error::internal)
    }
}

/// Tells when the transaction commits, and only then.
pub async fn tell(tx: &mut Tx, news: &News) -> Result<()> {
    sqlx::query!("select pg_notify($1, $2)", CHANNEL, news.text()?).fetch_one(&mut **tx).await?;
    Ok(())
}

/// Whose stock moved, until it is told.
#[derive(Debug, Default)]
pub struct Moved {
    waiting: Mutex<HashSet<(TenantId, StoreId, Option<DeviceId>)>>,
    wake: Notify,
}

impl Moved {
    /// For after the commit. `by` is the device that pushed; it needs no telling.
    pub fn remember(&self, tenant: TenantId, store: StoreId, by: Option<DeviceId>) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert((tenant, store, by));
        self.wake.notify_one();
    }

    async fn gathered(&self) -> Vec<News> {
        self.wake.notified().await;
        tokio::time::sleep(GATHER).await;
        let moved = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        moved.into_iter().map(|(tenant, store, by)| News { tenant, told: Told::Stock { store, by } }).collect()
    }
}

/// Tells and hears, for as long as the server runs.
pub async fn run(db: Database, hub: Hub) {
    tokio::join!(tell_moved(&db), hear(&db, &hub));
}

async fn tell_moved(db: &Database) {
    loop {
        for news in db.moved().gathered().await.chunks(TOLD_AT_ONCE) {
            if let Err(cause) = tell_all(db, news).await {
                tracing::debug!(%cause, "some devices were not poked");
            }
        }
    }
}

async fn tell_all(db: &Database, news: &[News]) -> Result<()> {
    let texts = news.iter().map(News::text).collect::<Result<Vec<_>>>()?;
    let mut tx = db.begin_anonymous().await?;
    sqlx::query!("select pg_notify($1, text) from unnest($2::text[]) as news(text)", CHANNEL, &texts)
        .fetch_all(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

async fn hear(db: &Database, hub: &Hub) {
    let mut jitter = Jitter::seeded(u64::from_le_bytes(crate::secrets::random()));
    let mut backoff = Backoff::default();
    loop {
        let Err(cause) = hear_until_lost(db, hub, &mut backoff).await;
        tracing::warn!(%cause, "does not hear of changes; devices are not poked until it does");
        let wait = backoff.next_wait(None, &mut jitter);
        tokio::time::sleep(wait.to_std().unwrap_or_default()).await;
    }
}

enum Never {}

async fn hear_until_lost(db: &Database, hub: &Hub, backoff: &mut Backoff) -> sqlx::Result<Never> {
    let mut listener = PgListener::connect_with(&db.listening_pool()).await?;
    listener.listen(CHANNEL).await?;
    backoff.reset();
    // What was told while nobody here listened is lost.
    hub.poke_everybody();
    loop {
        match timeout(SILENT_TIME_MAX, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => match serde_json::from_str::<News>(notification.payload()) {
                Ok(news) => hub.pass_on(&news),
                // A newer server's, or somebody else's.
                Err(cause) => tracing::debug!(%cause, "a notification that can't be read"),
            },
            Ok(Ok(None)) => return Err(sqlx::Error::WorkerCrashed),
            Ok(Err(cause)) => return Err(cause),
            Err(_) => {
                let asked = timeout(ANSWER_TIME_MAX, sqlx::query("select 1").execute(&mut listener)).await;
                asked.map_err(|_| sqlx::Error::PoolTimedOut)??;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn news_read_back_as_they_were_told() {
        let tenant = TenantId(Uuid::from_u128(1));
        for told in [
            Told::Changed { collections: Collection::ALL.to_vec() },
            Told::Stock { store: StoreId(Uuid::from_u128(2)), by: Some(DeviceId(Uuid::from_u128(3))) },
            Told::Device { device: DeviceId(Uuid::from_u128(3)) },
        ] {
            let news = News { tenant, told };
            assert_eq!(serde_json::from_str::<News>(&news.text().unwrap()).unwrap(), news);
        }
    }
}
