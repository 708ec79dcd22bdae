//! One category at a time, or all.

use super::{dynamic::text, handle::use_till};
use keeptill_domain::CategoryId;
use leptos::prelude::*;

#[component]
pub fn CategoryChips(category: RwSignal<Option<CategoryId>>, query: RwSignal<String>) -> impl IntoView {
    let till = use_till();
    let categories = Memo::new(move |_| till.shelf.with(|shelf| shelf.catalogue().categories.clone()));
    // Typing searches everything: nobody remembers which category was open.
    let shown = Memo::new(move |_| if query.with(String::is_empty) { category.get() } else { None });
    let chip = move |id: Option<CategoryId>, name: String| {
        let choose = move |_| {
            query.set(String::new());
            category.set(id);
        };
        view! {
            <button class="chip" aria-pressed=text(move || (shown.get() == id).to_string()) on:click=choose>{name}</button>
        }
    };
    view! {
        <div class="chips" role="group" aria-label="Categories">
            {chip(None, "All".to_owned())}
            <For each=move || categories.get() key=|c| (c.id, c.sync_version) let:each>
                {chip(Some(each.id), each.name.clone())}
            </For>
        </div>
    }
}
