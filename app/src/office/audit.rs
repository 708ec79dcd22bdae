//! Who decided or changed what, and when.

use super::table::{Cell, Column, Table, empty, heading, next_page};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    /// When, who, what, and the change itself.
    pub rows: Vec<[String; 4]>,
    pub next: Option<String>,
}

const COLUMNS: [Column; 3] = [Column::Words("What"), Column::Words("Who"), Column::Words("When")];

pub fn show(page: Audit) -> AnyView {
    let cells =
        |[at, who, what, change]: [String; 4]| vec![Cell::new(what).with(change), Cell::new(who), Cell::new(at)];
    let rows: Vec<_> = page.rows.into_iter().map(cells).collect();
    let content = if rows.is_empty() {
        empty("Nothing yet.", "Each decision and each change is written here, for good.")
    } else {
        view! { <Table caption="Audit log" columns=&COLUMNS rows=rows/> }.into_any()
    };
    view! {
        {heading("Audit log".into(), "Every decision and change, with who and when. Nothing here can be altered.".into())}
        {content}
        {next_page(page.next)}
    }
    .into_any()
}
