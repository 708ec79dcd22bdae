//! The sales that wait for a decision, and those that had theirs.

use super::{
    Choice, Mark,
    form::{Filter, Form, Select},
    table::{empty, heading, next_page, show_mark},
};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Conflicts {
    pub summary: String,
    /// Whether these are the open ones.
    pub open: bool,
    pub reason: String,
    pub device: String,
    pub reasons: Vec<Choice>,
    pub devices: Vec<Choice>,
    pub rows: Vec<ConflictRow>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ConflictRow {
    pub client_id: String,
    /// `Tablet 3 sold 3 × Oat milk 1 l at 14:02 while offline. One was left.`
    pub sentence: String,
    /// `T3-000041 · Mira K. · arrived 15:20`
    pub detail: String,
    pub receipt: String,
    pub amount: String,
    pub marks: Vec<Mark>,
}

pub fn show(page: Conflicts) -> AnyView {
    let Conflicts { summary, open, reason, device, reasons, devices, rows, next } = page;
    let tab = move |name: &'static str, status: &'static str, here: bool| {
        let href = format!("/office/conflicts?status={status}");
        view! { <a href=href aria-current=here.then_some("true")>{name}</a> }
    };
    let status = if open { "open" } else { "resolved" };
    let many = rows.len() > 1;
    let list = rows.into_iter().map(move |row| show_row(row, open)).collect_view();
    let content = match (many || list.len() == 1, open) {
        (false, true) => empty(
            "Nothing is waiting for a decision.",
            "What the tills send and nobody need decide goes straight to the sales.",
        ),
        (false, false) => {
            empty("No decisions yet.", "A conflict that was decided is kept here with who decided, when and how.")
        }
        (true, false) => view! { <div class="card rows">{list}</div> }.into_any(),
        (true, true) => view! {
            <Form verb="accept" class="rows-form">
                <div class="card rows">{list}</div>
                <div class="with-selected">
                    {many
                        .then(|| {
                            // Shown once somebody listens to it.
                            view! {
                                <label class="select-all">
                                    <input type="checkbox" data-select-all=""/>
                                    "Select all on this page"
                                </label>
                            }
                        })}
                    <button class="primary">"Accept the selected"</button>
                    <span class="small soft">"Each sale stands as it is; stock goes below zero where it must."</span>
                </div>
            </Form>
        }
        .into_any(),
    };
    view! {
        {heading("Conflicts".into(), summary)}
        <div class="tabs" role="navigation" aria-label="Which conflicts">
            {tab("Open", "open", open)} {tab("Resolved", "resolved", !open)}
        </div>
        <Filter action="/office/conflicts" button="Show">
            <input type="hidden" name="status" value=status/>
            <Select label="Reason" name="reason" value=reason choices=reasons/>
            <Select label="Device" name="deviceId" value=device choices=devices/>
        </Filter>
        {content}
        {next_page(next)}
    }
    .into_any()
}

fn show_row(row: ConflictRow, open: bool) -> AnyView {
    let ConflictRow { client_id, sentence, detail, receipt, amount, marks } = row;
    let href = format!("/office/conflicts/{client_id}");
    view! {
        <article>
            {open
                .then(|| {
                    let label = format!("Select {receipt}");
                    view! { <input type="checkbox" name="id" value=client_id aria-label=label/> }
                })}
            <div>
                <a href=href>{sentence}</a>
                <p class="small soft">{detail}</p>
                <p>{marks.into_iter().map(show_mark).collect_view()}</p>
            </div>
            <b class="num">{amount}</b>
        </article>
    }
    .into_any()
}
