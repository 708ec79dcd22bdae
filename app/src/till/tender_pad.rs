//! The ways to pay: exact cash and likely notes at one tap each, an amount to type, card, anything else by name.

use super::{
    dynamic::{alert, part, text},
    handle::use_till,
    mounted::IntoMounted,
    pay::Offer,
    tendering::{looks_scanned, quick_amounts},
};
use crate::components::{Glyph, Icon, NumberPad};
use keeptill_domain::{Money, TenderType};
use leptos::{ev, html, prelude::*};

const NAME_LENGTH_MAX: &str = "40";

#[component]
pub fn TenderPad(
    left: Memo<Money>,
    #[prop(into)] busy: Signal<bool>,
    #[prop(into)] on_offer: Callback<Offer>,
) -> impl IntoView {
    let till = use_till();
    let typed = RwSignal::new(String::new());
    let decimals = till.currency.get_untracked().minor_digits() > 0;
    let naming = RwSignal::new(false);
    let unreadable = RwSignal::new(None::<&str>);
    let cash = move |amount: Option<Money>| {
        on_offer.run(Offer { kind: TenderType::cash(), amount, reference: None });
    };
    // The typed amount, or all that is left; nothing happens for what is no amount.
    let with_typed = move |kind: TenderType, reference: Option<String>| {
        let text = typed.get_untracked();
        let amount = till.currency.get_untracked().parse_amount(&text);
        let problem = match amount {
            None if !text.trim().is_empty() => Some("That is no amount of money."),
            Some(amount) if looks_scanned(&text, amount, left.get_untracked()) => {
                typed.set(String::new());
                Some("That looks like a barcode, not an amount. Nothing was taken.")
            }
            _ => None,
        };
        unreadable.set(problem);
        if problem.is_none() {
            typed.set(String::new());
            naming.set(false);
            on_offer.run(Offer { kind, amount, reference });
        }
    };
    let quick = move || {
        let amount = |amount: Money| {
            view! {
                <button class="quick" disabled=busy on:click=move |_| cash(Some(amount))>{till.money(amount)}</button>
            }
        };
        Some(quick_amounts(left.get(), till.currency.get()).into_iter().map(amount).collect_view())
    };
    // Enter in the field pays the typed amount in cash.
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        with_typed(TenderType::cash(), None);
    };
    view! {
        <div class="tender-pad num">
            <div class="ways-to-pay">
                {part(move || Some(if naming.get() {
                    view! { <OtherTender busy on_use=move |(kind, reference)| with_typed(kind, reference)/> }.mounted()
                } else {
                    view! {
                        <div class="quick-amounts" role="group" aria-label="Cash">
                            <button
                                class="primary quick exact"
                                autofocus
                                disabled=busy
                                on:click=move |_| cash(None)
                            >
                                "Exact " <span>{text(move || till.money(left.get()))}</span>
                            </button>
                            {part(quick)}
                        </div>
                    }
                    .mounted()
                }))}
                <div class="tender-kinds">
                    <button disabled=busy on:click=move |_| with_typed(TenderType::card(), None)>
                        <Icon glyph=Glyph::Card/>
                        "Card"
                    </button>
                    <button
                        disabled=busy
                        aria-expanded=text(move || naming.get().to_string())
                        on:click=move |_| naming.update(|naming| *naming = !*naming)
                    >
                        <Icon glyph=Glyph::Voucher/>
                        "Other"
                    </button>
                </div>
            </div>
            <form class="typed-amount" on:submit=submit>
                <NumberPad
                    value=typed
                    label="Amount"
                    placeholder=Signal::derive(move || till.plain(left.get()))
                    decimals
                />
                {alert("field-note warn", move || unreadable.get().map(str::to_owned))}
                <button class="typed-cash" disabled=busy><Icon glyph=Glyph::Cash/>"Cash"</button>
            </form>
        </div>
    }
    .mounted()
}

#[component]
fn OtherTender(busy: Signal<bool>, #[prop(into)] on_use: Callback<(TenderType, Option<String>)>) -> impl IntoView {
    let name = NodeRef::<html::Input>::new();
    let reference = NodeRef::<html::Input>::new();
    let text = |field: NodeRef<html::Input>| {
        field.get_untracked().map(|field| field.value().trim().to_owned()).unwrap_or_default()
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let (name, reference) = (text(name).to_lowercase(), text(reference));
        if !name.is_empty() {
            on_use.run((TenderType(name), (!reference.is_empty()).then_some(reference)));
        }
    };
    Effect::new(move |_| {
        if let Some(name) = name.get() {
            // The field is on the page by now; were it not, nothing would be lost.
            let _ = name.focus();
        }
    });
    view! {
        <form class="other-tender" on:submit=submit>
            <label class="field">
                <span>"Name of the payment, such as voucher"</span>
                <input node_ref=name type="text" required maxlength=NAME_LENGTH_MAX autocomplete="off"/>
            </label>
            <label class="field">
                <span>"Reference (optional)"</span>
                <input node_ref=reference type="text" maxlength=NAME_LENGTH_MAX autocomplete="off"/>
            </label>
            <button disabled=busy>"Use it"</button>
        </form>
    }
}
