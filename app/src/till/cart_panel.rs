//! The cart: its lines, what they come to, and the Pay button, which is always in sight.
//!
//! On a narrow or upright screen the lines hide behind the sum until they are asked for.

use super::{
    cart_line::CartLineRow,
    dynamic::{alert, flag, part, text, when},
    handle::{LineKey, use_till},
    mounted::IntoMounted,
    words,
};
use crate::components::{Glyph, Icon};
use keeptill_domain::Cart;
use leptos::prelude::*;

#[component]
pub fn CartPanel(#[prop(into)] on_pay: Callback<()>) -> impl IntoView {
    let till = use_till();
    let open = RwSignal::new(false);
    let count = Memo::new(move |_| till.cart.with(Cart::item_count));
    let empty = Memo::new(move |_| till.cart.with(Cart::is_empty));
    let keys = Memo::new(move |_| till.cart.with(|cart| cart.lines.iter().map(LineKey::of).collect::<Vec<_>>()));
    view! {
        <section class="cart" class:open=open aria-label="Cart">
            <div class="cart-top">
                <h2 class="num">"Cart" {text(move || if empty.get() { String::new() } else { format!(" · {}", words::items(count.get())) })}</h2>
                <button
                    class="cart-toggle quiet num"
                    aria-expanded=text(move || open.get().to_string())
                    on:click=move |_| open.update(|open| *open = !*open)
                >
                    <Icon glyph=Glyph::ChevronUp/>
                    <span>"Cart, " {text(move || words::items(count.get()))}</span>
                </button>
                <button class="quiet" disabled=empty on:click=move |_| till.clear_cart()>"Clear"</button>
            </div>
            <div class="cart-lines">
                <ul class="plain-list" aria-label="Cart lines">
                    <For each=move || keys.get() key=|key| *key let:key>
                        <CartLineRow key_of_line=key/>
                    </For>
                </ul>
                {when(move || empty.get(), || view! { <p class="cart-empty soft">"Tap a product or scan one."</p> })}
            </div>
            <UndoBar/>
            {alert("cart-warning warn", move || till.warning.get())}
            <CartSum/>
            <PayButton on_pay/>
        </section>
    }
    .mounted()
}

#[component]
fn UndoBar() -> impl IntoView {
    let till = use_till();
    let words = move || if till.cart.with(Cart::is_empty) { "Cart cleared" } else { "Line removed" };
    when(
        move || till.undo.with(Option::is_some),
        move || {
            view! {
                <div class="undo-bar">
                    <span>{text(move || words().to_owned())}</span>
                    <button class="quiet" on:click=move |_| till.undo_last()><Icon glyph=Glyph::Undo/>"Undo"</button>
                </div>
            }
        },
    )
}

#[component]
fn CartSum() -> impl IntoView {
    let till = use_till();
    let totals = Memo::new(move |_| {
        let included = till.prices_include_tax.get();
        till.cart.with(|cart| {
            let totals = cart.totals(included);
            (totals.net, totals.total, cart.tax_by_rate(included))
        })
    });
    let tax_rows = move || {
        let rates = totals.get().2;
        let row = |(rate, tax)| {
            let name = till.shelf.with(|shelf| shelf.tax_name(rate));
            view! { <div class="sum-row"><span>{name}</span><span>{till.plain(tax)}</span></div> }
        };
        Some(rates.into_iter().map(row).collect_view())
    };
    view! {
        <div class="cart-sum num">
            <div class="sum-row"><span>"Net"</span><span>{text(move || till.plain(totals.get().0))}</span></div>
            {part(tax_rows)}
            <div class="sum-row total">
                <span>"Total"</span>
                <span data-testid="total">{text(move || till.money(totals.get().1))}</span>
            </div>
        </div>
    }
    .mounted()
}

#[component]
fn PayButton(on_pay: Callback<()>) -> impl IntoView {
    let till = use_till();
    let total = Memo::new(move |_| {
        let included = till.prices_include_tax.get();
        till.cart.with(|cart| (!cart.is_empty()).then(|| cart.totals(included).total))
    });
    view! {
        <button
            class="primary pay-button num"
            aria-haspopup="dialog"
            disabled=flag(move || total.get().is_none())
            on:click=move |_| on_pay.run(())
        >
            "Pay " {text(move || total.get().map(|total| till.money(total)).unwrap_or_default())}
        </button>
    }
}
