//! A short fact in a coloured pill.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// How much a fact asks of the reader. The words always say it too; colour alone never does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
pub fn Badge(#[prop(into)] tone: Signal<Tone>, children: Children) -> impl IntoView {
    view! { <span class=move || format!("badge {}", tone.get().class())>{children()}</span> }
}
