//! What stands before anything that sales which wait might not survive: how many there are, what was taken for them,
//! and a way to have them in a file first.

use super::{
    dynamic::{part, text},
    handle::use_till,
    mounted::IntoMounted,
    save_file::SaveForm,
    words,
};
use crate::components::Sheet;
use keeptill_sync::till::AtStake;
use leptos::{prelude::*, task::spawn_local};

#[component]
pub fn StakeSheet(
    title: &'static str,
    /// What becomes of what waits.
    what: &'static str,
    /// On the button that does it.
    go: &'static str,
    #[prop(into)] on_go: Callback<()>,
    #[prop(into)] on_close: Callback<()>,
) -> impl IntoView {
    let till = use_till();
    let stake = RwSignal::new(None::<Result<AtStake, String>>);
    Effect::new(move |_| {
        till.journal.track();
        let answer = till.at_stake();
        spawn_local(async move {
            let known = answer.await.map_err(|why| why.to_string());
            stake.try_set(Some(known));
        });
    });
    let sentence = move || match &*stake.read() {
        None => "Counting what waits…".to_owned(),
        Some(Ok(stake)) => words::at_stake(stake),
        Some(Err(why)) => format!("What waits could not be counted: {why}."),
    };
    let any = Memo::new(move |_| !matches!(&*stake.read(), None | Some(Ok(AtStake { sales: 0, .. }))));
    let offer = move || any.get().then(|| view! { <SaveForm/> });
    view! {
        <Sheet label=title on_close class="stake">
            <h2>{title}</h2>
            <p class="strong num" role="alert">{text(sentence)}</p>
            <p>{what}</p>
            {part(offer)}
            <div class="actions">
                <button on:click=move |_| on_close.run(())>"Not now"</button>
                <button class="danger" on:click=move |_| on_go.run(())>{go}</button>
            </div>
        </Sheet>
    }
    .mounted()
}
