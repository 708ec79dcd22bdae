//! One product to tap: initials on a colour of its own, name, price, last known stock, how many are in the cart.

use super::{
    dynamic::{flag, part, text},
    handle::use_till,
    mounted::IntoMounted,
    shelf::{hue, initials, is_low, is_measured},
};
use keeptill_domain::{ProductId, Quantity};
use leptos::prelude::*;

#[component]
pub fn ProductTile(id: ProductId) -> impl IntoView {
    let till = use_till();
    let Some(product) = till.shelf.with_untracked(|shelf| shelf.product(id)) else {
        return ().mounted();
    };
    let stock =
        Memo::new(move |_| till.shelf.with(|shelf| shelf.product(id).and_then(|product| shelf.stock_of(&product))));
    let in_cart = Memo::new(move |_| till.cart.with(|cart| cart.quantity_of(id)));
    let price = till.currency.get_untracked().format(product.price_minor);
    let price = if is_measured(&product.unit.0) { format!("{price} / {}", product.unit.0) } else { price };
    let name = product.name.clone();
    let label = {
        let (name, price) = (name.clone(), price.clone());
        move || match stock.get() {
            Some(left) => format!("{name}, {price}, {left} left"),
            None => format!("{name}, {price}"),
        }
    };
    let (hue, initials) = (hue(&name).to_string(), initials(&name));
    let low = move || stock.get().is_some_and(is_low);
    let left = move || match stock.get() {
        Some(left) if is_low(left) => format!("{left} left"),
        Some(left) => left.to_string(),
        None => "—".to_owned(),
    };
    view! {
        <button
            class="tile"
            class:in-cart=flag(move || in_cart.get() > Quantity::ZERO)
            style=("--hue", hue)
            aria-label=text(label)
            on:click=move |_| till.pick(id)
        >
            <span class="tile-initials" aria-hidden="true">{initials}</span>
            <b class="tile-name">{name}</b>
            <span class="tile-foot num">
                <b>{price}</b>
                <span class="tile-stock" class:low=flag(low)>{text(left)}</span>
            </span>
            {part(move || {
                let count = in_cart.get();
                (count > Quantity::ZERO).then(|| view! { <span class="tile-count num">{count.to_string()}</span> })
            })}
        </button>
    }
    .mounted()
}
