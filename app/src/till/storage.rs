//! What the browser promises of its storage, what that means, and a way to try it out.

use super::{
    dynamic::{alert, flag, part, text},
    handle::use_till,
    page::Page,
    words,
};
use crate::components::{Glyph, Icon};
use keeptill_sync::till::StorageReport;
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn StoragePage() -> impl IntoView {
    let till = use_till();
    let report = RwSignal::new(StorageReport::default());
    let working = RwSignal::new(false);
    let outcome = RwSignal::new(None::<Result<String, String>>);
    let look = move || {
        let answer = till.storage();
        spawn_local(async move {
            let known = answer.await;
            report.try_set(known);
        });
    };
    look();
    let ask = move |_| {
        working.set(true);
        let answer = till.ask_to_persist();
        spawn_local(async move {
            let words = words::storage_asked(answer.await);
            outcome.try_set(Some(words.map(str::to_owned).map_err(str::to_owned)));
            working.try_set(false);
            look();
        });
    };
    let test = move |_| {
        working.set(true);
        outcome.set(None);
        let answer = till.test_storage();
        spawn_local(async move {
            let words = answer.await.map(|test| words::storage_tested(&test));
            outcome.try_set(Some(words.map_err(|why| words::storage_failed(&why))));
            working.try_set(false);
        });
    };
    let done = move || outcome.get()?.ok().map(|words| view! { <p class="notice" role="status">{words}</p> });
    let facts = move || {
        let facts = words::storage_facts(&report.get(), till.sync.with(|sync| sync.waiting));
        Some(facts.into_iter().map(|(name, fact)| view! { <div><dt>{name}</dt><dd>{fact}</dd></div> }).collect_view())
    };
    view! {
        <Page title="Storage">
            <p class="lead">{text(move || words::storage_promise(&report.get()).to_owned())}</p>
            <div class="actions start">
                <button
                    class="primary"
                    disabled=flag(move || working.get() || report.get().persisted == Some(true))
                    on:click=ask
                >
                    <Icon glyph=Glyph::Check/>
                    "Ask the browser to keep it"
                </button>
                <button disabled=working on:click=test><Icon glyph=Glyph::Edit/>"Test writing"</button>
            </div>
            {alert("notice bad", move || outcome.get()?.err())}
            {part(done)}
            <dl class="fact-list card num">{part(facts)}</dl>
            <h2>"On an iPhone or iPad"</h2>
            <p>
                "Safari clears what a page has stored when it was not opened for seven days. An app on the Home Screen is \
                 exempt: tap Share, then Add to Home Screen, and pair the till there. It has a storage of its own, so send \
                 what waits in the tab first."
            </p>
            <h2>"On every device"</h2>
            <p>
                "Clearing the browser’s data, removing the app, or a private window that is closed takes away everything \
                 stored here, sales that wait among it. Send them, or save them to a file, before."
            </p>
        </Page>
    }
}
