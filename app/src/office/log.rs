//! Every pull and push of every device.

use super::{
    Choice, Mark,
    form::{Filter, Select},
    table::{Cell, Column, Table, empty, heading, next_page},
};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    pub device: String,
    pub devices: Vec<Choice>,
    pub rows: Vec<LogRow>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LogRow {
    pub at: String,
    pub device: String,
    /// `sent 3 sales`, `asked for 120 changes`
    pub what: String,
    pub errors: String,
    pub mark: Mark,
}

pub const COLUMNS: [Column; 4] =
    [Column::Words("When"), Column::Words("Till"), Column::Words("What"), Column::Words("Outcome")];

pub fn show(page: Log) -> AnyView {
    let Log { device, devices, rows, next } = page;
    let rows: Vec<_> = rows.into_iter().map(cells).collect();
    let content = if rows.is_empty() {
        empty("Nothing yet.", "Each time a till asks for news or sends its sales, a line is written here.")
    } else {
        view! { <Table caption="Sync log" columns=&COLUMNS rows=rows/> }.into_any()
    };
    view! {
        {heading("Sync log".into(), "Every time a till asked for news or sent what it had.".into())}
        <Filter action="/office/log" button="Show">
            <Select label="Device" name="deviceId" value=device choices=devices/>
        </Filter>
        {content}
        {next_page(next)}
    }
    .into_any()
}

pub fn cells(row: LogRow) -> Vec<Cell> {
    vec![
        Cell::new(row.at),
        Cell::new(row.device),
        Cell::new(row.what).with(row.errors),
        Cell::new("").marked(vec![row.mark]),
    ]
}
