//! The page's WASM entry: mounts the till, or brings the office's served pages to life.

// A page's view is one type, as deep as the page is nested.
#![recursion_limit = "256"]

use keeptill_app::{office::App, till::TillApp};
use leptos::{
    mount::{hydrate_body, mount_to_body},
    prelude::*,
};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
    let shell = document().document_element().and_then(|html| html.get_attribute("data-shell"));
    if shell.as_deref() == Some("till") {
        open_till();
    } else {
        hydrate_body(App);
    }
}

fn open_till() {
    let till = keeptill_browser::page::open();
    // The page's own "Opening the till…" makes room.
    if let Some(body) = document().body() {
        body.set_inner_html("");
    }
    mount_to_body(move || view! { <TillApp till/> });
}
