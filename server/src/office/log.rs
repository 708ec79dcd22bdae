//! The sync log.

use super::{fields::Fields, visit::Visit, words};
use crate::{
    error::Result,
    log::{self, SyncLog},
};
use keeptill_app::components::Tone;
use keeptill_app::office::{Choice, Log, LogRow};

const ROWS: i64 = 50;

pub async fn load(visit: &Visit, query: &Fields) -> Result<Log> {
    let device = query.get("deviceId");
    let cursor = query.filled("cursor");
    let page = log::list(&visit.app.db, visit.tenant(), device.parse().ok(), cursor.as_deref(), Some(ROWS)).await?;
    let devices = visit.device_choices().await?;
    let next = page.cursor.as_deref();
    Ok(Log {
        device: device.into(),
        rows: page.items.iter().map(|row| shown(visit, row, &devices)).collect(),
        devices,
        next: next.map(|cursor| Fields::url("/office/log", &[("deviceId", device), ("cursor", cursor)])),
    })
}

pub fn shown(visit: &Visit, row: &SyncLog, devices: &[Choice]) -> LogRow {
    let device = row.device_id.map(|id| id.to_string());
    let name =
        device.and_then(|id| devices.iter().find(|choice| choice.value == id)).map(|choice| choice.label.clone());
    let what = match row.sync_type.as_str() {
        "push" => format!("sent {}", words::count(row.items_synced.into(), "sale", "sales")),
        _ => format!("asked for news, got {}", words::count(row.items_synced.into(), "change", "changes")),
    };
    let what = match row.conflicts {
        0 => what,
        many => format!("{what}, {}", words::count(many.into(), "conflict", "conflicts")),
    };
    let errors = row.errors.as_array().map(Vec::as_slice).unwrap_or_default();
    let message = |error: &serde_json::Value| {
        let text = error.get("message").or_else(|| error.get("code")).or(Some(error));
        text.and_then(|text| text.as_str()).map(str::to_owned)
    };
    let mut errors: Vec<String> = errors.iter().filter_map(message).collect();
    errors.dedup();
    let (tone, outcome) = match row.status.as_str() {
        "success" => (Tone::Good, "done"),
        "partial" => (Tone::Warn, "partly done"),
        _ => (Tone::Bad, "failed"),
    };
    LogRow {
        at: visit.clock.moment(row.at),
        device: name.unwrap_or_else(|| "Office".into()),
        what,
        errors: errors.join("; "),
        mark: words::mark(tone, outcome),
    }
}
