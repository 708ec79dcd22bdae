//! How much of a product that is weighed or measured.

use super::{
    dynamic::flag,
    handle::use_till,
    mounted::IntoMounted,
    shelf::{price_each, typed_quantity},
};
use crate::components::{NumberPad, Sheet};
use keeptill_domain::ProductId;
use leptos::{ev, prelude::*};

#[component]
pub fn MeasureSheet(product: ProductId) -> impl IntoView {
    let till = use_till();
    let typed = RwSignal::new(String::new());
    let close = move || till.measuring.set(None);
    let Some(shown) = till.shelf.with_untracked(|shelf| shelf.product(product)) else {
        return ().mounted();
    };
    let unit = shown.unit.0.clone();
    let quantity = Memo::new({
        let unit = unit.clone();
        move |_| typed.with(|typed| typed_quantity(typed, &unit).ok()).filter(|quantity| quantity.is_positive())
    });
    let add = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Some(quantity) = quantity.get_untracked() {
            close();
            till.ring_up(product, quantity);
        }
    };
    let price = price_each(&till.currency.get_untracked().format(shown.price_minor), &shown.unit.0);
    let title = format!("How much {}?", shown.name);
    view! {
        <Sheet label=title.clone() on_close=move |()| close() class="measure">
            <form on:submit=add>
                <h2>{title}</h2>
                <p class="soft num">{price}</p>
                <NumberPad
                    value=typed
                    label=format!("Quantity in {unit}")
                    placeholder="0"
                    unit=unit.clone()
                />
                <div class="actions">
                    <button type="button" on:click=move |_| close()>"Cancel"</button>
                    <button class="primary" disabled=flag(move || quantity.get().is_none())>"Add to cart"</button>
                </div>
            </form>
        </Sheet>
    }
    .mounted()
}
