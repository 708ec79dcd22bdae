//! This till's sales, newest first, each with where it stands.

use super::{
    clock,
    dynamic::{alert, when},
    handle::{TillHandle, use_till},
    page::Page,
    words,
};
use crate::components::Badge;
use keeptill_domain::ClientId;
use keeptill_sync::{journal::JournalEntry, till::EntryPage};
use leptos::{prelude::*, task::spawn_local};

const PAGE: u32 = 50;

#[component]
pub fn SalesPage() -> impl IntoView {
    let till = use_till();
    let list = EntryList::new(till, false);
    Effect::new(move |_| {
        till.journal.track();
        list.read_again();
    });
    view! {
        <Page title="Sales">
            {alert("notice bad", move || list.failure.get())}
            {when(list.is_empty(), || view! { <p class="no-sales soft">"Nothing sold on this till yet."</p> })}
            <EntryRows list label="Sales of this till"/>
            <LoadOlder list/>
        </Page>
    }
}

/// Journal entries as they were last read, and how to read more of them.
#[derive(Clone, Copy)]
pub struct EntryList {
    till: TillHandle,
    unsent_only: bool,
    pub entries: RwSignal<Vec<JournalEntry>>,
    pub more: RwSignal<bool>,
    /// Whether the first reading is done.
    pub read: RwSignal<bool>,
    pub failure: RwSignal<Option<String>>,
    /// Counts readings from the top; an answer to an earlier one comes too late.
    turn: StoredValue<u32>,
}

impl EntryList {
    pub fn new(till: TillHandle, unsent_only: bool) -> Self {
        Self {
            till,
            unsent_only,
            entries: RwSignal::new(Vec::new()),
            more: RwSignal::new(false),
            read: RwSignal::new(false),
            failure: RwSignal::new(None),
            turn: StoredValue::new(0),
        }
    }

    /// Known to be empty, not merely not read yet.
    pub fn is_empty(self) -> impl Fn() -> bool + Send + Sync + 'static {
        move || self.read.get() && self.entries.with(Vec::is_empty)
    }

    /// As many as are shown already, from the newest.
    pub fn read_again(self) {
        let shown = self.entries.with_untracked(Vec::len);
        let limit = PAGE.max(u32::try_from(shown).unwrap_or(u32::MAX));
        self.turn.update_value(|turn| *turn = turn.wrapping_add(1));
        self.ask(EntryPage { before: None, limit, unsent_only: self.unsent_only });
    }

    pub fn read_older(self) {
        let before = self.entries.with_untracked(|entries| entries.last().map(|entry| entry.device_seq));
        self.ask(EntryPage { before, limit: PAGE, unsent_only: self.unsent_only });
    }

    fn ask(self, page: EntryPage) {
        let turn = self.turn.get_value();
        let answer = self.till.entries(page);
        spawn_local(async move {
            let answer = answer.await;
            // The page was left, or a later reading is on its way.
            if self.turn.try_get_value() != Some(turn) {
                return;
            }
            match answer {
                Ok(read) => {
                    self.more.set(read.len() >= page.limit as usize);
                    self.failure.set(None);
                    self.entries.update(|entries| {
                        if page.before.is_none() {
                            entries.clear();
                        }
                        entries.extend(read);
                    });
                }
                Err(why) => self.failure.set(Some(format!("The list could not be read: {why}. The sales are safe."))),
            }
            self.read.set(true);
        });
    }
}

#[component]
pub fn EntryRows(list: EntryList, label: &'static str) -> impl IntoView {
    // A row says everything about its entry, so a new state is a new row.
    let rows = Memo::new(move |_| list.entries.with(|entries| entries.iter().map(Row::of).collect::<Vec<_>>()));
    view! {
        <ul class="plain-list card entry-list" aria-label=label>
            <For each=move || rows.get() key=|row| (row.id, row.state.1.clone()) let:row>
                <EntryRow row/>
            </For>
        </ul>
    }
}

#[component]
pub fn LoadOlder(list: EntryList) -> impl IntoView {
    let older = move || view! { <button class="wide" on:click=move |_| list.read_older()>"Load older sales"</button> };
    when(move || list.more.get(), older)
}

#[derive(Clone, PartialEq)]
struct Row {
    id: ClientId,
    number: String,
    at: String,
    amount: String,
    items: String,
    state: (crate::components::Tone, String),
}

impl Row {
    fn of(entry: &JournalEntry) -> Self {
        let sale = entry.sale();
        let currency = sale.as_ref().and_then(|sale| sale.currency).unwrap_or(keeptill_domain::Currency::EUR);
        let items = sale.as_ref().map(|sale| {
            let names: Vec<String> = sale
                .items
                .iter()
                .take(4)
                .map(|item| format!("{} × {}", item.quantity, item.name.as_deref().unwrap_or("product")))
                .collect();
            format!("{}{}", names.join(", "), if sale.items.len() > 4 { ", …" } else { "" })
        });
        Self {
            id: entry.client_id,
            number: sale
                .as_ref()
                .and_then(|sale| sale.receipt_number.clone())
                .unwrap_or_else(|| format!("№ {}", entry.device_seq.0)),
            at: clock::short(entry.recorded_at),
            amount: sale.map(|sale| currency.format(sale.total_minor)).unwrap_or_default(),
            items: items.unwrap_or_default(),
            state: words::entry_state(&entry.state, clock::short),
        }
    }
}

#[component]
fn EntryRow(row: Row) -> impl IntoView {
    let (tone, state) = row.state;
    let label = format!("{}, {}, {}, {state}", row.number, row.at, row.amount);
    view! {
        <li>
            <a href=format!("/till/sales/{}", row.id) class="entry" aria-label=label>
                <span class="entry-main">
                    <b class="num">{row.number} <span class="soft">" · " {row.at}</span></b>
                    <span class="small soft entry-items">{row.items}</span>
                </span>
                <Badge tone>{state}</Badge>
                <b class="num entry-amount">{row.amount}</b>
            </a>
        </li>
    }
}
