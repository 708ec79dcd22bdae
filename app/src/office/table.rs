//! Tables: cells of plain text that stack into cards on a narrow screen.

use crate::components::Tone;
use leptos::prelude::*;

/// A short fact in a coloured pill.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub tone: Tone,
    pub text: String,
}

pub fn show_mark(mark: Mark) -> AnyView {
    view! { <span class=format!("badge {}", mark.tone.class())>{mark.text}</span> }.into_any()
}

/// What a column holds: words, or figures that line up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Words(&'static str),
    Figures(&'static str),
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Words(name) | Self::Figures(name) => name,
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Words(_) => "",
            Self::Figures(_) => "n",
        }
    }
}

#[derive(Default)]
pub struct Cell {
    text: String,
    href: String,
    small: String,
    marks: Vec<Mark>,
    class: &'static str,
}

impl Cell {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// Leads to the thing the row is about.
    pub fn leading_to(mut self, href: String) -> Self {
        self.href = href;
        self
    }

    /// A second, quieter line.
    pub fn with(mut self, small: impl Into<String>) -> Self {
        self.small = small.into();
        self
    }

    pub fn marked(mut self, marks: Vec<Mark>) -> Self {
        self.marks = marks;
        self
    }

    /// Stands out, as what is short does.
    pub fn standing_out(mut self, out: bool) -> Self {
        self.class = if out { "short" } else { "" };
        self
    }

    fn show(self, column: Column) -> AnyView {
        let Self { text, href, small, marks, class } = self;
        let text = match (text.is_empty(), href.is_empty()) {
            (true, _) => ().into_any(),
            (_, true) => view! { <span class=class>{text}</span> }.into_any(),
            (_, false) => view! { <a href=href>{text}</a> }.into_any(),
        };
        view! {
            <td class=column.class() data-label=column.name()>
                {text}
                {marks.into_iter().map(show_mark).collect_view()}
                {(!small.is_empty()).then(|| view! { <small class="soft">{small}</small> })}
            </td>
        }
        .into_any()
    }
}

/// `caption` names the table; it is read out and, unless the page says the same above it, shown.
#[component]
pub fn Table(
    caption: &'static str,
    columns: &'static [Column],
    rows: Vec<Vec<Cell>>,
    #[prop(default = "table num")] class: &'static str,
) -> impl IntoView {
    let head = |column: &Column| view! { <th scope="col" class=column.class()>{column.name()}</th> };
    let row = |cells: Vec<Cell>| {
        let cells = cells.into_iter().zip(columns).map(|(cell, column)| cell.show(*column)).collect_view();
        view! { <tr>{cells}</tr> }
    };
    view! {
        <div class="card table-card">
            <table class=class>
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>{columns.iter().map(head).collect_view()}</tr>
                </thead>
                <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// The way to the rows after these.
pub fn next_page(url: Option<String>) -> AnyView {
    url.map(|url| view! { <p class="next"><a class="button" href=url>"Next page"</a></p> }).into_any()
}

/// What stands where a list would, were there anything in it.
pub fn empty(title: &'static str, detail: &'static str) -> AnyView {
    view! {
        <section class="card empty">
            <b>{title}</b>
            <p class="soft">{detail}</p>
        </section>
    }
    .into_any()
}

/// A page's heading with a sentence beneath.
pub fn heading(title: String, detail: String) -> AnyView {
    view! {
        <div class="heading">
            <h1>{title}</h1>
            {(!detail.is_empty()).then(|| view! { <p class="soft">{detail}</p> })}
        </div>
    }
    .into_any()
}
