//! Forgetting, in time: tombstones, lines of the sync log, log-ins and codes that can't be used any more.
//!
//! Every server on the database may run this; in each batch one of them has an advisory lock and the others leave it
//! to that one. A batch is short, so that nobody waits for it.

use crate::{config::Config, database::Database, error::Result};
use chrono::{DateTime, TimeDelta, Utc};
use keeptill_sync::backoff::Jitter;
use std::{fmt, time::Duration};

/// Rows removed in one transaction.
pub const BATCH_ROWS: i64 = 1_000;
/// Between two runs lies a day, give or take a tenth, so that many servers do not all begin at the same moment.
const EVERY: Duration = Duration::from_secs(24 * 3_600);
/// Failed log-ins count for minutes; whoever looks into one has a day.
const LOGIN_FAILURES_KEPT: TimeDelta = TimeDelta::days(1);

/// How long what is kept. See the settings of these names.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    pub tombstones: TimeDelta,
    pub log: TimeDelta,
}

impl Retention {
    pub fn of(config: &Config) -> Self {
        let days = |days: u32| TimeDelta::days(i64::from(days));
        Self { tombstones: days(config.tombstone_days), log: days(config.log_days) }
    }
}

/// What can be forgotten, in an order in which one makes way for the next: a category goes after its products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Products,
    Categories,
    Taxes,
    SyncLog,
    Sessions,
    LoginFailures,
    PairingCodes,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Products,
        Self::Categories,
        Self::Taxes,
        Self::SyncLog,
        Self::Sessions,
        Self::LoginFailures,
        Self::PairingCodes,
    ];

    fn table(self) -> &'static str {
        match self {
            Self::Products => "products",
            Self::Categories => "categories",
            Self::Taxes => "taxes",
            Self::SyncLog => "sync_log",
            Self::Sessions => "sessions",
            Self::LoginFailures => "login_failures",
            Self::PairingCodes => "pairing_codes",
        }
    }

    fn leaves_tombstones(self) -> bool {
        matches!(self, Self::Products | Self::Categories | Self::Taxes)
    }

    /// Rows from before this may go.
    fn older_than(self, retention: Retention, now: DateTime<Utc>) -> DateTime<Utc> {
        let kept = match self {
            Self::Products | Self::Categories | Self::Taxes => retention.tombstones,
            Self::SyncLog => retention.log,
            Self::LoginFailures => LOGIN_FAILURES_KEPT,
            // These say themselves when they end.
            Self::Sessions | Self::PairingCodes => TimeDelta::zero(),
        };
        now.checked_sub_signed(kept).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// How many rows of each table went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten(Vec<(&'static str, i64)>);

impl Forgotten {
    pub fn of(&self, table: &str) -> i64 {
        self.0.iter().find(|(name, _)| *name == table).map_or(0, |(_, count)| *count)
    }
}

impl fmt::Display for Forgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (table, count)) in self.0.iter().enumerate() {
            write!(f, "{}{count} of {table}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// Forgets at once and then every day, for as long as the server runs.
pub async fn run(db: Database, retention: Retention) {
    let mut jitter = Jitter::seeded(u64::from_le_bytes(crate::secrets::random()));
    loop {
        match forget(&db, retention, Utc::now()).await {
            Ok(Some(forgotten)) if forgotten != Forgotten::default() => tracing::info!(%forgotten, "forgot old rows"),
            Ok(Some(_)) => tracing::debug!("there was nothing to forget"),
            Ok(None) => tracing::debug!("another server is forgetting"),
            Err(cause) => tracing::warn!(%cause, "could not forget old rows; will try again in a day"),
        }
        let spread = EVERY.as_secs() / 10;
        tokio::time::sleep(EVERY - Duration::from_secs(spread) + Duration::from_secs(jitter.up_to(2 * spread))).await;
    }
}

/// Forgets everything that was old at `now`. `None` where another server is at it.
pub async fn forget(db: &Database, retention: Retention, now: DateTime<Utc>) -> Result<Option<Forgotten>> {
    let mut forgotten = Vec::new();
    for kind in Kind::ALL {
        let mut count = 0;
        loop {
            let Some(gone) = batch(db, kind, kind.older_than(retention, now)).await? else { return Ok(None) };
            count += gone;
            if gone < BATCH_ROWS {
                break;
            }
        }
        if count > 0 {
            forgotten.push((kind.table(), count));
        }
    }
    Ok(Some(Forgotten(forgotten)))
}

async fn batch(db: &Database, kind: Kind, older_than: DateTime<Utc>) -> Result<Option<i64>> {
    let mut tx = db.begin_anonymous().await?;
    let ours = sqlx::query_scalar!(
        r#"select pg_try_advisory_xact_lock(hashtextextended('keeptill retention', 0)) as "ours!""#
    )
    .fetch_one(&mut *tx)
    .await?;
    if !ours {
        return Ok(None);
    }
    let gone = if kind.leaves_tombstones() {
        sqlx::query_scalar!(r#"select forget_tombstones($1, $2, $3) as "gone!""#, kind.table(), older_than, BATCH_ROWS)
            .fetch_one(&mut *tx)
            .await?
    } else {
        sqlx::query_scalar!(r#"select forget_rows($1, $2, $3) as "gone!""#, kind.table(), older_than, BATCH_ROWS)
            .fetch_one(&mut *tx)
            .await?
    };
    tx.commit().await?;
    Ok(Some(gone))
}
