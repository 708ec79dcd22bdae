//! One line of the cart. The selected one shows its controls: fewer, more, a quantity to type, remove.

use super::{
    dynamic::{part, text},
    handle::{LineKey, use_till},
    mounted::IntoMounted,
    shelf::{price_each, short_of, typed_quantity},
};
use crate::components::{Glyph, Icon};
use keeptill_domain::Quantity;
use leptos::prelude::*;

#[component]
pub fn CartLineRow(key_of_line: LineKey) -> impl IntoView {
    let till = use_till();
    let key = key_of_line;
    let line =
        Memo::new(move |_| till.cart.with(|cart| cart.lines.iter().find(|line| LineKey::of(line) == key).cloned()));
    let Some(shown) = line.get_untracked() else { return ().mounted() };
    let selected = Memo::new(move |_| till.selected.get() == Some(key));
    let toggle = move |_| till.selected.set((!selected.get_untracked()).then_some(key));
    let quantity = Memo::new(move |_| line.get().map(|line| line.quantity).unwrap_or_default());
    let amount = move || line.get().map(|line| till.plain(line.amount())).unwrap_or_default();
    let (unit_price, unit) = (shown.unit_price, shown.unit.clone());
    let price = move || price_each(&till.plain(unit_price), &unit);
    let name = shown.name.clone();
    let label = move || format!("{} × {name}, {}", quantity.get(), amount());
    let product = shown.product_id;
    let short = Memo::new(move |_| {
        let wanted = till.cart.with(|cart| cart.quantity_of(product));
        till.shelf.with(|shelf| short_of(wanted, shelf.stock_of(&*shelf.product(product)?)))
    });
    let (unit, name) = (shown.unit.clone(), shown.name.clone());
    view! {
        <li class="line" class:selected=selected>
            <button class="line-head" aria-expanded=text(move || selected.get().to_string()) aria-label=text(label) on:click=toggle>
                <span class="line-quantity num">{text(move || quantity.get().to_string())}</span>
                <span class="line-name">
                    <b>{shown.name}</b>
                    <span class="small soft num">{text(price)}</span>
                    {part(move || short.get().map(|known| view! {
                        <span class="small warn num">{format!("Only {known} left, as last known")}</span>
                    }))}
                </span>
                <b class="num">{text(amount)}</b>
            </button>
            {part(move || selected.get().then(|| view! {
                <LineControls key_of_line=key name=name.clone() unit=unit.clone() quantity/>
            }))}
        </li>
    }
    .mounted()
}

#[component]
fn LineControls(key_of_line: LineKey, name: String, unit: String, quantity: Memo<Quantity>) -> impl IntoView {
    let till = use_till();
    let key = key_of_line;
    let step = move |by: Quantity| till.set_quantity(key, quantity.get_untracked() + by);
    let typed = move |text: String| match typed_quantity(&text, &unit) {
        Ok(quantity) => till.set_quantity(key, quantity),
        Err(why) => till.warning.set(Some(why)),
    };
    view! {
        <div class="line-controls">
            <button aria-label=format!("One less {name}") on:click=move |_| step(-Quantity::ONE)>
                <Icon glyph=Glyph::Minus/>
            </button>
            <input
                class="num"
                type="text"
                inputmode="decimal"
                autocomplete="off"
                maxlength="14"
                aria-label=format!("Quantity of {name}")
                prop:value=text(move || quantity.get().to_string())
                on:focus:target=move |event| event.target().select()
                on:keydown:target=move |event| {
                    if event.key() == "Enter" {
                        // Leaves the field, so that the next scan goes to the search.
                        let _ = event.target().blur();
                    }
                }
                on:change:target=move |event| {
                    typed(event.target().value());
                    // What was not taken over is put back.
                    event.target().set_value(&quantity.get_untracked().to_string());
                }
            />
            <button aria-label=format!("One more {name}") on:click=move |_| step(Quantity::ONE)>
                <Icon glyph=Glyph::Plus/>
            </button>
            <span class="grow"></span>
            <button class="quiet" aria-label=format!("Remove {name}") on:click=move |_| till.remove_line(key)>
                <Icon glyph=Glyph::Trash/>
            </button>
        </div>
    }
}
