//! What is shown when nothing can be sold: not yet, not at all, or not here.

use super::page::Page;
use leptos::prelude::*;

#[component]
pub fn Opening() -> impl IntoView {
    view! { <p class="opening">"Opening the till…"</p> }
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
            <h1>"The till can't open its storage"</h1>
            <p>{why}</p>
            <p class="soft">
                "Nothing was deleted: sales recorded on this device are still there. "
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
