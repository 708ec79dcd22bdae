//! What is shown when nothing can be sold: not yet, not at all, or not here.

use super::{dynamic::when, page::Page};
use leptos::prelude::*;
use std::time::Duration;

/// Opening takes less than this, unless another window has the storage in an older version.
const SLOW: Duration = Duration::from_secs(3);

#[component]
pub fn Opening() -> impl IntoView {
    let slow = RwSignal::new(false);
    let waiting = set_timeout_with_handle(move || slow.set(true), SLOW).ok();
    on_cleanup(move || {
        if let Some(waiting) = waiting {
            waiting.clear();
        }
    });
    view! {
        <div class="opening">
            <p>"Opening the till…"</p>
            {when(move || slow.get(), || view! {
                <p role="status">
                    "This takes longer than it should. Close other windows of the till: one with an older version holds up \
                     this one. Every sale is safe, and it goes on by itself."
                </p>
            })}
        </div>
    }
}

#[component]
pub fn Unusable(why: String) -> impl IntoView {
    let reload = move |_| {
        // A browser that can't reload shows the same page again, which is right.
        let _ = window().location().reload();
    };
    view! {
        <main class="standstill" role="alert">
            <img src="/icons/icon.svg" alt="" width="64" height="64"/>
            <h1>"The till can't use its storage"</h1>
            <p>{why}</p>
            <p class="soft">
                "Nothing was deleted: sales recorded on this device are still there, and the cart with them. "
                "Close other windows of the till, leave private browsing, then try again."
            </p>
            <button class="primary" on:click=reload>"Try again"</button>
        </main>
    }
}

#[component]
pub fn NoSuchPage() -> impl IntoView {
    view! {
        <Page title="No such page">
            <p>"This address belongs to no page of the till."</p>
        </Page>
    }
}
