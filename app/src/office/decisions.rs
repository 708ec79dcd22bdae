//! The four decisions, each as a button that says what it will do.

use super::form::{Field, Form, was_tried};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decisions {
    /// `The sale stands. Oat milk 1 l goes to −2 until the next count.`
    pub accept: String,
    /// `Cancel with a reversing entry of €11.30. Needs a note.`
    pub void: String,
    /// The products whose stock waits, each once. Where there are none, there is nothing to count or to adjust.
    pub lines: Vec<UndecidedLine>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndecidedLine {
    pub product_id: String,
    pub name: String,
    pub sold: String,
    pub on_hand: String,
}

pub fn show(decisions: Decisions) -> AnyView {
    let Decisions { accept, void, lines } = decisions;
    let counts = (!lines.is_empty()).then(|| {
        let field = |line: &UndecidedLine| {
            view! {
                <Field
                    label=format!("{} on the shelf", line.name)
                    name=format!("counted-{}", line.product_id)
                    inputmode="decimal"
                    hint=format!("{} on hand as far as is known", line.on_hand)
                    required=true
                />
            }
        };
        show_folded(
            "recount",
            "Count the shelf",
            "Type what is there now; the sale is taken from it.",
            lines.iter().map(field).collect_view().into_any(),
            "Record the count",
        )
    });
    let adjust = (!lines.is_empty()).then(|| {
        let field = |line: &UndecidedLine| {
            view! {
                <Field
                    label=format!("{} that left", line.name)
                    name=format!("quantity-{}", line.product_id)
                    value=line.sold.clone()
                    inputmode="decimal"
                    hint=format!("{} on the receipt", line.sold)
                    required=true
                />
            }
        };
        show_folded(
            "adjust",
            "Adjust what left",
            "Say how many really went out. The receipt stays as it is.",
            lines.iter().map(field).collect_view().into_any(),
            "Record what left",
        )
    });
    let note = view! { <Field label="Why is it void?" name="note" required=true/> }.into_any();
    view! {
        <section class="decisions" aria-label="Decide">
            <Form verb="accept" class="act-form">
                <button class="act primary" aria-label="Accept" aria-describedby="accept-says">
                    <b>"Accept"</b>
                    <span id="accept-says">{accept}</span>
                </button>
            </Form>
            {counts}
            {adjust}
            {show_folded("void", "Void", void, note, "Void the sale")}
        </section>
    }
    .into_any()
}

fn show_folded(
    verb: &'static str,
    name: &'static str,
    says: impl Into<String>,
    fields: AnyView,
    button: &'static str,
) -> AnyView {
    let button_class = if verb == "void" { "danger" } else { "primary" };
    let says = says.into();
    view! {
        <details class="act" name="decision" open=was_tried(verb, "")>
            <summary>
                <b>{name}</b>
                <span>{says}</span>
            </summary>
            <Form verb=verb>{fields} <button class=button_class>{button}</button></Form>
        </details>
    }
    .into_any()
}
