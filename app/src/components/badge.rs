//! A short fact in a coloured pill.

use leptos::prelude::*;

/// How much a fact asks of the reader. The words always say it too; colour alone never does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Warn,
    Bad,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

#[component]
pub fn Badge<C: IntoView + 'static>(#[prop(into)] tone: Signal<Tone>, children: TypedChildren<C>) -> impl IntoView {
    view! { <span class=move || format!("badge {}", tone.get().class())>{children.into_inner()()}</span> }
}
