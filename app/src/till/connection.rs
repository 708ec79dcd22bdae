//! Behind the badge: what is on this device only, what the browser promised, what can be done.

use super::{
    clock,
    dynamic::{alert, flag, part, text, when},
    handle::{TillHandle, use_till},
    page::Page,
    sales::{EntryList, EntryRows, LoadOlder},
    words,
};
use crate::components::{Glyph, Icon};
use keeptill_sync::till::SyncState;
use leptos::{prelude::*, task::spawn_local};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url, js_sys::Array, wasm_bindgen::JsCast};

/// A clock off by more than this is worth a word.
const CLOCK_OFFSET_MS_MAX: i64 = 120_000;

#[component]
pub fn ConnectionPage() -> impl IntoView {
    let till = use_till();
    let list = EntryList::new(till, true);
    Effect::new(move |_| {
        till.journal.track();
        list.read_again();
    });
    let running = Memo::new(move |_| till.sync.with(|sync| sync.running));
    let unsent = Memo::new(move |_| till.sync.with(|sync| sync.waiting + sync.rejected));
    view! {
        <Page title="Connection">
            <p class="lead">{text(move || till.sync.with(|sync| words::connection(sync.connection).to_owned()))}</p>
            <div class="actions start">
                <button class="primary" disabled=running on:click=move |_| till.sync_now()>
                    <Icon glyph=Glyph::Refresh/>
                    {text(move || if running.get() { "Trying…" } else { "Try now" }.to_owned())}
                </button>
                <SaveUnsent unsent/>
            </div>
            <Facts/>
            <h2>"Not sent yet"</h2>
            {alert("notice bad", move || list.failure.get())}
            {when(list.is_empty(), || view! { <p class="soft">"Everything sold here has reached the server."</p> })}
            <EntryRows list label="Sales not sent yet"/>
            <LoadOlder list/>
        </Page>
    }
}

#[component]
fn Facts() -> impl IntoView {
    let till = use_till();
    let facts = Memo::new(move |_| till.sync.with(|sync| facts(sync, till)));
    let row = |(name, fact): (&'static str, String)| view! { <div><dt>{name}</dt><dd>{fact}</dd></div> };
    view! {
        <dl class="fact-list card num">
            <div>
                <dt>"Waiting to be sent"</dt>
                <dd><span data-testid="waiting">{text(move || till.sync.with(|sync| sync.waiting.to_string()))}</span></dd>
            </div>
            {part(move || Some(facts.get().into_iter().map(row).collect_view()))}
        </dl>
    }
}

fn facts(sync: &SyncState, till: TillHandle) -> Vec<(&'static str, String)> {
    let now = till.now.get();
    let when = |at| format!("{}, {}", clock::short(at), words::ago(at, now));
    let mut facts = Vec::new();
    if let Some(at) = sync.oldest_waiting_at {
        facts.push(("Oldest of them", when(at)));
    }
    facts.push(("Last sent", sync.last_sent_at.map_or("not yet".to_owned(), when)));
    // What was pulled before this page was opened is known by the catalogue alone.
    let pulled_at = sync.last_pulled_at.or(till.shelf.with(|shelf| shelf.catalogue().pulled_at));
    facts.push(("Products and stock as of", pulled_at.map_or("not fetched yet".to_owned(), when)));
    if let Some(at) = sync.next_try_at {
        let seconds = (at - now).num_seconds().max(0);
        facts.push(("Next try", if seconds < 60 { "within a minute".to_owned() } else { clock::short(at) }));
    }
    if sync.in_review > 0 {
        facts.push(("In review by a manager", words::sales(sync.in_review)));
    }
    if sync.rejected > 0 {
        facts.push(("Not readable by the server", format!("{}, kept here", words::sales(sync.rejected))));
    }
    let storage = match sync.storage_persisted {
        Some(true) => "the browser promised to keep it",
        Some(false) => "the browser may clear it when space runs out; install the till as an app to change that",
        None => "not known",
    };
    facts.push(("Storage", storage.to_owned()));
    if let Some(offset) = sync.clock_offset_ms.filter(|offset| offset.abs() > CLOCK_OFFSET_MS_MAX) {
        let minutes = offset.abs() / 60_000;
        let which = if offset > 0 { "behind" } else { "ahead" };
        facts.push(("This device's clock", format!("{minutes} minutes {which} of the server's; set it right")));
    }
    if let Some(error) = &sync.last_error {
        facts.push(("Last problem", error.message.clone()));
    }
    facts
}

#[component]
fn SaveUnsent(unsent: Memo<u32>) -> impl IntoView {
    let till = use_till();
    let failure = RwSignal::new(None::<String>);
    let save = move |_| {
        let text = till.export_unsent();
        spawn_local(async move {
            let saved = match text.await {
                Ok(text) => save_as_file(&text).ok_or("the browser refused the file".to_owned()),
                Err(why) => Err(why.to_string()),
            };
            let words = |why| format!("The file was not saved: {why}. The sales are still on this device.");
            failure.try_set(saved.err().map(words));
        });
    };
    view! {
        <button disabled=flag(move || unsent.get() == 0) on:click=save>
            <Icon glyph=Glyph::Download/>
            "Save unsent sales to a file"
        </button>
        {alert("notice bad", move || failure.get())}
    }
}

/// Hands the text over as a download.
fn save_as_file(text: &str) -> Option<()> {
    let kind = BlobPropertyBag::new();
    kind.set_type("application/json");
    let blob = Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &kind).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(&format!("keeptill-unsent-{}.json", clock::file_stamp(clock::now())));
    link.click();
    // The click has taken its own hold on the content.
    Url::revoke_object_url(&url).ok()
}
