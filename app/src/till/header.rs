//! The sell screen's top: sales, shop, badge, till and clock, who sells.

use super::{cashier::CashierPicker, clock, dynamic::text, handle::use_till, mounted::IntoMounted, words};
use crate::components::{Badge, Glyph, Icon};
use leptos::prelude::*;

#[component]
pub fn TillHeader() -> impl IntoView {
    let till = use_till();
    let clock = Memo::new(move |_| clock::time(till.now.get()));
    view! {
        <header class="till-header">
            <a href="/till/sales" class="button quiet" aria-label="Sales">
                <Icon glyph=Glyph::Receipt/>
                <span class="wide-only">"Sales"</span>
            </a>
            <h1 class="shop roomy-only">{text(move || till.shop_name())}</h1>
            <ConnectionBadge/>
            <span class="grow"></span>
            <span class="soft num wide-only nowrap">{text(move || till.device_name())} " · " {clock}</span>
            <CashierPicker/>
        </header>
    }
    .mounted()
}

/// The state of sending, and the way to the page behind it.
#[component]
pub fn ConnectionBadge() -> impl IntoView {
    let till = use_till();
    let badge = Memo::new(move |_| till.sync.with(|sync| words::badge(sync, till.now.get())));
    view! {
        <a href="/till/connection" class="badge-link" aria-label="Connection">
            <Badge tone=Signal::derive(move || badge.with(|words| words.tone))>
                <span role="status">
                    {text(move || badge.with(|words| words.head.clone()))}
                    <span class="wide-only">{text(move || badge.with(|words| words.aside.to_owned()))}</span>
                    {text(move || badge.with(|words| words.rest.clone()))}
                </span>
            </Badge>
        </a>
    }
}
