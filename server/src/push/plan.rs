//! Which events of a push are new here, and under which copy of their `clientId`.

use super::{
    read::{Event, SaleEvent},
    record::{NewSale, repeated},
};
use crate::{
    database::Tx,
    error::{Error, Result},
};
use keeptill_domain::{ClientId, TenantId};
use keeptill_sync::wire::EventResult;
use std::collections::HashMap;
use uuid::Uuid;

/// What is to be done about each event of a push.
pub enum Planned<'a> {
    Fresh {
        event: &'a SaleEvent,
        copy: i16,
    },
    /// Recorded by an earlier push.
    Stored(EventResult),
    /// The same as the fresh one of that place, earlier in this push.
    Again(usize),
    Rejected(EventResult),
}

impl<'a> Planned<'a> {
    pub fn fresh(&self) -> Option<&'a SaleEvent> {
        match self {
            Self::Fresh { event, .. } => Some(event),
            _ => None,
        }
    }
}

/// A content that is known under a `clientId`.
enum Content {
    Stored(EventResult),
    /// In this very push, as its nth fresh sale.
    Fresh(usize),
}

/// Looks each event up, here and earlier in its push.
pub async fn plan<'a>(tx: &mut Tx, tenant: TenantId, events: &[&'a Event]) -> Result<Vec<Planned<'a>>> {
    let mut known = stored(tx, tenant, events).await?;
    let mut plan = Vec::with_capacity(events.len());
    let mut fresh = 0;
    for event in events {
        let event = match event {
            Event::Rejected(result) => {
                plan.push(Planned::Rejected(result.clone()));
                continue;
            }
            Event::Sale(event) => event.as_ref(),
        };
        let copies = known.entry(event.client_id).or_default();
        plan.push(match copies.iter().find(|(hash, _)| *hash == event.content_hash) {
            Some((_, Content::Stored(result))) => Planned::Stored(result.clone()),
            Some((_, Content::Fresh(place))) => Planned::Again(*place),
            None => {
                let copy = i16::try_from(copies.len()).map_err(Error::internal)?;
                copies.push((event.content_hash, Content::Fresh(fresh)));
                fresh += 1;
                Planned::Fresh { event, copy }
            }
        });
    }
    Ok(plan)
}

type Known = HashMap<ClientId, Vec<([u8; 32], Content)>>;

/// The contents that are here already under the events' ids, in the order of their copies, which has no gap.
async fn stored(tx: &mut Tx, tenant: TenantId, events: &[&Event]) -> Result<Known> {
    let sale_id = |event: &&Event| match event {
        Event::Sale(sale) => Some(sale.client_id.0),
        Event::Rejected(_) => None,
    };
    let ids: Vec<Uuid> = events.iter().filter_map(sale_id).collect();
    let mut known = Known::new();
    if ids.is_empty() {
        return Ok(known);
    }
    let rows = sqlx::query!(
        "select client_id, content_hash, outcome from events
         where tenant_id = $1 and client_id = any($2) order by client_id, copy",
        tenant.0,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    for row in rows {
        let hash = row.content_hash.try_into().map_err(|_| Error::internal("a content hash has 32 bytes"))?;
        let content = Content::Stored(repeated(&row.outcome)?);
        known.entry(row.client_id.into()).or_default().push((hash, content));
    }
    Ok(known)
}

/// One result for each event, in order; `sales` are the fresh ones, judged.
pub fn answers(plan: Vec<Planned<'_>>, sales: &[NewSale<'_>]) -> Vec<EventResult> {
    let mut fresh = sales.iter();
    plan.into_iter()
        .filter_map(|planned| match planned {
            Planned::Rejected(result) | Planned::Stored(result) => Some(result),
            Planned::Again(place) => sales.get(place).map(|sale| EventResult { duplicate: true, ..sale.outcome() }),
            Planned::Fresh { .. } => fresh.next().map(NewSale::outcome),
        })
        .collect()
}
