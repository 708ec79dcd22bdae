//! The tills: each paired browser with what it last said.

use super::{
    Choice, Mark,
    form::{Field, Form},
    product::store_field,
    table::{Cell, Column, Table, empty, heading},
};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Devices {
    pub summary: String,
    pub rows: Vec<DeviceRow>,
    pub stores: Vec<Choice>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DeviceRow {
    pub href: String,
    pub name: String,
    pub store: String,
    pub seen: String,
    pub waiting: String,
    pub note: String,
    pub mark: Mark,
}

const COLUMNS: [Column; 4] =
    [Column::Words("Till"), Column::Words("Last seen"), Column::Figures("Waiting to be sent"), Column::Words("State")];

pub fn show(page: Devices) -> AnyView {
    let Devices { summary, rows, stores } = page;
    let rows: Vec<_> = rows.into_iter().map(cells).collect();
    let content = if rows.is_empty() {
        empty("No tills yet.", "Add one, then open the link it shows on the tablet that is to sell.")
    } else {
        view! { <Table caption="Tills" columns=&COLUMNS rows=rows/> }.into_any()
    };
    view! {
        {heading("Devices".into(), summary)}
        {content}
        <section class="card padded narrow">
            <h2>"Add a till"</h2>
            <Form verb="add" class="form inline">
                {store_field(stores)}
                <Field label="Name of the new till" name="name" placeholder="Tablet 3" required=true/>
                <button class="primary">"Add the till"</button>
            </Form>
        </section>
        <p class="next"><a href="/office/bring-in">"Bring in sales that a till saved to a file"</a></p>
    }
    .into_any()
}

fn cells(row: DeviceRow) -> Vec<Cell> {
    vec![
        Cell::new(row.name).leading_to(row.href).with(row.store),
        Cell::new(row.seen),
        Cell::new(row.waiting),
        Cell::new("").marked(vec![row.mark]).with(row.note),
    ]
}
