//! Taking the money. A sale is paid once the till has it on disk, and not a moment before.

use super::{
    dynamic::{alert, part, text, when},
    handle::{Paid, use_till},
    mounted::IntoMounted,
    tender_pad::TenderPad,
    tendering::{NotATender, left_to_pay, offer},
    words,
};
use crate::components::{Glyph, Icon, Sheet};
use keeptill_domain::{Money, Tender, TenderType};
use leptos::{prelude::*, task::spawn_local};

/// What the customer offers: how, how much (all that is left, if `None`), and its number.
#[derive(Clone, Debug)]
pub struct Offer {
    pub kind: TenderType,
    pub amount: Option<Money>,
    pub reference: Option<String>,
}

#[component]
pub fn PaySheet(#[prop(into)] on_close: Callback<()>) -> impl IntoView {
    let till = use_till();
    // What is paid is what stood in the cart when the sheet opened, whatever another tab does to it meanwhile.
    let cart = StoredValue::new(till.cart.get_untracked());
    let total = cart.with_value(|cart| cart.totals(till.prices_include_tax.get_untracked()).total);
    let tenders = RwSignal::new(Vec::<Tender>::new());
    let recording = RwSignal::new(false);
    let failure = RwSignal::new(None::<String>);
    let left = Memo::new(move |_| tenders.with(|tenders| left_to_pay(total, tenders)));

    let record = move |offered: Vec<Tender>| {
        recording.set(true);
        let change = offered.iter().map(|tender| tender.change_minor).sum();
        let recorded = till.record_sale(cart.get_value(), offered);
        spawn_local(async move {
            match recorded.await {
                Ok(entry) => {
                    till.start_afresh();
                    till.paid.set(Some(Paid { entry, total, change }));
                    on_close.run(());
                }
                Err(why) => {
                    failure.set(Some(words::not_recorded(&why)));
                    recording.set(false);
                }
            }
        });
    };
    let take = move |offered: Offer| {
        // A second tap finds this set before the first one's sale is on disk.
        if recording.get_untracked() {
            return;
        }
        let before = tenders.get_untracked();
        match offer(total, &before, offered.kind, offered.amount, offered.reference) {
            Ok(after) if left_to_pay(total, &after) == Money::ZERO => {
                failure.set(None);
                record(after);
            }
            Ok(after) => {
                failure.set(None);
                tenders.set(after);
            }
            Err(NotATender::Nothing) => failure.set(Some("Type an amount above zero.".to_owned())),
            Err(NotATender::TooMuch) => {
                let left = till.currency.get_untracked().format(left_to_pay(total, &before));
                failure.set(Some(format!("Only cash gives change. {left} is left to pay.")));
            }
        }
    };
    let title = format!("Pay {}", till.currency.get_untracked().format(total));
    view! {
        <Sheet label=title.clone() on_close busy=recording class="pay">
            <div class="sheet-top">
                <h2 class="num">{title}</h2>
                <button
                    class="quiet"
                    disabled=recording
                    aria-label="Back to cart"
                    on:click=move |_| on_close.run(())
                >
                    <Icon glyph=Glyph::Close/>
                </button>
            </div>
            {alert("notice bad", move || failure.get())}
            <GivenTenders tenders left busy=recording/>
            <TenderPad left busy=recording on_offer=take/>
        </Sheet>
    }
    .mounted()
}

/// What was given so far when a sale is paid in parts.
#[component]
fn GivenTenders(tenders: RwSignal<Vec<Tender>>, left: Memo<Money>, busy: RwSignal<bool>) -> impl IntoView {
    let till = use_till();
    let remove = move |place: usize| {
        tenders.update(|tenders| {
            tenders.remove(place);
        });
    };
    let rows = move || {
        let row = |(place, tender): (usize, Tender)| {
            let name = words::tender_name(&tender.kind);
            view! {
                <li class="sum-row">
                    <span>{name.clone()}</span>
                    <span class="grow"></span>
                    <span>{till.money(tender.amount_minor)}</span>
                    <button
                        class="quiet"
                        disabled=busy
                        aria-label=format!("Take back {name}")
                        on:click=move |_| remove(place)
                    >
                        <Icon glyph=Glyph::Undo/>
                    </button>
                </li>
            }
        };
        Some(tenders.get().into_iter().enumerate().map(row).collect_view())
    };
    when(
        move || tenders.with(|tenders| !tenders.is_empty()),
        move || {
            view! {
                <div class="given num">
                    <ul class="plain-list" aria-label="Given so far">{part(rows)}</ul>
                    <p class="strong" aria-live="polite">"Left to pay " {text(move || till.money(left.get()))}</p>
                </div>
            }
        },
    )
}
