//! One product: what is known of it, what is on hand, and how that came about.

use super::{
    Choice, Mark, ProductForm,
    form::{Field, Fold, Form, Select, was_tried},
    product_form::show_fields,
    table::{Cell, Column, Table, empty, show_mark},
};
use crate::components::{Glyph, Icon};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ProductPage {
    pub name: String,
    pub marks: Vec<Mark>,
    pub form: ProductForm,
    /// One for each store; none where stock is not tracked.
    pub on_hand: Vec<OnHand>,
    pub stores: Vec<Choice>,
    pub reasons: Vec<Choice>,
    pub movements: Vec<MovementRow>,
    /// What deleting it means, in a sentence.
    pub delete: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OnHand {
    pub store: String,
    pub quantity: String,
    pub low: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct MovementRow {
    pub at: String,
    pub what: String,
    /// The sale that caused it; may be empty.
    pub href: String,
    pub who: String,
    pub note: String,
    pub delta: String,
}

const MOVEMENTS: [Column; 4] =
    [Column::Words("When"), Column::Words("What"), Column::Words("Who"), Column::Figures("Change")];

pub fn show(page: ProductPage) -> AnyView {
    let ProductPage { name, marks, form, on_hand, stores, reasons, movements, delete } = page;
    let tracked = !on_hand.is_empty();
    let stock = tracked.then(|| {
        let other_stores = stores.clone();
        view! {
            <section class="card padded stock">
                <h2>"Stock"</h2>
                {on_hand.into_iter().map(show_on_hand).collect_view()}
                <Form verb="count" class="form inline">
                    {store_field(stores)}
                    <Field label="Counted" name="counted" inputmode="decimal" required=true/>
                    <button>"Record the count"</button>
                </Form>
                <Fold label="Something came in or went out" open=was_tried("move", "")>
                    <Form verb="move">
                        {store_field(other_stores)}
                        <Field
                            label="How many"
                            name="delta"
                            inputmode="decimal"
                            hint="With a minus for what went out: −2"
                            required=true
                        />
                        <Select label="Reason" name="reason" choices=reasons/>
                        <Field label="Note" name="note"/>
                        <button>"Record the movement"</button>
                    </Form>
                </Fold>
            </section>
        }
    });
    let rows: Vec<_> = movements.into_iter().map(cells).collect();
    let history = tracked.then(|| {
        let content = if rows.is_empty() {
            empty("Nothing has moved yet.", "Count what is there, and the tills know it.")
        } else {
            view! { <Table caption="Last movements" columns=&MOVEMENTS rows=rows/> }.into_any()
        };
        view! {
            <h2>"Last movements"</h2>
            {content}
        }
    });
    view! {
        <p class="crumbs small">
            <a href="/office/products"><Icon glyph=Glyph::Back/> "Products"</a>
            {marks.into_iter().map(show_mark).collect_view()}
        </p>
        <h1>{name}</h1>
        <div class="two">
            <section class="card padded">{show_fields(form, "save", "Save")}</section>
            <div class="stack">
                {stock}
                <Fold label="Delete this product" class="fold danger-fold">
                    <p>{delete}</p>
                    <Form verb="delete"><button class="danger">"Delete"</button></Form>
                </Fold>
            </div>
        </div>
        {history}
    }
    .into_any()
}

/// With one store there is nothing to choose.
pub fn store_field(stores: Vec<Choice>) -> AnyView {
    match stores.as_slice() {
        [only] => view! { <input type="hidden" name="store" value=only.value.clone()/> }.into_any(),
        _ => view! { <Select label="Store" name="store" choices=stores/> }.into_any(),
    }
}

fn show_on_hand(on_hand: OnHand) -> AnyView {
    let class = if on_hand.low { "on-hand num short" } else { "on-hand num" };
    view! {
        <p class=class data-testid="on-hand">
            <b>{on_hand.quantity}</b>
            " on hand"
            {(!on_hand.store.is_empty()).then(|| view! { <span class="soft">" in " {on_hand.store}</span> })}
        </p>
    }
    .into_any()
}

fn cells(row: MovementRow) -> Vec<Cell> {
    vec![
        Cell::new(row.at),
        Cell::new(row.what).leading_to(row.href).with(row.note),
        Cell::new(row.who),
        Cell::new(row.delta),
    ]
}
