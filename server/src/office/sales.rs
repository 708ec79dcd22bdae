//! The sales, and one of them.

use super::{fields::Fields, sentence::notice_words, visit::Visit, words};
use crate::{
    error::Result,
    sales::{self, Filter, SaleView, view::ItemView},
};
use chrono::{Days, NaiveDate};
use keeptill_app::components::Tone;
use keeptill_app::office::{Mark, SaleLine, SalePage, SaleRow, Sales, TenderLine};
use keeptill_domain::{ClientId, Currency, Money, Notice, Ppm, TenderType};
use serde::Deserialize;

const ROWS: i64 = 50;
/// How many of a sale's lines its row names.
const NAMED: usize = 2;

pub async fn load(visit: &Visit, query: &Fields) -> Result<Sales> {
    let (from, to, device) = (query.get("from"), query.get("to"), query.get("deviceId"));
    let date = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let filter = Filter {
        from: date(from).map(|day| visit.clock.start_of(day)),
        to: date(to).and_then(|day| day.checked_add_days(Days::new(1))).map(|day| visit.clock.start_of(day)),
        device: device.parse().ok(),
        cursor: query.filled("cursor"),
        limit: Some(ROWS),
    };
    let page = sales::list(&visit.app.db, visit.tenant(), &filter).await?;
    let next = page.cursor.as_deref().map(|cursor| {
        Fields::url("/office/sales", &[("from", from), ("to", to), ("deviceId", device), ("cursor", cursor)])
    });
    Ok(Sales {
        summary: "Everything the tills have sent, the newest first.".into(),
        from: from.into(),
        to: to.into(),
        device: device.into(),
        devices: visit.device_choices().await?,
        rows: page.items.iter().map(|sale| row(visit, sale)).collect(),
        next,
    })
}

fn row(visit: &Visit, sale: &SaleView) -> SaleRow {
    let head = &sale.head;
    let mut what: Vec<String> = sale.items.iter().take(NAMED).map(named).collect();
    if sale.items.len() > NAMED {
        what.push(format!("{} more", sale.items.len() - NAMED));
    }
    SaleRow {
        href: href(sale),
        receipt: head.receipt_number.clone().unwrap_or_else(|| "Without a number".into()),
        at: visit.clock.moment(head.sold_at),
        till: head.device_name.clone().unwrap_or_else(|| "Office".into()),
        cashier: head.cashier_name.clone().unwrap_or_default(),
        what: what.join(", "),
        total: format(visit, sale, head.total_minor),
        marks: marks(sale),
    }
}

fn named(item: &ItemView) -> String {
    format!("{} × {}", item.quantity, item.name.as_deref().unwrap_or("without a name"))
}

fn href(sale: &SaleView) -> String {
    let copy = if sale.head.copy == 0 { String::new() } else { sale.head.copy.to_string() };
    Fields::url(&format!("/office/sales/{}", sale.head.client_id), &[("copy", &copy)])
}

fn marks(sale: &SaleView) -> Vec<Mark> {
    let noticed = sale.head.notices.as_array().is_some_and(|notices| !notices.is_empty());
    let mark = if sale.reversal.is_some() {
        words::mark(Tone::Plain, "voided")
    } else if sale.head.sync_status == "conflict" {
        words::mark(Tone::Warn, "in review")
    } else if sale.head.resolution.is_some() {
        words::mark(Tone::Good, "decided")
    } else if noticed {
        words::mark(Tone::Plain, "noticed")
    } else {
        return vec![];
    };
    vec![mark]
}

/// In the currency it was sold in.
fn format(visit: &Visit, sale: &SaleView, minor: i64) -> String {
    let currency: Currency = sale.head.currency.parse().unwrap_or(visit.shop.currency);
    currency.format(Money(minor))
}

pub async fn load_one(visit: &Visit, sale: ClientId, query: &Fields) -> Result<SalePage> {
    let copy = query.get("copy").parse().ok();
    let sale = sales::one(&visit.app.db, visit.tenant(), sale, copy, None).await?;
    let head = &sale.head;
    let clock = &visit.clock;
    let money = |minor: i64| format(visit, &sale, minor);
    let name = |product: keeptill_domain::ProductId| {
        let item = sale.items.iter().find(|item| item.product_id == product.0);
        item.and_then(|item| item.name.clone()).unwrap_or_else(|| "A product".into())
    };
    let notices: Vec<Notice> = Vec::deserialize(&head.notices).unwrap_or_default();
    let sold = format!("sold {}", clock.when(head.sold_at));
    let arrived = format!("arrived {}", clock.moment(head.received_at));
    let tax = if head.prices_include_tax { "prices include tax" } else { "tax comes on top of prices" };
    Ok(SalePage {
        receipt: head.receipt_number.clone().unwrap_or_else(|| "without a number".into()),
        marks: marks(&sale),
        meta: [head.device_name.clone(), head.cashier_name.clone(), Some(sold), Some(arrived), Some(tax.into())]
            .into_iter()
            .flatten()
            .collect(),
        lines: sale.items.iter().map(|item| line(&money, item)).collect(),
        net: money(head.net_minor),
        tax: money(head.tax_minor),
        total: money(head.total_minor),
        tenders: sale
            .tenders
            .iter()
            .map(|tender| TenderLine {
                name: words::capital(&words::tender(&TenderType(tender.r#type.clone()))),
                reference: tender.reference.clone().unwrap_or_default(),
                given: money(tender.amount_minor),
                change: if tender.change_minor == 0 { "—".into() } else { money(tender.change_minor) },
            })
            .collect(),
        notices: notices.iter().map(|notice| notice_words(visit, notice, name)).collect(),
        conflict: head.conflict_reason.as_ref().map(|_| format!("/office/conflicts/{}", head.client_id)),
        reversal: sale.reversal.as_ref().map(|reversal| {
            let when = clock.when(reversal.reversed_at);
            format!("Voided {when} with a reversing entry of {}: {}", money(reversal.total_minor), reversal.note)
        }),
    })
}

fn line(money: &impl Fn(i64) -> String, item: &ItemView) -> SaleLine {
    let discount = match item.discount_minor {
        0 => String::new(),
        minor => format!("less {}", money(minor)),
    };
    let rate = Ppm(u32::try_from(item.tax_rate_ppm).unwrap_or(0));
    SaleLine {
        name: item.name.clone().unwrap_or_else(|| "Without a name".into()),
        sku: item.sku.clone().unwrap_or_default(),
        quantity: item.quantity.to_string(),
        price: money(item.unit_price_minor),
        discount,
        tax: format!("{} ({})", money(item.tax_minor), rate.percent()),
        total: money(item.total_minor),
    }
}
