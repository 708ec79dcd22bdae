//! The frame of every page but the sell screen: a way back, a title, the badge.

use super::{banners::Banners, header::ConnectionBadge};
use crate::components::{Glyph, Icon};
use leptos::prelude::*;
use leptos_router::components::A;

#[component]
pub fn Page(#[prop(into)] title: Signal<String>, children: Children) -> impl IntoView {
    view! {
        <div class="till-page">
            <header class="till-header">
                <A href="/till" attr:class="button quiet" attr:aria-label="Back to the till">
                    <Icon glyph=Glyph::Back/>
                    <span class="wide-only">"Till"</span>
                </A>
                <h1>{title}</h1>
                <span class="grow"></span>
                <ConnectionBadge/>
            </header>
            <Banners/>
            <main>{children()}</main>
        </div>
    }
}
