//! One till: how it stands, the code that pairs it, the way to disconnect it.

use super::{clock::span, fields::Fields, log, posted::Next, tills, visit::Visit, words};
use crate::{
    devices::{
        self,
        pairing::{self, PairingOffer},
    },
    error::{Error, Result},
    origin::Origin,
    secrets::read_pairing_code,
    status::{self, DeviceStatus},
};
use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use chrono::{DateTime, TimeDelta, Utc};
use fast_qr::{QRBuilder, convert::svg::SvgBuilder};
use keeptill_app::office::{DevicePage, Fact, Pairing};
use keeptill_domain::DeviceId;
use std::net::SocketAddr;

/// Only a code's hash is stored, so the browser of the one who asked for it keeps it while it may be used: the page can
/// be read again, by nobody else.
const COOKIE_NAME: &str = "keeptill_pairing";

pub async fn load(visit: &Visit, id: DeviceId, parts: &Parts) -> Result<DevicePage> {
    let device = status::device(&visit.app.db, visit.tenant(), id).await?;
    let devices = visit.device_choices().await?;
    let standing = tills::standing(visit, &device);
    let need = tills::need(visit, &device);
    Ok(DevicePage {
        name: device.name.clone(),
        mark: tills::mark(standing),
        problem: need.map(|need| format!("{}. {}", need.title, need.detail)).unwrap_or_default(),
        pairing: remembered(visit, &device, parts),
        paired: device.paired_at.is_some(),
        revoked: device.revoked_at.is_some(),
        facts: facts(visit, &device),
        syncs: device.last_syncs.iter().map(|row| log::shown(visit, row, &devices)).collect(),
        log: Fields::url("/office/log", &[("deviceId", &device.device_id.to_string())]),
        revoke: revoke_words(&device),
    })
}

fn revoke_words(device: &DeviceStatus) -> String {
    let waiting = match device.pending_count.unwrap_or(0) {
        0 => String::new(),
        count => format!(" It last said that {} waiting to be sent.", words::count(count, "sale was", "sales were")),
    };
    format!(
        "It gets no more news and can’t be paired again; what it sells from then on waits for your decision. Sales that \
        are on it stay safe there and are still taken when it sends them.{waiting}"
    )
}

fn facts(visit: &Visit, device: &DeviceStatus) -> Vec<Fact> {
    let clock = &visit.clock;
    let never = || "never".to_owned();
    let moment =
        |at: Option<DateTime<Utc>>| at.map_or_else(never, |at| format!("{}, {}", clock.moment(at), clock.ago(at)));
    let fact = |name: &str, value: String| Fact { name: name.into(), value };
    let waiting = match (device.pending_count, device.oldest_pending_at) {
        (None, _) => "not said yet".into(),
        (Some(0), _) => "none".into(),
        (Some(count), Some(oldest)) => format!("{count}, the oldest from {}", clock.moment(oldest)),
        (Some(count), None) => count.to_string(),
    };
    let gaps = if device.missing_seqs.is_empty() { "none".into() } else { tills::gap(&device.missing_seqs) };
    let broken = match device.chain_broken {
        0 => "none".into(),
        count => format!("{count}, to be decided"),
    };
    let mut facts = vec![
        fact("Last seen", moment(device.last_seen_at)),
        fact("Last asked for news", moment(device.last_pull_at)),
        fact("Last sent", moment(device.last_push_at)),
        fact("Sales waiting on it", waiting),
        fact("Sales here without a gap", format!("up to number {}", device.acked_seq)),
        fact("Gaps", gaps),
        fact("Open conflicts", device.open_conflicts.to_string()),
        fact("Records that don’t follow the last one", broken),
        fact("Its clock", device.clock_offset_ms.map_or_else(|| "not known yet".into(), offset)),
        fact("Paired", moment(device.paired_at)),
    ];
    facts.extend(device.restarts.iter().map(|wiped| {
        let lost = tills::lost(wiped).unwrap_or_else(|| "Everything from before is here.".into());
        fact("Began again", format!("{} {lost}", words::sentence(&tills::restart(clock, wiped))))
    }));
    facts.extend(device.revoked_at.map(|at| fact("Disconnected", moment(Some(at)))));
    facts.extend(device.app_version.clone().map(|version| fact("Version", version)));
    facts
}

/// How far its clock runs ahead.
fn offset(ms: i64) -> String {
    let length = TimeDelta::milliseconds(ms.saturating_abs());
    match ms {
        _ if length < TimeDelta::seconds(2) => "right".into(),
        ms if ms > 0 => format!("{} fast", span(length)),
        _ => format!("{} slow", span(length)),
    }
}

/// What one of the page's forms asks for.
pub async fn act(visit: &Visit, id: DeviceId, form: &Fields, origin: Origin) -> Result<Next> {
    match form.get("do") {
        "code" => remember(&pairing::offer_again(&visit.app.db, &visit.caller, id).await?, origin),
        "revoke" => {
            devices::revoke(&visit.app.db, &visit.caller, id).await?;
            Ok(Next::done(format!("/office/devices/{id}"), "disconnected"))
        }
        _ => Err(Error::not_found()),
    }
}

/// On to the device's page, which will show the code.
pub fn remember(offer: &PairingOffer, origin: Origin) -> Result<Next> {
    let seconds = (offer.expires_at - Utc::now()).num_seconds().max(0);
    let secure = if origin.secure { "; Secure" } else { "" };
    let (device, code, until) = (offer.device_id, &offer.pairing_code, offer.expires_at.timestamp());
    let cookie =
        format!("{COOKIE_NAME}={device}.{code}.{until}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    Ok(Next {
        url: format!("/office/devices/{device}"),
        cookie: Some(HeaderValue::from_str(&cookie).map_err(Error::internal)?),
    })
}

/// The code as this browser keeps it, unless it is another till's, too old, or used.
fn remembered(visit: &Visit, device: &DeviceStatus, parts: &Parts) -> Option<Pairing> {
    let mut kept = cookie(&parts.headers)?.splitn(3, '.');
    let id: DeviceId = kept.next()?.parse().ok()?;
    let code = read_pairing_code(kept.next()?)?;
    let until = DateTime::from_timestamp(kept.next()?.parse().ok()?, 0)?;
    let offered = until - TimeDelta::hours(pairing::CODE_HOURS);
    let used = device.paired_at.is_some_and(|paired| paired > offered);
    if id.0 != device.device_id || until <= visit.clock.now || used || device.revoked_at.is_some() {
        return None;
    }
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    let secure = Origin::of(peer, &parts.headers).secure;
    let host = parts.headers.get(header::HOST)?.to_str().ok()?;
    let scheme = if secure { "https" } else { "http" };
    let link = format!("{scheme}://{host}/till/pair?code={code}");
    let qr = QRBuilder::new(link.as_str()).build().ok()?;
    Some(Pairing { code, qr: SvgBuilder::default().to_str(&qr), link, until: visit.clock.time(until) })
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|header| header.to_str().ok());
    all.flat_map(|header| header.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))
}
