//! Taking up the sales of another till from the file that it saved them to.

use super::{
    dynamic::{alert, part, text},
    handle::use_till,
    page::Page,
    save_file::Passphrase,
    words,
};
use keeptill_sync::till::TillError;
use leptos::{ev, html, prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, js_sys::Uint8Array};

#[component]
pub fn BringInPage() -> impl IntoView {
    let till = use_till();
    let chosen = NodeRef::<html::Input>::new();
    let passphrase = RwSignal::new(String::new());
    let working = RwSignal::new(false);
    let outcome = RwSignal::new(None::<Result<String, String>>);
    let bring_in = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let file = chosen.get_untracked().and_then(|input| input.files()?.get(0));
        let Some(file) = file.filter(|_| !working.get_untracked()) else { return };
        working.set(true);
        outcome.set(None);
        spawn_local(async move {
            let brought = match read(&file).await {
                Some(bytes) => till.bring_in(bytes, passphrase.get_untracked()).await,
                None => Err(TillError::File("The browser could not read this file.".to_owned())),
            };
            let words = brought.map(|brought| words::brought_in(&brought));
            outcome.try_set(Some(words.map_err(|why| format!("{} Nothing was taken up.", sentence(&why)))));
            working.try_set(false);
        });
    };
    let done = move || outcome.get()?.ok().map(|words| view! { <p class="notice" role="status">{words}</p> });
    view! {
        <Page title="Bring in sales">
            <p class="lead">
                "Sales that another till of this shop saved to a file are taken up here and sent in its name. \
                 It works without a connection, and bringing in a file twice changes nothing."
            </p>
            <form class="save-form" on:submit=bring_in>
                <label class="field">
                    <span>"File"</span>
                    <input node_ref=chosen type="file" required accept=".age"/>
                </label>
                <Passphrase label="Passphrase" value=passphrase/>
                {alert("notice bad", move || outcome.get()?.err())}
                {part(done)}
                <button class="primary" disabled=working>
                    {text(move || if working.get() { "Decrypting…" } else { "Bring in" }.to_owned())}
                </button>
            </form>
        </Page>
    }
}

async fn read(file: &File) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

fn sentence(why: &TillError) -> String {
    format!("{}.", why.to_string().trim_end_matches('.'))
}
