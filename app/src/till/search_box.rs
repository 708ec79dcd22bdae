//! Search by name, SKU or barcode; the same field takes what a scanner types.
//!
//! A scanner is a keyboard that ends with Enter. So that it works wherever the last tap went, any letter or digit
//! typed outside a field lands here.

use super::{
    dynamic::{alert, when},
    handle::{TillHandle, use_till},
    mounted::IntoMounted,
};
use crate::components::{Glyph, Icon};
use keeptill_domain::ProductId;
use leptos::{ev, html, prelude::*};
use web_sys::{HtmlElement, wasm_bindgen::JsCast};

#[component]
pub fn SearchBox(query: RwSignal<String>) -> impl IntoView {
    let till = use_till();
    let field = NodeRef::<html::Input>::new();
    let missed = RwSignal::new(None::<String>);
    let forget = move || {
        query.set(String::new());
        missed.set(None);
    };
    let listener = window_event_listener(ev::keydown, move |event| {
        if belongs_in_search(&event)
            && let Some(field) = field.get_untracked()
        {
            if event.key() == "/" {
                event.prevent_default();
            }
            // What is typed goes to the element that has the focus once this handler is done.
            let _ = field.focus();
        }
    });
    on_cleanup(move || listener.remove());
    let on_key = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            let typed = query.get_untracked();
            if typed.trim().is_empty() {
                return;
            }
            match wanted(till, &typed) {
                Some(product) => {
                    query.set(String::new());
                    missed.set(None);
                    till.pick(product);
                }
                None => {
                    missed.set(Some(no_match(till, &typed)));
                    // The next scan replaces what was not found.
                    if let Some(field) = field.get_untracked() {
                        field.select();
                    }
                }
            }
        }
        "Escape" => forget(),
        _ => {}
    };
    view! {
        <div class="search">
            <label class="search-field">
                <Icon glyph=Glyph::Search/>
                <input
                    node_ref=field
                    type="search"
                    aria-label="Search or scan"
                    placeholder="Search or scan"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    enterkeyhint="go"
                    maxlength="100"
                    prop:value=query
                    on:input:target=move |event| {
                        missed.set(None);
                        query.set(event.target().value());
                    }
                    on:keydown=on_key
                />
                <kbd aria-hidden="true">"/"</kbd>
                {when(move || query.with(|query| !query.is_empty()), move || view! {
                    <button class="quiet" aria-label="Clear search" on:click=move |_| forget()>
                        <Icon glyph=Glyph::Close/>
                    </button>
                })}
            </label>
            {alert("field-note warn", move || missed.get())}
        </div>
    }
    .mounted()
}

/// The product with exactly this code, or the only one that matches.
fn wanted(till: TillHandle, typed: &str) -> Option<ProductId> {
    till.shelf.with_untracked(|shelf| {
        let only = || {
            let found = shelf.find(typed, None, 2);
            (found.total == 1).then(|| found.tiles.first().map(|tile| tile.product)).flatten()
        };
        shelf.by_code(typed).or_else(only)
    })
}

fn no_match(till: TillHandle, typed: &str) -> String {
    match till.shelf.with_untracked(|shelf| shelf.find(typed, None, 0).total) {
        0 => format!("No product has the name or code “{}”. Nothing was added.", typed.trim()),
        count => format!("{count} products match. Tap one, or type more."),
    }
}

fn belongs_in_search(event: &ev::KeyboardEvent) -> bool {
    let key = event.key();
    let mut letters = key.chars();
    let typed = letters.next().is_some_and(|c| c.is_alphanumeric() || c == '/') && letters.next().is_none();
    if !typed || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return false;
    }
    let in_a_field = event.target().is_some_and(|target| {
        let element: HtmlElement = target.unchecked_into();
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
    });
    let dialog_open = document().query_selector("dialog[open]").ok().flatten().is_some();
    !in_a_field && !dialog_open
}
