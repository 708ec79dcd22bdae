//! One open stream, from what it is told to what it sends.

use super::hub::Subscription;
use crate::{auth::Caller, database::Database};
use axum::{http::HeaderMap, response::sse::Event};
use futures_util::stream::{self, Stream};
use serde_json::json;
use std::{convert::Infallible, time::Duration};
use tokio::time::Instant;

/// From one poke to the next. The first of a burst goes out at once, and the rest of it as one after this.
pub const SPACING: Duration = Duration::from_secs(1);
/// How often it is looked whether who listens still may. A device that is revoked is told of at once; a log-in that
/// ended is noticed here.
const RECHECK_EVERY: Duration = Duration::from_secs(60);

struct Open {
    db: Database,
    /// The credentials that it was opened with.
    headers: HeaderMap,
    subscription: Subscription,
    begun: bool,
    next_poke_at: Instant,
    recheck_at: Instant,
}

pub fn events(
    db: Database,
    headers: HeaderMap,
    subscription: Subscription,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let now = Instant::now();
    let open = Open { db, headers, subscription, begun: false, next_poke_at: now, recheck_at: now + RECHECK_EVERY };
    stream::unfold(open, |mut open| async move { open.next().await.map(|event| (Ok(event), open)) })
}

impl Open {
    async fn next(&mut self) -> Option<Event> {
        if !std::mem::replace(&mut self.begun, true) {
            // Passes through every buffer between here and the client, so that it knows that it is connected.
            return Some(Event::default().comment("open"));
        }
        loop {
            let waiting = self.subscription.waiting();
            if waiting.closed {
                return None;
            }
            let now = Instant::now();
            if waiting.recheck || now >= self.recheck_at {
                self.subscription.rechecked();
                self.recheck_at = now + RECHECK_EVERY;
                if !self.may_go_on().await {
                    return None;
                }
                continue;
            }
            let poke_at = (!waiting.changed.is_empty()).then_some(self.next_poke_at);
            if poke_at.is_some_and(|at| at <= now) {
                self.next_poke_at = now + SPACING;
                metrics::counter!("keeptill_pokes_total").increment(1);
                let collections = self.subscription.take_changed();
                return Some(Event::default().event("poke").data(json!({ "collections": collections }).to_string()));
            }
            let until = poke_at.map_or(self.recheck_at, |at| at.min(self.recheck_at));
            tokio::select! {
                () = self.subscription.told() => {}
                () = tokio::time::sleep_until(until) => {}
            }
        }
    }

    /// Where the database is away nobody can tell, and a hint gives nothing away.
    async fn may_go_on(&self) -> bool {
        match Caller::of(&self.db, &self.headers).await {
            Ok(_) => true,
            Err(error) => !error.status.is_client_error(),
        }
    }
}
