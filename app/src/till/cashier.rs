//! Who is selling: picked from the shop's people, and written on each sale.

use super::{
    dynamic::{part, text, when},
    handle::use_till,
    mounted::IntoMounted,
    shelf::initials,
};
use crate::components::{Glyph, Icon, Sheet};
use keeptill_domain::UserId;
use leptos::prelude::*;
use web_sys::Storage;

const KEY: &str = "keeptill.cashier";

/// Who sold when this page was last open. A name, not a log-in: nothing depends on it but the receipt.
pub fn remembered() -> Option<UserId> {
    storage()?.get_item(KEY).ok()??.parse().ok()
}

fn remember(cashier: Option<UserId>) {
    let Some(storage) = storage() else { return };
    // Without storage the choice holds until the page is left.
    let _ = match cashier {
        Some(id) => storage.set_item(KEY, &id.to_string()),
        None => storage.remove_item(KEY),
    };
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

#[component]
pub fn CashierPicker() -> impl IntoView {
    let till = use_till();
    let open = RwSignal::new(false);
    let selling = Memo::new(move |_| till.selling().map(|member| member.name));
    let label = move || match selling.get() {
        Some(name) => format!("Cashier: {name}"),
        None => "Who is selling?".to_owned(),
    };
    view! {
        <button class="quiet cashier" aria-label=text(label) aria-haspopup="dialog" on:click=move |_| open.set(true)>
            {part(move || Some(match selling.get() {
                Some(name) => view! {
                    <i class="avatar">{initials(&name)}</i>
                    <span class="wide-only nowrap">{name}</span>
                }
                .mounted(),
                None => view! {
                    <i class="avatar"><Icon glyph=Glyph::Person/></i>
                    <span class="wide-only nowrap">"Who is selling?"</span>
                }
                .mounted(),
            }))}
        </button>
        {when(move || open.get(), move || view! { <CashierSheet open/> })}
    }
}

#[component]
fn CashierSheet(open: RwSignal<bool>) -> impl IntoView {
    let till = use_till();
    let choose = move |cashier: Option<UserId>| {
        remember(cashier);
        till.cashier.set(cashier);
        open.set(false);
    };
    let staff = till.shelf.with_untracked(|shelf| shelf.catalogue().staff.clone());
    let chosen = till.cashier.get_untracked();
    let person = move |id: Option<UserId>, name: String| {
        let face = match id {
            Some(_) => initials(&name).mounted(),
            None => view! { <Icon glyph=Glyph::Person/> }.mounted(),
        };
        view! {
            <li>
                <button class="row-button" aria-pressed=(id == chosen).to_string() on:click=move |_| choose(id)>
                    <i class="avatar" aria-hidden="true">{face}</i>
                    <span>{name}</span>
                </button>
            </li>
        }
    };
    view! {
        <Sheet label="Who is selling?" on_close=move |()| open.set(false)>
            <h2>"Who is selling?"</h2>
            <ul class="plain-list">
                {staff.into_iter().map(|member| person(Some(member.id), member.name)).collect_view()}
                {person(None, "Nobody in particular".to_owned())}
            </ul>
        </Sheet>
    }
    .mounted()
}
