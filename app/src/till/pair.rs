//! Makes this browser a till of the shop, with the code that the office shows.

use super::{
    dynamic::{alert, part, text, when},
    handle::{Stage, use_till},
    mounted::IntoMounted,
    stake::StakeSheet,
    words,
};
use keeptill_sync::till::Connection;
use leptos::{ev, prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

#[component]
pub fn PairPage() -> impl IntoView {
    let till = use_till();
    let paired = Memo::new(move |_| till.stage.get() == Stage::Paired);
    let disconnected = Memo::new(move |_| till.sync.with(|sync| sync.connection == Connection::Unauthorised));
    view! {
        <main class="standstill">
            <img src="/icons/icon.svg" alt="" width="64" height="64"/>
            {part(move || Some(if paired.get() && !disconnected.get() {
                view! { <AlreadyPaired/> }.mounted()
            } else {
                view! { <PairForm again=paired.get()/> }.mounted()
            }))}
        </main>
    }
    .mounted()
}

#[component]
fn AlreadyPaired() -> impl IntoView {
    let till = use_till();
    view! {
        <h1>"Nothing to do"</h1>
        <p>{text(move || format!("This browser is already paired as {}.", till.device_name()))}</p>
        <a href="/till" class="button primary">"Go to the till"</a>
    }
}

#[component]
fn PairForm(again: bool) -> impl IntoView {
    let till = use_till();
    let navigate = StoredValue::new_local(use_navigate());
    let from_link = use_query_map().with_untracked(|query| query.get("code")).unwrap_or_default();
    let linked = !from_link.is_empty();
    let code = RwSignal::new(from_link);
    let working = RwSignal::new(false);
    let failure = RwSignal::new(None::<String>);
    let asking = RwSignal::new(false);
    let pair = move || {
        let typed = tidy(&code.get_untracked());
        asking.set(false);
        working.set(true);
        failure.set(None);
        let answer = till.pair(typed);
        spawn_local(async move {
            match answer.await {
                Ok(()) => {
                    let to_the_till = NavigateOptions { replace: true, ..NavigateOptions::default() };
                    navigate.try_with_value(|navigate| navigate("/till", to_the_till));
                }
                Err(why) => failure.set(Some(words::not_paired(&why))),
            }
            working.try_set(false);
        });
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if working.get_untracked() || tidy(&code.get_untracked()).is_empty() {
            return;
        }
        if untrack(|| till.holds_unsent()) {
            asking.set(true);
        } else {
            pair();
        }
    };
    view! {
        <form class="pair-form" on:submit=submit>
            <h1>"Pair this till"</h1>
            <p class="soft">
                {if again {
                    "The sales on this device are safe. Type a new code from the office, and they are sent."
                } else {
                    "Once, with the network on. The code is in the office under Devices. \
                     After that this browser sells with or without a connection."
                }}
            </p>
            <label class="field">
                <span>"Pairing code"</span>
                <input
                    class="num code-input"
                    type="text"
                    required
                    autofocus=!linked
                    autocomplete="off"
                    autocapitalize="characters"
                    spellcheck="false"
                    maxlength="32"
                    placeholder="K7QF-2M9X"
                    prop:value=code
                    on:input:target=move |event| code.set(event.target().value())
                />
            </label>
            {alert("notice bad", move || failure.get())}
            <button class="primary" autofocus=linked disabled=working>
                {text(move || if working.get() { "Pairing…" } else { "Pair this till" }.to_owned())}
            </button>
        </form>
        {when(move || asking.get(), move || view! {
            <StakeSheet
                title="Pair this till anew?"
                what="Paired with the shop that they belong to, the till sends them. A code of another shop is refused \
                      for as long as they wait."
                go="Pair"
                on_go=move |()| pair()
                on_close=move |()| asking.set(false)
            />
        })}
    }
}

/// As the office writes it: capitals, no spaces.
fn tidy(code: &str) -> String {
    code.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_uppercase).collect()
}
