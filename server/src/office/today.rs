//! Today: is everything in, what needs the manager, how is it going?

use super::{
    tills::{self, Standing},
    visit::Visit,
    words,
};
use crate::{
    error::Result,
    sales::{DaySummary, HourTakings, day_summary},
    status::{self, DeviceStatus},
};
use keeptill_app::components::Tone;
use keeptill_app::office::{Bar, Chart, Figure, Need, Tick, TillRow, Today};
use keeptill_domain::{ConflictReason, Quantity};

/// Stock at or below this many units is low.
const LOW_MILLI: i64 = 3_000;
/// How many of the products that are low are named.
const LOW_NAMED: usize = 2;
/// Lines across the chart.
const TICKS: i64 = 2;

pub async fn load(visit: &Visit) -> Result<Today> {
    let db = &visit.app.db;
    let day = day_summary(db, visit.tenant(), None, visit.clock.now).await?;
    let devices = status::devices(db, visit.tenant()).await?;
    let devices: Vec<DeviceStatus> = devices.into_iter().filter(|device| device.revoked_at.is_none()).collect();
    let needs = needs(visit, &day, &devices).await?;
    let figures = figures(visit, &day, &devices).await?;
    Ok(Today {
        date: visit.clock.day(),
        summary: summary(visit, &devices, needs.len()),
        needs,
        figures,
        chart: chart(visit, &day),
        tills: devices.iter().map(|device| row(visit, device)).collect(),
    })
}

fn summary(visit: &Visit, devices: &[DeviceStatus], needs: usize) -> String {
    let standings: Vec<Standing> = devices.iter().map(|device| tills::standing(visit, device)).collect();
    let paired = standings.iter().filter(|standing| **standing != Standing::Unpaired).count();
    let all_in = standings.iter().filter(|standing| **standing == Standing::AllIn).count();
    let tills = match (all_in, paired) {
        (_, 0) => "No till is paired yet.".to_owned(),
        (1, 1) => "Your till is in.".to_owned(),
        (0, 1) => "Your till is not all in.".to_owned(),
        (2, 2) => "Both tills are in.".to_owned(),
        (all_in, paired) if all_in == paired => format!("All {} tills are in.", words::number(paired as i64)),
        (0, paired) => format!("None of {} tills is all in.", words::number(paired as i64)),
        (1, paired) => format!("One of {} tills is in.", words::number(paired as i64)),
        (all_in, paired) => {
            let (all_in, paired) = (words::number(all_in as i64), words::number(paired as i64));
            format!("{} of {paired} tills are in.", words::capital(&all_in))
        }
    };
    let needs = match needs {
        0 => "Nothing needs you.".to_owned(),
        1 => "One thing needs you.".to_owned(),
        many => format!("{} things need you.", words::capital(&words::number(many as i64))),
    };
    format!("{tills} {needs}")
}

async fn needs(visit: &Visit, day: &DaySummary, devices: &[DeviceStatus]) -> Result<Vec<Need>> {
    let mut needs: Vec<Need> = devices.iter().filter_map(|device| tills::need(visit, device)).collect();
    if day.in_review_count > 0 {
        needs.push(Need {
            title: format!("{} a decision", words::count(day.in_review_count, "sale needs", "sales need")),
            detail: format!("{} · {} in review", reasons(visit).await?, visit.money(day.in_review_minor.0)),
            href: "/office/conflicts".into(),
            verb: "Decide".into(),
            first: true,
        });
    }
    if !devices.iter().any(|device| device.paired_at.is_some()) {
        let waiting = devices.iter().find(|device| device.paired_at.is_none());
        needs.push(Need {
            title: "Pair your first till".into(),
            detail: "Any tablet, phone or computer with a browser will do.".into(),
            href: waiting
                .map_or_else(|| "/office/devices".into(), |device| format!("/office/devices/{}", device.device_id)),
            verb: "Pair a till".into(),
            first: true,
        });
    }
    if !any_products(visit).await? {
        needs.push(Need {
            title: "Add your first product".into(),
            detail: "The tills have it a moment later.".into(),
            href: "/office/products/new".into(),
            verb: "Add a product".into(),
            first: false,
        });
    }
    Ok(needs)
}

/// `6 × not enough stock, 1 × unknown product`
async fn reasons(visit: &Visit) -> Result<String> {
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let rows = sqlx::query!(
        r#"select conflict_reasons[1] as "reason!", count(*) as "count!" from sales
        where tenant_id = $1 and sync_status = 'conflict' and conflict_reasons <> '{}' group by 1 order by 2 desc, 1"#,
        visit.tenant().0
    )
    .fetch_all(&mut *tx)
    .await?;
    let name = |wire: &str| {
        let reason = ConflictReason::ALL.into_iter().find(|reason| reason.as_str() == wire);
        reason.map_or_else(|| wire.to_owned(), |reason| words::reason(reason).to_lowercase())
    };
    let parts: Vec<String> = rows.iter().map(|row| format!("{} × {}", row.count, name(&row.reason))).collect();
    Ok(parts.join(", "))
}

async fn any_products(visit: &Visit) -> Result<bool> {
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let any = sqlx::query_scalar!(
        r#"select exists (select from products where tenant_id = $1 and deleted_at is null) as "any!""#,
        visit.tenant().0
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(any)
}

async fn figures(visit: &Visit, day: &DaySummary, devices: &[DeviceStatus]) -> Result<Vec<Figure>> {
    let figure = |key: &str, name: &str, value: String, (note, tone): (String, Tone), href: &str| Figure {
        key: key.into(),
        name: name.into(),
        value,
        note,
        tone,
        href: href.into(),
    };
    let average = match day.sales_count {
        0 => "none yet".to_owned(),
        count => format!("{} on average", visit.money(day.taken_minor.0 / count)),
    };
    let waiting: i64 = devices.iter().filter_map(|device| device.pending_count).sum();
    let offline = match (day.sold_offline_count, waiting) {
        (0, 0) => "nothing waits on a till".to_owned(),
        (arrived, 0) => format!("{arrived} arrived, none waiting"),
        (arrived, waiting) => format!("{arrived} arrived, {waiting} waiting"),
    };
    let (low, names) = low_stock(visit).await?;
    let low_tone = if low > 0 { Tone::Warn } else { Tone::Plain };
    Ok(vec![
        figure("takings", "Takings", visit.money(day.taken_minor.0), comparison(visit, day), "/office/sales"),
        figure("sales", "Sales", day.sales_count.to_string(), (average, Tone::Plain), "/office/sales"),
        figure(
            "offline",
            "Sold offline",
            (day.sold_offline_count + waiting).to_string(),
            (offline, Tone::Plain),
            "/office/devices",
        ),
        figure("stock", "Low stock", low.to_string(), (names, low_tone), "/office/products"),
    ])
}

/// `+12 % on last Sunday`, against the same hours of that day.
fn comparison(visit: &Visit, day: &DaySummary) -> (String, Tone) {
    let before = visit.clock.today().format("last %A").to_string();
    let (now, then) = (day.taken_minor.0, day.last_week_so_far_minor.0);
    if then <= 0 {
        return (format!("no sales {before} by now"), Tone::Plain);
    }
    let percent = (i128::from(now - then) * 100 / i128::from(then)).clamp(-999, 999);
    match percent {
        0 => (format!("the same as {before}"), Tone::Plain),
        more if more > 0 => (format!("+{more} % on {before}"), Tone::Good),
        less => (format!("−{} % on {before}", -less), Tone::Plain),
    }
}

async fn low_stock(visit: &Visit) -> Result<(i64, String)> {
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    // What never moved has no stock to be low.
    let rows = sqlx::query!(
        r#"select p.name, sum(l.on_hand_milli)::bigint as "milli!", count(*) over () as "count!"
        from stock_levels l join products p using (tenant_id, product_id)
        where l.tenant_id = $1 and l.sync_version > 0 and p.track_stock and not p.archived and p.deleted_at is null
        group by p.product_id, p.name having sum(l.on_hand_milli)::bigint <= $2 order by 2, 1 limit $3"#,
        visit.tenant().0,
        LOW_MILLI,
        LOW_NAMED as i64 + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    let count = rows.first().map_or(0, |row| row.count);
    let named = rows.iter().take(LOW_NAMED).map(|row| match row.milli {
        below if below < 0 => format!("{} ({})", row.name, Quantity::from_milli(below)),
        _ => row.name.clone(),
    });
    let mut names: Vec<String> = named.collect();
    if rows.len() > LOW_NAMED {
        names.push("…".into());
    }
    Ok((count, if names.is_empty() { "enough of everything".into() } else { names.join(", ") }))
}

fn row(visit: &Visit, device: &DeviceStatus) -> TillRow {
    TillRow {
        name: device.name.clone(),
        note: tills::note(visit, device),
        href: format!("/office/devices/{}", device.device_id),
        mark: tills::mark(tills::standing(visit, device)),
    }
}

fn chart(visit: &Visit, day: &DaySummary) -> Chart {
    let before = visit.clock.today().format("last %A").to_string();
    let hours = || day.hours.iter().chain(&day.last_week_hours).map(|takings| takings.hour);
    let now = visit.clock.hour();
    let (Some(first), Some(last)) = (hours().min(), hours().chain(day.hours.first().map(|_| now)).max()) else {
        return Chart { words: String::new(), before, ticks: vec![], bars: vec![] };
    };
    // So few hours would make bars as wide as doors.
    let (first, last) =
        if last - first < 7 { ((last - 7).clamp(0, first), (last - 7).clamp(0, first) + 7) } else { (first, last) };
    let taken = |hours: &[HourTakings], hour: i32| {
        hours.iter().find(|takings| takings.hour == hour).map_or(0, |takings| takings.taken_minor.0)
    };
    let most = day.hours.iter().chain(&day.last_week_hours).map(|takings| takings.taken_minor.0).max().unwrap_or(0);
    let scale = 10_i64.pow(visit.shop.currency.minor_digits());
    let step = step(most, scale);
    let top = step * TICKS;
    let height = |minor: i64| u32::try_from(minor.max(0).saturating_mul(950) / top).unwrap_or(0);
    let bars: Vec<Bar> = (first..=last)
        .map(|hour| {
            let (now, then) = (taken(&day.hours, hour), taken(&day.last_week_hours, hour));
            Bar {
                label: hour.to_string(),
                height: height(now),
                height_before: height(then),
                words: format!("{hour}:00 {}, {before} {}", visit.money(now), visit.money(then)),
            }
        })
        .collect();
    let spoken: Vec<&str> = bars.iter().map(|bar| bar.words.as_str()).collect();
    let ticks = (0..=TICKS).map(|tick| Tick { label: (tick * step / scale).to_string(), height: height(tick * step) });
    Chart { words: format!("Takings per hour: {}", spoken.join("; ")), before, ticks: ticks.collect(), bars }
}

/// A round distance between the chart's lines, so that they reach past the highest hour.
fn step(most: i64, scale: i64) -> i64 {
    let mut magnitude = scale;
    loop {
        for round in [1, 2, 5] {
            if most <= round * magnitude * TICKS {
                return round * magnitude;
            }
        }
        magnitude *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charts_lines_are_round_and_reach_past_the_highest_hour() {
        assert_eq!(step(0, 100), 100);
        assert_eq!(step(41_000, 100), 50_000);
        assert_eq!(step(40_000, 100), 20_000);
        assert_eq!(step(900, 1), 500);
    }
}
