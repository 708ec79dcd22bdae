//! The audit log.

use super::{fields::Fields, visit::Visit, words};
use crate::{
    error::Result,
    sales::cursor::{Page, TimeCursor},
};
use chrono::{DateTime, Utc};
use keeptill_app::office::Audit;
use serde_json::Value;
use uuid::Uuid;

const ROWS: i64 = 50;
/// A change is shown up to here; the whole of it stays in the database.
const CHANGE_CHARS_MAX: usize = 200;

struct Row {
    id: Uuid,
    at: DateTime<Utc>,
    who: Option<String>,
    action: String,
    before: Option<Value>,
    after: Option<Value>,
}

pub async fn load(visit: &Visit, query: &Fields) -> Result<Audit> {
    let after = query.filled("cursor").as_deref().map(TimeCursor::read).transpose()?;
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let rows = sqlx::query_as!(
        Row,
        r#"select a.id, a.at, coalesce(u.name, d.name) as who, a.action, a.before, a.after
        from audit_log a
        left join users u on u.tenant_id = a.tenant_id and u.user_id = a.user_id
        left join devices d on d.tenant_id = a.tenant_id and d.device_id = a.device_id
        where a.tenant_id = $1 and ($2::timestamptz is null or (a.at, a.id) < ($2, $3::uuid))
        order by a.at desc, a.id desc limit $4"#,
        visit.tenant().0,
        after.map(|after| after.at),
        after.map(|after| after.id),
        ROWS + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    let page = Page::of(rows, ROWS, |row| TimeCursor { at: row.at, id: row.id, copy: 0 });
    let next = page.cursor.as_deref().map(|cursor| Fields::url("/office/audit", &[("cursor", cursor)]));
    let shown = |row: &Row| {
        let who = row.who.clone().unwrap_or_else(|| "—".into());
        [visit.clock.moment(row.at), who, action(&row.action), change(row.before.as_ref(), row.after.as_ref())]
    };
    Ok(Audit { rows: page.items.iter().map(shown).collect(), next })
}

/// `product.delete` → `Product: delete`
fn action(wire: &str) -> String {
    let (noun, verb) = wire.split_once('.').unwrap_or((wire, ""));
    let verb = verb.replace('_', " ");
    words::capital(&if verb.is_empty() { noun.to_owned() } else { format!("{noun}: {verb}") })
}

/// The fields that differ: `name: Tea → Green tea`.
fn change(before: Option<&Value>, after: Option<&Value>) -> String {
    let none = serde_json::Map::new();
    let fields = |value: Option<&Value>| value.and_then(Value::as_object).unwrap_or(&none).clone();
    let (before, after) = (fields(before), fields(after));
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let mut changes: Vec<String> = Vec::new();
    for (name, value) in &after {
        match before.get(name) {
            Some(old) if old == value => {}
            Some(old) => changes.push(format!("{name}: {} → {}", text(Some(old)), text(Some(value)))),
            None if value.is_null() => {}
            None => changes.push(format!("{name}: {}", text(Some(value)))),
        }
    }
    let gone = before.iter().filter(|(name, value)| !after.contains_key(*name) && !value.is_null());
    changes.extend(gone.map(|(name, value)| format!("{name} was {}", text(Some(value)))));
    let all = changes.join(", ");
    match all.char_indices().nth(CHANGE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &all[..end]),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_names_the_fields_that_differ() {
        let (before, after) =
            (json!({ "name": "Tea", "sku": null, "price": 1 }), json!({ "name": "Green tea", "price": 1 }));
        assert_eq!(change(Some(&before), Some(&after)), "name: Tea → Green tea");
        assert_eq!(change(Some(&before), None), "name was Tea, price was 1");
        assert_eq!(action("sale.resolve"), "Sale: resolve");
    }
}
