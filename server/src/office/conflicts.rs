//! The list of conflicts, and deciding many at once.

use super::{fields::Fields, sentence::Told, visit::Visit, words};
use crate::{
    conflicts::{self, Decision, Filter, Standing, view::ConflictHead},
    error::{Error, Result},
};
use keeptill_app::components::Tone;
use keeptill_app::office::{Choice, ConflictRow, Conflicts, Mark};
use keeptill_domain::{ClientId, ConflictReason, Resolution, ResolutionKind};
use serde::Deserialize;

const ROWS: i64 = 30;

pub async fn load(visit: &Visit, query: &Fields) -> Result<Conflicts> {
    let open = query.get("status") != "resolved";
    let reason = ConflictReason::ALL.into_iter().find(|reason| reason.as_str() == query.get("reason"));
    let filter = Filter {
        standing: Some(if open { Standing::Open } else { Standing::Resolved }),
        reason,
        device: query.get("deviceId").parse().ok(),
        cursor: query.filled("cursor"),
        limit: Some(ROWS),
    };
    let page = conflicts::list(&visit.app.db, visit.tenant(), &filter).await?;
    let (status, reason) = (if open { "open" } else { "resolved" }, reason.map_or("", ConflictReason::as_str));
    let device = query.get("deviceId");
    let next = page.cursor.as_deref().map(|cursor| {
        let query = [("status", status), ("reason", reason), ("deviceId", device), ("cursor", cursor)];
        Fields::url("/office/conflicts", &query)
    });
    Ok(Conflicts {
        summary: if open { summary(visit).await? } else { "What was decided, by whom and when.".into() },
        open,
        reason: reason.into(),
        device: device.into(),
        reasons: reasons(),
        devices: visit.device_choices().await?,
        rows: page.items.iter().map(|conflict| row(visit, &conflict.head)).collect(),
        next,
    })
}

fn reasons() -> Vec<Choice> {
    // Refunds come later; until then none can be too large.
    let known = ConflictReason::ALL.into_iter().filter(|reason| *reason != ConflictReason::OverRefund);
    let choices = known.map(|reason| words::choice(reason.as_str(), words::reason(reason)));
    [words::any("All reasons")].into_iter().chain(choices).collect()
}

async fn summary(visit: &Visit) -> Result<String> {
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let row = sqlx::query!(
        r#"select count(*) as "count!", coalesce(sum(total_minor), 0)::bigint as "minor!" from sales
        where tenant_id = $1 and sync_status = 'conflict'"#,
        visit.tenant().0
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(match row.count {
        0 => "Every sale is settled.".into(),
        count => {
            let needs = words::count(count, "sale needs", "sales need");
            format!("{needs} a decision; {} were taken for them.", visit.money(row.minor))
        }
    })
}

fn row(visit: &Visit, head: &ConflictHead) -> ConflictRow {
    let told = Told::new(visit, head);
    let receipt = head.receipt_number.clone().unwrap_or_else(|| "without a number".into());
    let arrived = format!("arrived {}", visit.clock.moment(head.synced_at));
    let details: Vec<String> =
        [Some(receipt.clone()), head.cashier_name.clone(), Some(arrived)].into_iter().flatten().collect();
    ConflictRow {
        client_id: head.client_id.to_string(),
        sentence: told.headline(),
        detail: details.join(" · "),
        receipt,
        amount: told.amount(),
        marks: marks(&told, head),
    }
}

/// The reasons while it is open; then what was decided.
pub fn marks(told: &Told<'_>, head: &ConflictHead) -> Vec<Mark> {
    if let Some(resolution) = resolution(head) {
        return vec![words::mark(Tone::Good, decided(&resolution.kind))];
    }
    told.reasons().into_iter().map(|reason| words::mark(Tone::Warn, words::reason(reason))).collect()
}

pub fn resolution(head: &ConflictHead) -> Option<Resolution> {
    Resolution::deserialize(head.resolution.as_ref()?).ok()
}

pub fn decided(kind: &ResolutionKind) -> &'static str {
    match kind {
        ResolutionKind::Accept => "Accepted",
        ResolutionKind::Adjust { .. } => "Adjusted",
        ResolutionKind::Recount { .. } => "Counted",
        ResolutionKind::Void => "Voided",
    }
}

/// Accepts every one that was ticked. One that somebody else has decided meanwhile is left as they decided.
pub async fn accept(visit: &Visit, form: &Fields) -> Result<&'static str> {
    let decision = Decision { kind: ResolutionKind::Accept, note: None, copy: None };
    let mut any = false;
    for id in form.all("id") {
        let sale: ClientId = id.parse().map_err(|_| Error::not_found())?;
        match conflicts::resolve(&visit.app.db, &visit.caller.clone().into(), sale, &decision).await {
            Ok(_) => any = true,
            Err(error) if error.code == "already_resolved" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(if any { "accepted" } else { "none" })
}
