//! Saving what waits to a file, under a passphrase.

use super::{
    clock,
    dynamic::{alert, part, text},
    handle::use_till,
    mounted::IntoMounted,
    words,
};
use crate::components::{Glyph, Icon, Sheet};
use keeptill_sync::{
    sale_file::{PASSPHRASE_CHARS_MIN, SaleFile, weak_passphrase},
    till::{SavedFile, TillError},
};
use leptos::{ev, prelude::*, task::spawn_local};
use web_sys::{
    Blob, HtmlAnchorElement, Url,
    js_sys::{Array, Uint8Array},
    wasm_bindgen::JsCast,
};

#[component]
pub fn SaveSheet(#[prop(into)] on_close: Callback<()>) -> impl IntoView {
    view! {
        <Sheet label="Save unsent sales to a file" on_close class="stake">
            <h2>"Save unsent sales to a file"</h2>
            <p>
                "The file can be brought in on another till of this shop or in the office. \
                 The sales stay here, too: what arrives twice is recorded once."
            </p>
            <SaveForm/>
            <div class="actions"><button on:click=move |_| on_close.run(())>"Close"</button></div>
        </Sheet>
    }
    .mounted()
}

#[component]
pub fn SaveForm() -> impl IntoView {
    let till = use_till();
    let (passphrase, again) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let working = RwSignal::new(false);
    let outcome = RwSignal::new(None::<Result<String, String>>);
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if working.get_untracked() {
            return;
        }
        let chosen = passphrase.get_untracked();
        let differs = (chosen != again.get_untracked()).then(|| "The two passphrases are not the same.".to_owned());
        if let Some(why) = weak_passphrase(&chosen).or(differs) {
            outcome.set(Some(Err(why)));
            return;
        }
        working.set(true);
        outcome.set(None);
        let sealed = till.save_unsent(chosen);
        spawn_local(async move {
            let saved = sealed.await.and_then(|file| save(&file));
            outcome.try_set(Some(saved.map_err(|why| words::not_saved(&why))));
            working.try_set(false);
        });
    };
    let done = move || outcome.get()?.ok().map(|words| view! { <p class="notice" role="status">{words}</p> });
    view! {
        <form class="save-form" on:submit=save>
            <Passphrase label="Passphrase" value=passphrase/>
            <Passphrase label="The same once more" value=again/>
            <p class="small soft">
                {format!("At least {PASSPHRASE_CHARS_MIN} characters. Without it nobody can open the file, not even the office.")}
            </p>
            {alert("notice bad", move || outcome.get()?.err())}
            {part(done)}
            <button disabled=working>
                <Icon glyph=Glyph::Download/>
                {text(move || if working.get() { "Encrypting…" } else { "Save to a file" }.to_owned())}
            </button>
        </form>
    }
    .mounted()
}

#[component]
pub fn Passphrase(label: &'static str, value: RwSignal<String>) -> impl IntoView {
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type="password"
                required
                autocomplete="off"
                prop:value=value
                on:input:target=move |event| value.set(event.target().value())
            />
        </label>
    }
}

/// Hands the file over as a download.
fn save(file: &SavedFile) -> Result<String, TillError> {
    let name = SaleFile::name(&clock::file_stamp(clock::now()));
    download(&name, &file.bytes).ok_or_else(|| TillError::File("The browser refused the file".to_owned()))?;
    Ok(format!("{} in {name}. Keep it and its passphrase apart.", words::are(file.sales)))
}

fn download(name: &str, bytes: &[u8]) -> Option<()> {
    let blob = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The click has taken its own hold on the content.
    Url::revoke_object_url(&url).ok()
}
