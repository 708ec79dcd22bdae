//! What the till itself has to say: it was disconnected, or a newer version waits.

use super::{dynamic::when, handle::use_till, stake::StakeSheet};
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
    let asking = RwSignal::new(false);
    let switch = move |_| {
        if till.holds_unsent() {
            asking.set(true);
        } else {
            till.apply_update();
        }
    };
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
                <button on:click=switch>"Switch"</button>
            </Banner>
        })}
        {when(move || asking.get(), move || view! {
            <StakeSheet
                title="Switch to the new version?"
                what="The new version takes them over and goes on sending them. A file is for the case that it can't."
                go="Switch now"
                on_go=move |()| till.apply_update()
                on_close=move |()| asking.set(false)
            />
        })}
    }
}
