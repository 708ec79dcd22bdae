//! The audit log.

use super::{fields::Fields, visit::Visit, words};
use crate::{
    error::Result,
    sales::cursor::{Page, TimeCursor},
};
use chrono::{DateTime, Utc};
use keeptill_app::office::Audit;
use keeptill_domain::Ppm;
use serde_json::{Map, Value};
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
        [
            visit.clock.moment(row.at),
            who,
            action(&row.action),
            change(|minor| visit.money(minor), row.before.as_ref(), row.after.as_ref()),
        ]
    };
    Ok(Audit { rows: page.items.iter().map(shown).collect(), next })
}

/// `product.delete` → `Product deleted`
fn action(wire: &str) -> String {
    let (noun, verb) = wire.split_once('.').unwrap_or((wire, ""));
    let noun = match noun {
        "device" => "till",
        "staff" => "person",
        "sale" => "conflict",
        "sales" => "sales of another till",
        other => other,
    };
    let verb = match verb {
        "create" => "added",
        "update" => "changed",
        "delete" | "remove" => "deleted",
        "revoke" => "disconnected",
        "pair" => "paired",
        "offer_code" => "given a pairing code",
        "open" => "opened",
        "resolve" => "decided",
        "hand_in" => "handed in",
        other => other,
    };
    words::capital(format!("{noun} {}", verb.replace('_', " ")).trim_end())
}

/// The fields that differ: `name: Tea → Green tea`. Ids say nothing to a person, nor does what never held anything.
fn change(money: impl Fn(i64) -> String, before: Option<&Value>, after: Option<&Value>) -> String {
    let none = Map::new();
    let fields = |value: Option<&'_ Value>| value.and_then(Value::as_object).unwrap_or(&none).clone();
    let (before, after) = (fields(before), fields(after));
    let text = |name: &str, value: &Value| match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(minor) if name.ends_with("Minor") => money(minor.as_i64().unwrap_or(0)),
        Value::Number(ppm) if name.ends_with("Ppm") => {
            Ppm(u32::try_from(ppm.as_u64().unwrap_or(0)).unwrap_or(0)).percent()
        }
        other => other.to_string(),
    };
    let told = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => Uuid::parse_str(text).is_err(),
        Value::Array(_) | Value::Object(_) => false,
        _ => true,
    };
    let mut changes: Vec<String> = Vec::new();
    for (name, value) in &after {
        match before.get(name) {
            Some(old) if old == value => {}
            Some(old) if told(old) || told(value) => {
                changes.push(format!("{}: {} → {}", spoken(name), text(name, old), text(name, value)));
            }
            None if told(value) => changes.push(format!("{}: {}", spoken(name), text(name, value))),
            _ => {}
        }
    }
    if after.is_empty() {
        changes.extend(before.get("name").map(|name| text("name", name)));
    }
    let all = changes.join(", ");
    match all.char_indices().nth(CHANGE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &all[..end]),
        None => all,
    }
}

/// `trackStock` → `track stock`, `priceMinor` → `price`
fn spoken(name: &str) -> String {
    let mut spoken = String::new();
    for letter in name.trim_end_matches("Minor").trim_end_matches("Ppm").chars() {
        if letter.is_uppercase() {
            spoken.push(' ');
        }
        spoken.extend(letter.to_lowercase());
    }
    spoken
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_names_the_fields_that_differ() {
        let money = |minor: i64| format!("{minor} c");
        let before = json!({ "name": "Tea", "sku": null, "priceMinor": 1, "taxId": Uuid::nil() });
        let after = json!({ "name": "Green tea", "priceMinor": 2, "trackStock": true, "taxId": Uuid::max() });
        assert_eq!(
            change(money, Some(&before), Some(&after)),
            "name: Tea → Green tea, price: 1 c → 2 c, track stock: yes"
        );
        assert_eq!(change(money, Some(&before), None), "Tea");
        assert_eq!(action("device.offer_code"), "Till given a pairing code");
    }
}
