//! How products are grouped, and the taxes that are on them.

use super::{
    form::{Field, Fold, Form, was_tried},
    table::heading,
};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Categories {
    pub categories: Vec<NamedRow>,
    pub taxes: Vec<TaxRow>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NamedRow {
    pub id: String,
    pub name: String,
    /// `12 products`
    pub used: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TaxRow {
    pub id: String,
    pub name: String,
    /// `VAT, 19 %`
    pub label: String,
    /// `19`, in percent.
    pub rate: String,
    pub used: String,
}

pub fn show(page: Categories) -> AnyView {
    let Categories { categories, taxes } = page;
    let none = "None yet.";
    view! {
        {heading("Categories and taxes".into(), "Tills show categories as the chips above their products.".into())}
        <div class="two even">
            <section class="card padded stack" aria-label="Categories">
                <h2>"Categories"</h2>
                {categories.is_empty().then(|| view! { <p class="soft">{none}</p> })}
                {categories.into_iter().map(show_category).collect_view()}
                <Form verb="add-category" class="form inline">
                    <Field label="New category" name="name" required=true/>
                    <button class="primary">"Add the category"</button>
                </Form>
            </section>
            <section class="card padded stack" aria-label="Taxes">
                <h2>"Taxes"</h2>
                {taxes.is_empty().then(|| view! { <p class="soft">{none}</p> })}
                {taxes.into_iter().map(show_tax).collect_view()}
                <Form verb="add-tax" class="form inline">
                    <Field label="New tax" name="name" required=true/>
                    <Field label="Rate in percent" name="rate" inputmode="decimal" required=true/>
                    <button class="primary">"Add the tax"</button>
                </Form>
            </section>
        </div>
    }
    .into_any()
}

fn show_category(row: NamedRow) -> AnyView {
    let NamedRow { id, name, used } = row;
    let (label, tried) = (format!("{name} · {used}"), was_tried("save-category", &id));
    let delete = delete("delete-category", id.clone(), name.clone(), "Its products stay, without a category.");
    view! {
        <Fold label=label class="fold row-fold" open=tried>
            <Form verb="save-category" subject=id class="form inline">
                <Field label="Name of the category" name="name" value=name required=true/>
                <button>"Save"</button>
            </Form>
            {delete}
        </Fold>
    }
    .into_any()
}

fn show_tax(row: TaxRow) -> AnyView {
    let TaxRow { id, name, label, rate, used } = row;
    let (label, tried) = (format!("{label} · {used}"), was_tried("save-tax", &id));
    let says = "Its products stay, without a tax. Receipts already written keep theirs.";
    let delete = delete("delete-tax", id.clone(), name.clone(), says);
    view! {
        <Fold label=label class="fold row-fold" open=tried>
            <Form verb="save-tax" subject=id class="form inline">
                <Field label="Name of the tax" name="name" value=name required=true/>
                <Field label="Rate in percent" name="rate" value=rate inputmode="decimal" required=true/>
                <button>"Save"</button>
            </Form>
            {delete}
        </Fold>
    }
    .into_any()
}

fn delete(verb: &'static str, id: String, name: String, says: &'static str) -> AnyView {
    view! {
        <Form verb=verb subject=id class="form confirm">
            <p class="small soft">{says}</p>
            <button class="danger">{format!("Delete {name}")}</button>
        </Form>
    }
    .into_any()
}
