//! Which of a device's numbers are here, and which are missing.

use crate::{database::Tx, error::Result};
use keeptill_domain::{DeviceId, TenantId};

/// The most missing numbers named at once.
pub const MISSING_MAX: usize = 1_000;
/// How many events past the last unbroken number are looked through for gaps. What lies beyond is looked at once the
/// gaps before it have closed.
const LOOK_AHEAD: i64 = 20_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// Every event up to and including this number is here.
    pub acked: i64,
    /// The first [`MISSING_MAX`] numbers below the highest that are not.
    pub missing: Vec<i64>,
}

/// Goes on in one journal from `acked`, which is known to be unbroken.
pub async fn look(tx: &mut Tx, tenant: TenantId, device: DeviceId, journal: i32, acked: i64) -> Result<Sequence> {
    let rows = sqlx::query!(
        r#"select here as "here!", next from (
               select here, lead(here) over (order by here) as next from (
                   select $3::bigint as here
                   union all
                   (select distinct device_seq from events
                    where tenant_id = $1 and device_id = $2 and journal = $6 and device_seq > $3 order by device_seq limit $4)
               ) as numbers
           ) as steps
           where next is null or next > here + 1 order by here limit $5"#,
        tenant.0,
        device.0,
        acked,
        LOOK_AHEAD,
        MISSING_MAX as i64 + 1,
        journal,
    )
    .fetch_all(&mut **tx)
    .await?;
    let gaps = rows.iter().filter_map(|row| Some(row.here + 1..row.next?));
    Ok(Sequence {
        acked: rows.first().map_or(acked, |row| row.here),
        missing: gaps.flatten().take(MISSING_MAX).collect(),
    })
}
