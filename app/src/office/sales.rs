//! Every sale the server has.

use super::{
    Choice, Mark,
    form::{Field, Filter, Select},
    table::{Cell, Column, Table, empty, heading, next_page},
};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Sales {
    pub summary: String,
    pub from: String,
    pub to: String,
    pub device: String,
    pub devices: Vec<Choice>,
    pub rows: Vec<SaleRow>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SaleRow {
    pub href: String,
    pub receipt: String,
    pub at: String,
    pub till: String,
    pub cashier: String,
    pub what: String,
    pub total: String,
    pub marks: Vec<Mark>,
}

const COLUMNS: [Column; 5] = [
    Column::Words("Receipt"),
    Column::Words("Sold"),
    Column::Words("Till"),
    Column::Words("What"),
    Column::Figures("Total"),
];

pub fn show(page: Sales) -> AnyView {
    let Sales { summary, from, to, device, devices, rows, next } = page;
    let rows: Vec<_> = rows.into_iter().map(cells).collect();
    let content = if rows.is_empty() {
        empty("No sales here.", "Sales show up as soon as a till has sent them.")
    } else {
        view! { <Table caption="Sales" columns=&COLUMNS rows=rows/> }.into_any()
    };
    view! {
        {heading("Sales".into(), summary)}
        <Filter action="/office/sales" button="Show">
            <Select label="Device" name="deviceId" value=device choices=devices/>
            <Field label="From" name="from" kind="date" value=from/>
            <Field label="To" name="to" kind="date" value=to/>
        </Filter>
        {content}
        {next_page(next)}
    }
    .into_any()
}

fn cells(row: SaleRow) -> Vec<Cell> {
    vec![
        Cell::new(row.receipt).leading_to(row.href).marked(row.marks),
        Cell::new(row.at),
        Cell::new(row.till).with(row.cashier),
        Cell::new(row.what),
        Cell::new(row.total),
    ]
}
