//! Today: is everything in, what needs me, how is it going?

use super::{
    Chart, Mark, chart,
    table::{heading, show_mark},
};
use crate::components::Tone;
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Today {
    /// `Sunday 22 November`
    pub date: String,
    /// `Three of four tills are in. Two things need you.`
    pub summary: String,
    pub needs: Vec<Need>,
    pub figures: Vec<Figure>,
    pub chart: Chart,
    pub tills: Vec<TillRow>,
}

/// Something that asks for the manager.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    pub title: String,
    pub detail: String,
    pub href: String,
    /// What the link says: `Decide`.
    pub verb: String,
    /// Whether it is the one to do first.
    pub first: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Stable, for tests and styles: `takings`.
    pub key: String,
    pub name: String,
    pub value: String,
    pub note: String,
    pub tone: Tone,
    /// Where the figure comes from; may be empty.
    pub href: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TillRow {
    pub name: String,
    pub note: String,
    pub href: String,
    pub mark: Mark,
}

pub fn show(today: Today) -> AnyView {
    let Today { date, summary, needs, figures, chart, tills } = today;
    let no_tills = tills.is_empty();
    view! {
        {heading(date, summary)}
        {(!needs.is_empty())
            .then(|| {
                view! {
                    <section class="card needs" aria-label="Needs you">
                        {needs.into_iter().map(show_need).collect_view()}
                    </section>
                }
            })}
        <section class="figures num" aria-label="Today in figures" data-live="">
            {figures.into_iter().map(show_figure).collect_view()}
        </section>
        <div class="two">
            <section class="card padded">
                <h2>"Takings per hour"</h2>
                {chart::show(chart)}
            </section>
            <section class="card padded" aria-labelledby="tills">
                <h2 id="tills">"Tills"</h2>
                {no_tills.then(|| view! { <p class="soft">"No till is paired yet."</p> })}
                {tills.into_iter().map(show_till).collect_view()}
            </section>
        </div>
    }
    .into_any()
}

fn show_need(need: Need) -> AnyView {
    let class = if need.first { "button primary" } else { "button" };
    view! {
        <article>
            <div>
                <h2>{need.title}</h2>
                <p class="soft">{need.detail}</p>
            </div>
            <a class=class href=need.href>{need.verb}</a>
        </article>
    }
    .into_any()
}

fn show_figure(figure: Figure) -> AnyView {
    let note = format!("note {}", figure.tone.class());
    let name = match figure.href.is_empty() {
        true => view! { <span class="small soft">{figure.name}</span> }.into_any(),
        false => view! { <a class="small soft" href=figure.href>{figure.name}</a> }.into_any(),
    };
    view! {
        <div class="card" data-testid=format!("figure-{}", figure.key)>
            {name}
            <b>{figure.value}</b>
            <span class=note>{figure.note}</span>
        </div>
    }
    .into_any()
}

fn show_till(till: TillRow) -> AnyView {
    view! {
        <div class="till-row">
            <span>
                <a href=till.href>{till.name}</a>
                <small class="soft">{till.note}</small>
            </span>
            {show_mark(till.mark)}
        </div>
    }
    .into_any()
}
