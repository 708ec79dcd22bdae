//! What there is to say about a product, to add one or to change it.

use super::{
    Choice,
    form::{Field, Form, Select, Tick},
};
use crate::components::{Glyph, Icon};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct ProductForm {
    pub name: String,
    pub sku: String,
    pub barcode: String,
    pub category: String,
    pub tax: String,
    pub price: String,
    pub unit: String,
    pub track_stock: bool,
    pub image: String,
    pub categories: Vec<Choice>,
    pub taxes: Vec<Choice>,
    /// `EUR`, and whether tax is in the price.
    pub price_hint: String,
}

pub fn show_new(form: ProductForm) -> AnyView {
    view! {
        <p class="crumbs small"><a href="/office/products"><Icon glyph=Glyph::Back/> "Products"</a></p>
        <h1>"Add a product"</h1>
        <div class="card padded narrow">{show_fields(form, "add", "Add the product")}</div>
    }
    .into_any()
}

pub fn show_fields(form: ProductForm, verb: &'static str, button: &'static str) -> AnyView {
    view! {
        <Form verb=verb>
            <Field label="Name" name="name" value=form.name required=true/>
            <div class="pair">
                <Field label="Price" name="price" value=form.price inputmode="decimal" hint=form.price_hint required=true/>
                <Field label="Sold by" name="unit" value=form.unit hint="each, or a measure such as kg or l" required=true/>
            </div>
            <div class="pair">
                <Select label="Category" name="category" value=form.category choices=form.categories/>
                <Select label="Tax" name="tax" value=form.tax choices=form.taxes/>
            </div>
            <div class="pair">
                <Field label="SKU" name="sku" value=form.sku/>
                <Field label="Barcode" name="barcode" value=form.barcode inputmode="numeric"/>
            </div>
            <Field label="Picture (address)" name="image" value=form.image kind="url" hint="Begins with https://; may be left empty"/>
            <Tick
                label="Track stock"
                name="trackStock"
                checked=form.track_stock
                hint="Each sale is checked against what is on hand. Leave it off for what is made to order."
            />
            <div class="buttons"><button class="primary">{button}</button></div>
        </Form>
    }
    .into_any()
}
