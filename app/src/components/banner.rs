//! A sentence across the page that stays until it is no longer true, with what can be done about it.

use super::Tone;
use leptos::prelude::*;

#[component]
pub fn Banner<C: IntoView + 'static>(
    tone: Tone,
    /// `alert` interrupts a screen reader, `status` waits its turn.
    #[prop(default = "status")]
    role: &'static str,
    children: TypedChildren<C>,
) -> impl IntoView {
    view! { <div class=format!("banner {}", tone.class()) role=role>{children.into_inner()()}</div> }
}
