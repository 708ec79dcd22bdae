//! The receipt as it is shown and as it is printed on 80 mm paper.

use super::{clock, handle::use_till, words};
use chrono::{DateTime, Utc};
use keeptill_domain::{Currency, LineItem, Money, Ppm, Quantity, Sale};
use leptos::prelude::*;

#[component]
pub fn ReceiptPaper(sale: Sale, recorded_at: DateTime<Utc>) -> impl IntoView {
    let till = use_till();
    let currency = sale.currency.unwrap_or_else(|| till.currency.get_untracked());
    let included = sale.prices_include_tax.unwrap_or_else(|| till.prices_include_tax.get_untracked());
    let (shop, device) = untrack(|| (till.shop_name(), till.device_name()));
    let number = sale.receipt_number.clone().unwrap_or_default();
    let at = clock::full(sale.offline_created_at.unwrap_or(recorded_at));
    let cashier = sale.cashier_id.and_then(|id| {
        let name = |staff: &keeptill_domain::StaffMember| staff.name.clone();
        till.shelf.with_untracked(|shelf| shelf.catalogue().staff.iter().find(|member| member.id == id).map(name))
    });
    let lines = sale.items.iter().map(|item| line(item, currency, included)).collect_view();
    let taxes = taxes_by_rate(&sale.items).into_iter().map(|(rate, net, tax)| {
        let name = till.shelf.with_untracked(|shelf| shelf.tax_name(rate));
        view! {
            <div class="sum-row small">
                <span>{format!("{name} on {}", currency.plain(net))}</span>
                <span>{currency.plain(tax)}</span>
            </div>
        }
    });
    let tenders = sale.tenders.iter().map(|tender| {
        let name = words::tender_name(&tender.kind);
        let name = tender.reference.as_ref().map_or(name.clone(), |reference| format!("{name} ({reference})"));
        let change = (tender.change_minor > Money::ZERO).then(|| row("Change", currency.plain(tender.change_minor)));
        view! { {row(&name, currency.plain(tender.amount_minor))} {change} }
    });
    view! {
        <article class="receipt-paper num" aria-label=format!("Receipt {number}")>
            <h2>{shop}</h2>
            <p class="small">{device} {cashier.map(|name| format!(" · {name}"))}</p>
            <p class="small">{format!("{number} · {at}")}</p>
            <hr/>
            <ul class="plain-list" aria-label="Items">{lines}</ul>
            <hr/>
            {row("Net", currency.plain(sale.net_minor))}
            {taxes.collect_view()}
            <div class="sum-row total"><span>"Total"</span><span>{currency.format(sale.total_minor)}</span></div>
            <hr/>
            {tenders.collect_view()}
            <p class="receipt-thanks">"Thank you"</p>
        </article>
    }
}

fn row(name: &str, amount: String) -> impl IntoView + use<> {
    view! { <div class="sum-row"><span>{name.to_owned()}</span><span>{amount}</span></div> }
}

/// With prices that exclude tax, a line shows what stands before it; the tax follows below.
fn line(item: &LineItem, currency: Currency, included: bool) -> impl IntoView + use<> {
    let shown = if included { item.total_minor } else { item.total_minor - item.tax_minor };
    let price = currency.plain(item.unit_price_minor);
    let each = (item.quantity != Quantity::ONE).then(|| format!("{} × {price}", item.quantity));
    let discount = (item.discount_minor > Money::ZERO).then(|| format!("−{}", currency.plain(item.discount_minor)));
    view! {
        <li>
            <div class="sum-row">
                <span>{item.name.clone().unwrap_or_else(|| "Product".to_owned())}</span>
                <span>{currency.plain(shown)}</span>
            </div>
            {each.map(|words| view! { <p class="small soft">{words}</p> })}
            {discount.map(|words| view! { <p class="small soft">"Discount " {words}</p> })}
        </li>
    }
}

/// Net and tax for each rate, lowest rate first; as the lines say, so that they add up to the sale's.
fn taxes_by_rate(items: &[LineItem]) -> Vec<(Ppm, Money, Money)> {
    let mut rates: Vec<(Ppm, Money, Money)> = Vec::new();
    for item in items {
        let net = item.total_minor - item.tax_minor;
        match rates.iter_mut().find(|(rate, ..)| *rate == item.tax_rate_ppm) {
            Some((_, nets, taxes)) => {
                *nets += net;
                *taxes += item.tax_minor;
            }
            None => rates.push((item.tax_rate_ppm, net, item.tax_minor)),
        }
    }
    rates.sort_by_key(|(rate, ..)| *rate);
    rates
}
