//! One sale of this till: its receipt, and how far it has got.

use super::{
    clock, dynamic::part, handle::use_till, mounted::IntoMounted, page::Page, receipt_paper::ReceiptPaper, words,
};
use crate::components::{Badge, Glyph, Icon};
use keeptill_domain::ClientId;
use keeptill_sync::journal::{EntryState, JournalEntry};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::{use_params_map, use_query_map};
use web_sys::{HtmlElement, wasm_bindgen::JsCast};

#[derive(Clone, PartialEq)]
enum Shown {
    Looking,
    Entry(Box<JournalEntry>),
    Missing(String),
}

#[component]
pub fn ReceiptPage() -> impl IntoView {
    let till = use_till();
    let params = use_params_map();
    let query = use_query_map();
    let shown = RwSignal::new(Shown::Looking);
    let print_soon = RwSignal::new(query.with_untracked(|query| query.get("print").is_some()));
    Effect::new(move |_| {
        till.journal.track();
        let id = params.with(|params| params.get("clientId")).and_then(|id| id.parse::<ClientId>().ok());
        let Some(id) = id else {
            shown.set(Shown::Missing("This address names no sale.".to_owned()));
            return;
        };
        let entry = till.entry(id);
        spawn_local(async move {
            let now = match entry.await {
                Ok(Some(entry)) => Shown::Entry(Box::new(entry)),
                Ok(None) => Shown::Missing("This sale is not on this device.".to_owned()),
                Err(why) => Shown::Missing(format!("The sale could not be read: {why}. It is still on this device.")),
            };
            // The page may have been left meanwhile.
            shown.try_set(now);
            if print_soon.try_get_untracked() == Some(true) {
                print_soon.set(false);
                request_animation_frame(print);
            }
        });
    });
    view! {
        <Page title="Receipt">
            {part(move || Some(match shown.get() {
                Shown::Looking => view! { <p class="soft">"Looking for the receipt…"</p> }.mounted(),
                Shown::Missing(why) => view! { <p role="alert">{why}</p> }.mounted(),
                Shown::Entry(entry) => view! { <Receipt entry=*entry/> }.mounted(),
            }))}
        </Page>
    }
}

#[component]
fn Receipt(entry: JournalEntry) -> impl IntoView {
    let (tone, state) = words::entry_state(&entry.state, clock::short);
    let refusal = match &entry.state {
        EntryState::Rejected { error } => Some(error.message.clone()),
        EntryState::Waiting | EntryState::Sent { .. } => None,
    };
    let till = use_till();
    let (sale, recorded_at) = (entry.sale(), entry.recorded_at);
    let paper = move || {
        // Shop, people and taxes may come after the sale when the page opens here.
        till.shelf.track();
        Some(match sale.clone() {
            Some(sale) => view! { <ReceiptPaper sale recorded_at/> }.mounted(),
            None => view! { <p>"This entry of the journal is not a sale."</p> }.mounted(),
        })
    };
    view! {
        <div class="receipt-view">
            <div class="receipt-side">
                <Badge tone><span data-testid="entry-state">{state}</span></Badge>
                {refusal.map(|words| view! { <p class="soft small">"The server said: " {words}</p> })}
                <div class="actions">
                    <button on:click=move |_| print()><Icon glyph=Glyph::Print/>"Print"</button>
                    <a href="/till" class="button primary">"Next sale"</a>
                </div>
            </div>
            {part(paper)}
        </div>
    }
}

fn print() {
    // Roll paper is cut where the page ends, and CSS has no page that is as long as what stands on it.
    if let Some(height) = paper_height_mm() {
        set_page_size(height);
    }
    // A browser without printing has nothing to print with; the receipt stays on the screen.
    let _ = window().print();
}

/// The receipt's height at the CSS resolution of 96 to the inch, with a little margin.
fn paper_height_mm() -> Option<i32> {
    let paper: HtmlElement = document().query_selector(".receipt-paper").ok()??.dyn_into().ok()?;
    Some(paper.offset_height() * 254 / 960 + 12)
}

fn set_page_size(height_mm: i32) {
    const ID: &str = "receipt-page";
    let rule = format!("@page receipt {{ size: 80mm {height_mm}mm; margin: 4mm }}");
    let style = document().get_element_by_id(ID).or_else(|| {
        let style = document().create_element("style").ok()?;
        style.set_id(ID);
        document().head()?.append_child(&style).ok()?;
        Some(style)
    });
    if let Some(style) = style {
        style.set_text_content(Some(&rule));
    }
}
