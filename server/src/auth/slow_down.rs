//! Failed log-ins slow down the account and the address they came for; good ones are not counted.
//!
//! The failures stand in the database, so that every copy of the server counts the same ones.

use crate::{
    database::{Database, Tx},
    error::{Error, Result},
    secrets,
};
use std::net::IpAddr;

/// How far back failures count.
const WINDOW_SECONDS: i32 = 15 * 60;
/// Failures in the window, after which the next attempt must wait.
pub const ACCOUNT_FAILURES_MAX: i64 = 5;
pub const ADDRESS_FAILURES_MAX: i64 = 30;
/// The wait doubles with each failure past the limit, from this…
const WAIT_SECONDS_MIN: i64 = 15;
/// … to this.
const WAIT_SECONDS_MAX: i64 = 15 * 60;

/// What failures are counted for.
#[derive(Clone, Debug)]
pub enum Subject {
    Account(String),
    Address(IpAddr),
    /// Pairing codes are guessed by address alone: a code names no account.
    Pairing(IpAddr),
}

impl Subject {
    fn key(&self) -> String {
        match self {
            // Hashed: what was typed may be longer than an index row, or a password in the wrong field.
            Self::Account(email) => secrets::hash(&email.to_lowercase())
                .iter()
                .fold("account ".into(), |key, byte| format!("{key}{byte:02x}")),
            Self::Address(address) => format!("address {}", network(*address)),
            Self::Pairing(address) => format!("pairing {}", network(*address)),
        }
    }

    fn failures_max(&self) -> i64 {
        match self {
            Self::Account(_) => ACCOUNT_FAILURES_MAX,
            Self::Address(_) | Self::Pairing(_) => ADDRESS_FAILURES_MAX,
        }
    }
}

/// One household has one IPv4 address, or a whole /64 of IPv6.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Refuses the attempt while one of the subjects must wait.
///
/// # Errors
/// 429 with `Retry-After`.
pub async fn check(db: &Database, subjects: &[Subject]) -> Result<()> {
    let mut tx = db.begin_anonymous().await?;
    for subject in subjects {
        let row = sqlx::query!(
            r#"select count(*) as "failures!",
                coalesce(extract(epoch from clock_timestamp() - max(failed_at)), 0)::bigint as "seconds_since!"
            from login_failures where subject = $1 and failed_at > clock_timestamp() - make_interval(secs => $2)"#,
            subject.key(),
            f64::from(WINDOW_SECONDS)
        )
        .fetch_one(&mut *tx)
        .await?;
        let wait = wait_seconds(row.failures, subject.failures_max()) - row.seconds_since;
        if wait > 0 {
            return Err(Error::too_many("Too many attempts; wait a little and try again.", wait as u32));
        }
    }
    Ok(())
}

/// Counts a failure, and forgets those that no longer matter.
pub async fn count(db: &Database, subjects: &[Subject]) -> Result<()> {
    let mut tx: Tx = db.begin_anonymous().await?;
    let keys: Vec<String> = subjects.iter().map(Subject::key).collect();
    sqlx::query!("insert into login_failures (subject) select unnest($1::text[])", &keys).execute(&mut *tx).await?;
    sqlx::query!(
        "delete from login_failures where failed_at < clock_timestamp() - make_interval(secs => $1)",
        f64::from(WINDOW_SECONDS)
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

fn wait_seconds(failures: i64, failures_max: i64) -> i64 {
    match failures - failures_max {
        under if under < 0 => 0,
        over => (WAIT_SECONDS_MIN << over.min(10)).min(WAIT_SECONDS_MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_begins_at_the_limit_and_doubles_to_its_end() {
        let waits: Vec<i64> = [4, 5, 6, 7, 10, 11, 1000].map(|failures| wait_seconds(failures, 5)).into();
        assert_eq!(waits, [0, 15, 30, 60, 480, 900, 900]);
    }

    #[test]
    fn addresses_of_one_network_count_together() {
        let near: IpAddr = "2001:db8:1:2::1".parse().unwrap();
        let far: IpAddr = "2001:db8:1:2:ffff::9".parse().unwrap();
        assert_eq!(network(near), network(far));
        assert_eq!(network("::ffff:192.0.2.7".parse().unwrap()), "192.0.2.7");
    }
}
