//! The frame of every page but the sell screen: a way back, a title, the badge.

use super::{banners::Banners, header::ConnectionBadge, mounted::IntoMounted};
use crate::components::{Glyph, Icon};
use leptos::prelude::*;

#[component]
pub fn Page<C: IntoView + 'static>(#[prop(into)] title: Signal<String>, children: TypedChildren<C>) -> AnyView {
    frame(title, children.into_inner()().mounted())
}

fn frame(title: Signal<String>, content: AnyView) -> AnyView {
    view! {
        <div class="till-page">
            <header class="till-header">
                <a href="/till" class="button quiet" aria-label="Back to the till">
                    <Icon glyph=Glyph::Back/>
                    <span class="wide-only">"Till"</span>
                </a>
                <h1>{title}</h1>
                <span class="grow"></span>
                <ConnectionBadge/>
            </header>
            <Banners/>
            <main>{content}</main>
        </div>
    }
    .mounted()
}
