//! What the till itself has to say: it was disconnected, or a newer version waits.

use super::{dynamic::when, handle::use_till};
use crate::components::{Banner, Tone};
use keeptill_domain::Cart;
use keeptill_sync::till::Connection;
use leptos::prelude::*;

#[component]
pub fn Banners() -> impl IntoView {
    let till = use_till();
    let disconnected = Memo::new(move |_| till.sync.with(|sync| sync.connection == Connection::Unauthorised));
    // Switching reloads the page: offered between two customers only.
    let offered = Memo::new(move |_| till.sync.with(|sync| sync.update_ready) && till.cart.with(Cart::is_empty));
    view! {
        {when(move || disconnected.get(), || view! {
            <Banner tone=Tone::Bad role="alert">
                <span>
                    "This till was disconnected by the office. Its sales are safe here; pair again to send them."
                </span>
                <a href="/till/pair" class="button">"Pair again"</a>
            </Banner>
        })}
        {when(move || offered.get(), move || view! {
            <Banner tone=Tone::Good>
                <span>"A new version is ready"</span>
                <button on:click=move |_| till.apply_update()>"Switch"</button>
            </Banner>
        })}
    }
}
