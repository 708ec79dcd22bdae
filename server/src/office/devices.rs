//! The list of tills, and adding one.

use super::{device::remember, fields::Fields, posted::Next, tills, visit::Visit, words};
use crate::{
    devices::{self, NewDevice},
    error::{Error, Result},
    origin::Origin,
    status::{self, DeviceStatus},
};
use keeptill_app::office::{DeviceRow, Devices};

pub async fn load(visit: &Visit) -> Result<Devices> {
    let devices = status::devices(&visit.app.db, visit.tenant()).await?;
    let (revoked, mut working): (Vec<_>, Vec<_>) = devices.into_iter().partition(|device| device.revoked_at.is_some());
    let summary = match working.len() {
        0 => "A till is a browser: on a tablet, a phone, a computer.".to_owned(),
        count => format!(
            "{}. What a till sells offline stays safe on it until it is sent.",
            words::count(count as i64, "till", "tills")
        ),
    };
    working.extend(revoked);
    Ok(Devices {
        summary,
        rows: working.iter().map(|device| row(visit, device)).collect(),
        stores: visit.store_choices(),
    })
}

fn row(visit: &Visit, device: &DeviceStatus) -> DeviceRow {
    let waiting = device.pending_count.unwrap_or(0);
    DeviceRow {
        href: format!("/office/devices/{}", device.device_id),
        name: device.name.clone(),
        store: visit.store_name(device.store_id),
        seen: device.last_seen_at.map_or_else(|| "never".into(), |seen| visit.clock.ago(seen)),
        waiting: if waiting == 0 { "—".into() } else { waiting.to_string() },
        note: tills::note(visit, device),
        mark: tills::mark(tills::standing(visit, device)),
    }
}

pub async fn add(visit: &Visit, form: &Fields, origin: Origin) -> Result<Next> {
    let named = visit.shop.stores.iter().find(|store| store.id.to_string() == form.get("store"));
    let store_id = named.map(|store| store.id).ok_or_else(Error::not_found)?;
    let device = NewDevice { name: form.get("name").into(), store_id };
    let offer = devices::create(&visit.app.db, &visit.caller, device).await?;
    remember(&offer, origin)
}
