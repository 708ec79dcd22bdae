//! What the shop sells, with what is on hand.

use super::{
    Mark,
    form::{Field, Filter},
    table::{Cell, Column, Table, empty, next_page},
};
use crate::components::{Glyph, Icon};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Products {
    pub summary: String,
    pub query: String,
    /// Whether the archived ones are shown instead.
    pub archived: bool,
    pub rows: Vec<ProductRow>,
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ProductRow {
    pub href: String,
    pub name: String,
    pub codes: String,
    pub category: String,
    pub price: String,
    pub on_hand: String,
    pub low: bool,
    pub marks: Vec<Mark>,
}

const COLUMNS: [Column; 4] =
    [Column::Words("Product"), Column::Words("Category"), Column::Figures("Price"), Column::Figures("On hand")];

pub fn show(page: Products) -> AnyView {
    let Products { summary, query, archived, rows, next } = page;
    let rows: Vec<_> = rows.into_iter().map(cells).collect();
    let content = match (rows.is_empty(), query.is_empty(), archived) {
        (false, ..) => view! { <Table caption="Products" columns=&COLUMNS rows=rows/> }.into_any(),
        (true, false, _) => empty("Nothing found.", "Names, SKUs and barcodes are searched."),
        (true, true, true) => {
            empty("Nothing is archived.", "A deleted product that a late sale brings back is kept here.")
        }
        (true, true, false) => empty("No products yet.", "Add the first; the tills have it a moment later."),
    };
    let tab = |name: &'static str, href: &'static str, here: bool| {
        view! { <a href=href aria-current=here.then_some("true")>{name}</a> }
    };
    view! {
        <div class="heading with-action">
            <div>
                <h1>"Products"</h1>
                <p class="soft">{summary}</p>
            </div>
            <a class="button primary" href="/office/products/new"><Icon glyph=Glyph::Plus/> "Add a product"</a>
        </div>
        <div class="tabs" role="navigation" aria-label="Which products">
            {tab("For sale", "/office/products", !archived)} {tab("Archived", "/office/products?archived=yes", archived)}
        </div>
        <Filter action="/office/products" button="Search">
            {archived.then(|| view! { <input type="hidden" name="archived" value="yes"/> })}
            <Field label="Search products" name="query" kind="search" value=query/>
        </Filter>
        {content}
        {next_page(next)}
    }
    .into_any()
}

fn cells(row: ProductRow) -> Vec<Cell> {
    vec![
        Cell::new(row.name).leading_to(row.href).with(row.codes).marked(row.marks),
        Cell::new(row.category),
        Cell::new(row.price),
        Cell::new(row.on_hand).standing_out(row.low),
    ]
}
