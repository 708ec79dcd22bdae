//! One conflict, and deciding it.

use super::{
    conflicts::{decided, marks, resolution},
    fields::Fields,
    sentence::{Told, accept_words, tracked},
    visit::Visit,
    words,
};
use crate::{
    conflicts::{self, Decision, LineView, view::ConflictHead},
    error::{Error, Result},
};
use keeptill_app::office::{ConflictLine, ConflictPage, Decided, Decisions, UndecidedLine};
use keeptill_domain::{
    ClientId, ConflictReason, ProductId, Quantity, Resolution, ResolutionKind,
    conflict::{AdjustedItem, CountedItem},
};
use uuid::Uuid;

pub async fn load(visit: &Visit, sale: ClientId) -> Result<ConflictPage> {
    let conflict = conflicts::one(&visit.app.db, visit.tenant(), sale, None, None).await?;
    let (head, lines) = (&conflict.head, conflict.lines.as_deref().unwrap_or_default());
    let told = Told::new(visit, head);
    let resolution = resolution(head);
    let among = among(visit, head).await?;
    let short: Vec<ProductId> = told
        .conflicts
        .iter()
        .filter(|conflict| conflict.reason == ConflictReason::InsufficientStock)
        .filter_map(|conflict| conflict.product_id)
        .collect();
    Ok(ConflictPage {
        headline: told.headline(),
        marks: marks(&told, head),
        back: words::count(among.open, "open conflict", "open conflicts"),
        place: match resolution {
            None => format!("{} of {}", among.before + 1, among.open),
            Some(_) => String::new(),
        },
        next: among.next.map(|id| format!("/office/conflicts/{id}")),
        receipt: head.receipt_number.clone().unwrap_or_else(|| "without a number".into()),
        meta: told.meta(),
        lines: lines.iter().map(|line| line_words(visit, line, &short)).collect(),
        details: told.details(),
        notices: told.notices(),
        decisions: resolution.is_none().then(|| decisions(&told, head, lines)),
        decided: resolution.map(|resolution| decided_words(visit, &told, lines, resolution)),
        related: related(visit, &told, head, &short).await?,
        sale: Fields::url(&format!("/office/sales/{}", head.client_id), &[("copy", &copy(head))]),
    })
}

/// Which content under the `clientId`; nothing for the first.
fn copy(head: &ConflictHead) -> String {
    if head.copy == 0 { String::new() } else { head.copy.to_string() }
}

fn decisions(told: &Told<'_>, head: &ConflictHead, lines: &[LineView]) -> Decisions {
    let undecided = tracked(lines).into_iter().map(|(id, line)| UndecidedLine {
        product_id: id.to_string(),
        name: line.name,
        sold: line.sold.to_string(),
        on_hand: line.on_hand.to_string(),
    });
    Decisions {
        accept: accept_words(head, lines),
        void: format!("Cancel it with a reversing entry of {}. Needs a note.", told.amount()),
        lines: undecided.collect(),
    }
}

fn line_words(visit: &Visit, line: &LineView, short: &[ProductId]) -> ConflictLine {
    let none = || "—".to_owned();
    let clock = &visit.clock;
    let changed = line.current_price_minor.is_some_and(|now| now != line.offline_price_minor);
    let price_note = match (changed, line.last_changed_at) {
        (true, Some(at)) => {
            format!("changed {}; {} kept", clock.moment(at), visit.plain(line.offline_price_minor))
        }
        _ => String::new(),
    };
    let note = match line {
        LineView { current_price_minor: None, .. } => "this shop has never had it".into(),
        LineView { deleted: true, .. } => "deleted meanwhile".into(),
        LineView { archived: true, .. } => "archived".into(),
        LineView { stock_changed_at: Some(at), .. } => format!("stock last moved {}", clock.moment(*at)),
        _ => String::new(),
    };
    ConflictLine {
        name: line.name.clone().unwrap_or_else(|| "Without a name".into()),
        note,
        sold: line.quantity.to_string(),
        price_then: visit.plain(line.offline_price_minor),
        price_now: line.current_price_minor.map_or_else(none, |minor| visit.plain(minor)),
        price_note,
        stock_then: line.stock_seen.map_or_else(none, |seen| seen.to_string()),
        stock_now: line.on_hand.map_or_else(none, |on_hand| on_hand.to_string()),
        short: short.contains(&ProductId(line.product_id)),
    }
}

fn decided_words(visit: &Visit, told: &Told<'_>, lines: &[LineView], resolution: Resolution) -> Decided {
    let sold = tracked(lines);
    let details = match &resolution.kind {
        ResolutionKind::Accept => vec!["The sale stands as it was sent.".into()],
        ResolutionKind::Void => vec![format!("A reversing entry of {} was made; both sides stay.", told.amount())],
        ResolutionKind::Recount { counts } => counts
            .iter()
            .map(|count| {
                let name = told.name(count.product_id);
                format!("{name}: {} were counted; then the sale was taken from it.", count.counted)
            })
            .collect(),
        ResolutionKind::Adjust { items } => items
            .iter()
            .map(|item| {
                let receipt = sold.get(&item.product_id.0).map_or(Quantity::ZERO, |line| line.sold);
                format!(
                    "{}: {} left the shop, {receipt} are on the receipt.",
                    told.name(item.product_id),
                    item.quantity
                )
            })
            .collect(),
    };
    Decided {
        headline: format!(
            "{} by {} {}",
            decided(&resolution.kind),
            resolution.resolved_by_name,
            visit.clock.when(resolution.resolved_at)
        ),
        details,
        note: resolution.note.unwrap_or_default(),
    }
}

/// Where an open conflict stands among the open ones, the newest first as in their list.
struct Among {
    open: i64,
    before: i64,
    next: Option<Uuid>,
}

async fn among(visit: &Visit, head: &ConflictHead) -> Result<Among> {
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let row = sqlx::query!(
        r#"select count(*) as "open!",
            count(*) filter (where (received_at, client_id, copy) > ($2, $3, $4)) as "before!"
        from sales where tenant_id = $1 and sync_status = 'conflict'"#,
        visit.tenant().0,
        head.synced_at,
        head.client_id,
        head.copy
    )
    .fetch_one(&mut *tx)
    .await?;
    let next = sqlx::query_scalar!(
        "select client_id from sales
        where tenant_id = $1 and sync_status = 'conflict' and client_id <> $3
            and (received_at, client_id, copy) < ($2, $3, $4)
        order by received_at desc, client_id desc, copy desc limit 1",
        visit.tenant().0,
        head.synced_at,
        head.client_id,
        head.copy
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(Among { open: row.open, before: row.before, next })
}

/// `3 more conflicts are about Oat milk 1 l.`
async fn related(visit: &Visit, told: &Told<'_>, head: &ConflictHead, short: &[ProductId]) -> Result<String> {
    let Some(product) = short.first() else { return Ok(String::new()) };
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let others = sqlx::query_scalar!(
        r#"select count(*) as "count!" from sales
        where tenant_id = $1 and sync_status = 'conflict' and client_id <> $2
            and conflicts @> jsonb_build_array(jsonb_build_object('productId', $3::text))"#,
        visit.tenant().0,
        head.client_id,
        product.to_string()
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(match others {
        0 => String::new(),
        1 => format!("One more conflict is about {}.", told.name(*product)),
        many => format!("{many} more conflicts are about {}.", told.name(*product)),
    })
}

/// One of the four decisions, out of its form.
pub async fn decide(visit: &Visit, sale: ClientId, form: &Fields) -> Result<()> {
    let kind = match form.get("do") {
        "accept" => ResolutionKind::Accept,
        "void" => ResolutionKind::Void,
        "adjust" => ResolutionKind::Adjust {
            items: quantities(form, "quantity-")?
                .into_iter()
                .map(|(product_id, quantity)| AdjustedItem { product_id, quantity })
                .collect(),
        },
        "recount" => ResolutionKind::Recount {
            counts: quantities(form, "counted-")?
                .into_iter()
                .map(|(product_id, counted)| CountedItem { product_id, counted })
                .collect(),
        },
        _ => return Err(Error::not_found()),
    };
    let note = form.filled("note");
    if kind == ResolutionKind::Void && note.is_none() {
        return Err(Error::unprocessable("note_required", "Say why the sale is void.").field("note"));
    }
    let decision = Decision { kind, note, copy: None };
    conflicts::resolve(&visit.app.db, &visit.caller.clone().into(), sale, &decision).await?;
    Ok(())
}

fn quantities(form: &Fields, prefix: &str) -> Result<Vec<(ProductId, Quantity)>> {
    form.beginning(prefix)
        .map(|(id, typed)| {
            let product: ProductId = id.parse().map_err(|_| Error::not_found())?;
            let wrong = |why: String| Error::unprocessable("invalid_quantity", why).field(format!("{prefix}{id}"));
            let quantity: Quantity = typed.parse().map_err(|error| wrong(words::sentence(&format!("{error}"))))?;
            if quantity < Quantity::ZERO {
                return Err(wrong("Type zero or more.".into()));
            }
            Ok((product, quantity))
        })
        .collect()
}
