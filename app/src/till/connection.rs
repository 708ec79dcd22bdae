//! Behind the badge: what is on this device only, what the browser promised, what can be done.

use super::{
    clock,
    dynamic::{alert, flag, part, text, when},
    handle::{TillHandle, use_till},
    page::Page,
    sales::{EntryList, EntryRows, LoadOlder},
    save_file::SaveSheet,
    stake::StakeSheet,
    words,
};
use crate::components::{Glyph, Icon};
use keeptill_sync::till::SyncState;
use leptos::{prelude::*, task::spawn_local};

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
    let saving = RwSignal::new(false);
    view! {
        <Page title="Connection">
            <p class="lead">{text(move || till.sync.with(|sync| words::connection(sync.connection).to_owned()))}</p>
            <div class="actions start">
                <button class="primary" disabled=running on:click=move |_| till.sync_now()>
                    <Icon glyph=Glyph::Refresh/>
                    {text(move || if running.get() { "Trying…" } else { "Try now" }.to_owned())}
                </button>
                <button disabled=flag(move || !till.holds_unsent()) on:click=move |_| saving.set(true)>
                    <Icon glyph=Glyph::Download/>
                    "Save unsent sales to a file"
                </button>
            </div>
            <Facts/>
            <h2>"Not sent yet"</h2>
            {alert("notice bad", move || list.failure.get())}
            {when(list.is_empty(), || view! { <p class="soft">"Everything sold here has reached the server."</p> })}
            <EntryRows list label="Sales not sent yet"/>
            <LoadOlder list/>
            <ThisTill/>
            {when(move || saving.get(), move || view! { <SaveSheet on_close=move |()| saving.set(false)/> })}
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
        Some(false) => "the browser may clear it when space runs out; see Storage below",
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

/// What is done seldom, and the way to it.
#[component]
fn ThisTill() -> impl IntoView {
    let till = use_till();
    let unpairing = RwSignal::new(false);
    let failure = RwSignal::new(None::<String>);
    let unpair = move |()| {
        let done = till.unpair();
        spawn_local(async move {
            if let Err(why) = done.await {
                unpairing.try_set(false);
                failure.try_set(Some(format!("Nothing was changed: {why}.")));
            }
        });
    };
    view! {
        <h2>"This till"</h2>
        <div class="actions start">
            <a href="/till/storage" class="button"><Icon glyph=Glyph::Box/>"Storage"</a>
            <a href="/till/bring-in" class="button"><Icon glyph=Glyph::Plus/>"Bring in sales from a file"</a>
            <button on:click=move |_| unpairing.set(true)><Icon glyph=Glyph::LogOut/>"Unpair this till"</button>
        </div>
        {alert("notice bad", move || failure.get())}
        {when(move || unpairing.get(), move || view! {
            <StakeSheet
                title="Unpair this till?"
                what="This browser then sells no more until it is paired again. What waits stays in it, and is sent once \
                      it is paired with the same shop. To end its access for good, disconnect it in the office as well."
                go="Unpair"
                on_go=unpair
                on_close=move |()| unpairing.set(false)
            />
        })}
    }
}
