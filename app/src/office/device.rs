//! One till: how it is paired, what it last said, what is missing.

use super::{
    LogRow, Mark,
    form::{Fold, Form},
    log::{COLUMNS, cells},
    table::{Table, empty, show_mark},
};
use crate::components::{Glyph, Icon};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct DevicePage {
    pub name: String,
    pub mark: Mark,
    /// What is wrong with it, in a sentence; empty where nothing is.
    pub problem: String,
    pub pairing: Option<Pairing>,
    pub paired: bool,
    pub revoked: bool,
    pub facts: Vec<Fact>,
    pub syncs: Vec<LogRow>,
    /// The sync log of this till alone.
    pub log: String,
    /// What disconnecting it means, in a sentence.
    pub revoke: String,
}

/// A way to pair that holds for an hour, shown to who asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairing {
    pub code: String,
    pub link: String,
    /// The link as an image, in SVG of our own making.
    pub qr: String,
    /// `14:30`
    pub until: String,
}

/// `Last seen` · `20 s ago`
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    pub name: String,
    pub value: String,
}

pub fn show(page: DevicePage) -> AnyView {
    let DevicePage { name, mark, problem, pairing, paired, revoked, facts, syncs, log, revoke } = page;
    let fact = |fact: Fact| {
        view! {
            <dt>{fact.name}</dt>
            <dd>{fact.value}</dd>
        }
    };
    let syncs: Vec<_> = syncs.into_iter().map(cells).collect();
    let history = if syncs.is_empty() {
        empty("It has not been heard of yet.", "Each time it asks or sends, a line is written here.")
    } else {
        view! {
            <Table caption="Last contacts" columns=&COLUMNS rows=syncs/>
            <p class="next"><a href=log>"All of them"</a></p>
        }
        .into_any()
    };
    let has_code = pairing.is_some();
    view! {
        <p class="crumbs small">
            <a href="/office/devices"><Icon glyph=Glyph::Back/> "Devices"</a>
            {show_mark(mark)}
        </p>
        <h1>{name}</h1>
        {(!problem.is_empty()).then(|| view! { <p class="banner warn">{problem}</p> })}
        {pairing.map(show_pairing)}
        <div class="two">
            <section class="card padded">
                <h2>"What it last said"</h2>
                <dl class="facts num">{facts.into_iter().map(fact).collect_view()}</dl>
            </section>
            <div class="stack">
                <section class="card padded">
                    <h2>{if paired { "Pair it again" } else { "Pair it" }}</h2>
                    <p class="soft small">
                        {if paired {
                            "For a new tablet or a browser that was cleared. The one paired before is disconnected when the code is used."
                        } else {
                            "The code works once, within an hour."
                        }}
                    </p>
                    <Form verb="code">
                        <button class=if paired || has_code { "" } else { "primary" }>"New pairing code"</button>
                    </Form>
                </section>
                {(!revoked)
                    .then(|| {
                        view! {
                            <Fold label="Disconnect this till" class="fold danger-fold">
                                <p>{revoke}</p>
                                <Form verb="revoke"><button class="danger">"Disconnect"</button></Form>
                            </Fold>
                        }
                    })}
            </div>
        </div>
        <h2>"Last contacts"</h2>
        {history}
    }
    .into_any()
}

fn show_pairing(pairing: Pairing) -> AnyView {
    let Pairing { code, link, qr, until } = pairing;
    view! {
        <section class="card padded pairing" aria-label="Pairing">
            <div class="qr" role="img" aria-label="QR code of the pairing link" inner_html=qr></div>
            <div>
                <h2>"Open this on the tablet that is to sell"</h2>
                <p>"Point its camera at the square, or open the link, or type the code at " <b>"/till"</b> "."</p>
                <p class="code num" data-testid="pairing-code">{code}</p>
                <p class="link">
                    <span class="visually-hidden">"Pairing link: "</span>
                    <a href=link.clone() rel="external" data-testid="pairing-link">{link.clone()}</a>
                </p>
                <p class="small soft">"It works once, until " {until} "."</p>
            </div>
        </section>
    }
    .into_any()
}
