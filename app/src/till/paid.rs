//! The sale is on disk: the change to give, the receipt, and on to the next customer.

use super::{
    handle::{Paid, use_till},
    mounted::IntoMounted,
};
use crate::components::{Glyph, Icon, Sheet};
use keeptill_domain::Money;
use leptos::prelude::*;

#[component]
pub fn PaidSheet(paid: Paid) -> impl IntoView {
    let till = use_till();
    let next = move || till.paid.set(None);
    let receipt = format!("/till/sales/{}", paid.entry.client_id);
    let number = paid.entry.sale().and_then(|sale| sale.receipt_number).unwrap_or_default();
    let given_back = paid.change > Money::ZERO;
    let currency = till.currency.get_untracked();
    // The sheet is left by a link too; coming back must not find it again.
    on_cleanup(move || {
        till.paid.try_set(None);
    });
    view! {
        <Sheet label="Paid" on_close=move |()| next() class="paid">
            <span class="paid-mark"><Icon glyph=Glyph::Check/></span>
            <h2>"Paid"</h2>
            <div class="num" aria-live="assertive">
                {if given_back {
                    view! {
                        <p class="soft">"Change"</p>
                        <p class="paid-change" data-testid="change">{currency.format(paid.change)}</p>
                    }
                    .mounted()
                } else {
                    view! { <p class="paid-change">{currency.format(paid.total)}</p> }.mounted()
                }}
            </div>
            <p class="soft num">{format!("Receipt {number} is safe on this device.")}</p>
            <div class="actions">
                <a href=receipt.clone() class="button"><Icon glyph=Glyph::Receipt/>"Receipt"</a>
                <a href=format!("{receipt}?print=1") class="button"><Icon glyph=Glyph::Print/>"Print"</a>
                <button class="primary" autofocus on:click=move |_| next()>"Next sale"</button>
            </div>
        </Sheet>
    }
}
