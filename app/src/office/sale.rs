//! One sale, as its receipt says it and with what became of it.

use super::{
    Mark,
    table::{Cell, Column, Table, show_mark},
};
use crate::components::{Glyph, Icon};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct SalePage {
    pub receipt: String,
    pub marks: Vec<Mark>,
    pub meta: Vec<String>,
    pub lines: Vec<SaleLine>,
    pub net: String,
    pub tax: String,
    pub total: String,
    pub tenders: Vec<TenderLine>,
    pub notices: Vec<String>,
    /// Where its conflict is decided or was.
    pub conflict: Option<String>,
    /// `Voided by Mira K. on 22 November at 15:30: −€11.30`
    pub reversal: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SaleLine {
    pub name: String,
    pub sku: String,
    pub quantity: String,
    pub price: String,
    pub discount: String,
    pub tax: String,
    pub total: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TenderLine {
    pub name: String,
    pub reference: String,
    pub given: String,
    pub change: String,
}

const LINES: [Column; 5] = [
    Column::Words("Line"),
    Column::Figures("Quantity"),
    Column::Figures("Price"),
    Column::Figures("Tax"),
    Column::Figures("Total"),
];
const TENDERS: [Column; 3] = [Column::Words("Paid with"), Column::Figures("Given"), Column::Figures("Change")];

pub fn show(page: SalePage) -> AnyView {
    let lines = page.lines.into_iter().map(line_cells).collect();
    let tenders = page.tenders.into_iter().map(tender_cells).collect();
    view! {
        <p class="crumbs small">
            <a href="/office/sales"><Icon glyph=Glyph::Back/> "Sales"</a>
            {page.marks.into_iter().map(show_mark).collect_view()}
        </p>
        <h1>"Receipt " <span class="num">{page.receipt}</span></h1>
        <p class="meta">{page.meta.into_iter().map(|text| view! { <span>{text}</span> }).collect_view()}</p>
        {page.reversal.map(|text| view! { <p class="banner warn">{text}</p> })}
        <Table caption="Lines" columns=&LINES rows=lines class="table lines num"/>
        <div class="two even">
            <Table caption="Paid with" columns=&TENDERS rows=tenders class="table lines num"/>
            <dl class="card padded sums num">
                <dt>"Net"</dt>
                <dd>{page.net}</dd>
                <dt>"Tax"</dt>
                <dd>{page.tax}</dd>
                <dt><b>"Total"</b></dt>
                <dd><b>{page.total}</b></dd>
            </dl>
        </div>
        {(!page.notices.is_empty())
            .then(|| {
                view! {
                    <section class="card padded notices">
                        <h2>"Noticed"</h2>
                        <ul>{page.notices.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
                    </section>
                }
            })}
        {page.conflict.map(|href| view! { <p><a class="button" href=href>"See its conflict"</a></p> })}
    }
    .into_any()
}

fn line_cells(line: SaleLine) -> Vec<Cell> {
    vec![
        Cell::new(line.name).with(line.sku),
        Cell::new(line.quantity),
        Cell::new(line.price).with(line.discount),
        Cell::new(line.tax),
        Cell::new(line.total),
    ]
}

fn tender_cells(tender: TenderLine) -> Vec<Cell> {
    vec![Cell::new(tender.name).with(tender.reference), Cell::new(tender.given), Cell::new(tender.change)]
}
