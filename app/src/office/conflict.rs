//! One sale in conflict: a sentence, what the till saw beside what stands now, and what can be decided.

use super::{
    Decisions, Mark, decisions,
    table::{Cell, Column, Table, show_mark},
};
use crate::components::{Glyph, Icon};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ConflictPage {
    /// `Tablet 3 sold 3 × Oat milk 1 l at 14:02 while offline. One was left.`
    pub headline: String,
    pub marks: Vec<Mark>,
    /// `7 open conflicts`
    pub back: String,
    /// `3 of 7`
    pub place: String,
    pub next: Option<String>,
    pub receipt: String,
    /// Cashier, what was taken and how, when it arrived.
    pub meta: Vec<String>,
    pub lines: Vec<ConflictLine>,
    /// What the server can say about each reason beyond the headline.
    pub details: Vec<String>,
    pub notices: Vec<String>,
    /// While it is open.
    pub decisions: Option<Decisions>,
    pub decided: Option<Decided>,
    /// `3 more conflicts are about Oat milk 1 l.`
    pub related: String,
    pub sale: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ConflictLine {
    pub name: String,
    pub note: String,
    pub sold: String,
    pub price_then: String,
    pub price_now: String,
    pub price_note: String,
    pub stock_then: String,
    pub stock_now: String,
    pub short: bool,
}

/// A decision that was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// `Accepted by Mira K. on 22 November at 15:30`
    pub headline: String,
    pub details: Vec<String>,
    pub note: String,
}

const COLUMNS: [Column; 6] = [
    Column::Words("Line"),
    Column::Figures("Sold"),
    Column::Figures("Price then"),
    Column::Figures("Price now"),
    Column::Figures("Stock then, as the till knew it"),
    Column::Figures("Stock now"),
];

pub fn show(page: ConflictPage) -> AnyView {
    let rows = page.lines.into_iter().map(cells).collect();
    // The next one is opened afresh, so that nothing typed for this one is in its fields.
    let next = page.next.map(|href| view! { <a href=href rel="external">"Next"</a> });
    view! {
        <p class="crumbs small">
            <a href="/office/conflicts"><Icon glyph=Glyph::Back/> {page.back}</a>
            {page.marks.into_iter().map(show_mark).collect_view()}
            <span class="soft">{page.place}</span>
            {next}
        </p>
        <h1 class="headline">{page.headline}</h1>
        <p class="meta">
            <span>"Receipt " <a class="num" href=page.sale>{page.receipt}</a></span>
            {page.meta.into_iter().map(|text| view! { <span>{text}</span> }).collect_view()}
        </p>
        {list("What is wrong", page.details)}
        {page.decided.map(show_decided)}
        <Table caption="What the till saw, and what stands now" columns=&COLUMNS rows=rows class="table lines num"/>
        {list("Also noticed", page.notices)}
        {page.decisions.map(decisions::show)}
        {(!page.related.is_empty())
            .then(|| view! { <p class="small soft">{page.related} " " <a href="/office/conflicts">"Decide them together"</a></p> })}
    }
    .into_any()
}

fn cells(line: ConflictLine) -> Vec<Cell> {
    vec![
        Cell::new(line.name).with(line.note),
        Cell::new(line.sold),
        Cell::new(line.price_then),
        Cell::new(line.price_now).with(line.price_note),
        Cell::new(line.stock_then),
        Cell::new(line.stock_now).standing_out(line.short),
    ]
}

fn list(name: &'static str, texts: Vec<String>) -> AnyView {
    if texts.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="card padded notices">
            <h2>{name}</h2>
            <ul aria-label=name>{texts.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
        </section>
    }
    .into_any()
}

fn show_decided(decided: Decided) -> AnyView {
    view! {
        <section class="card padded decided" data-testid="resolution">
            <h2><Icon glyph=Glyph::Check/> {decided.headline}</h2>
            {decided.details.into_iter().map(|text| view! { <p>{text}</p> }).collect_view()}
            {(!decided.note.is_empty()).then(|| view! { <p class="soft">"Note: " {decided.note}</p> })}
        </section>
    }
    .into_any()
}
