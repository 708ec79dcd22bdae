//! The four decisions, each as a button that says what it will do.

use super::form::{Field, Form, was_tried};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Decisions {
    /// `The sale stands. Oat milk 1 l goes to −2 until the next count.`
    pub accept: String,
    /// `Cancel with a reversing entry of €11.30. Needs a note.`
    pub void: String,
    /// The products whose stock waits, each once. Where there are none, there is nothing to count or to adjust.
    pub lines: Vec<UndecidedLine>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct UndecidedLine {
    pub product_id: String,
    pub name: String,
    pub sold: String,
    pub on_hand: String,
}

pub fn show(decisions: Decisions) -> AnyView {
    let Decisions { accept, void, lines } = decisions;
    let undecided = (!lines.is_empty()).then(|| {
        let counted = lines.clone();
        let count = || counted.into_iter().map(count_field).collect_view().into_any();
        let left = || lines.into_iter().map(left_field).collect_view().into_any();
        let counting = "Type what is there now; the sale is taken from it.".to_owned();
        let adjusting = "Say how many really went out. The receipt stays as it is.".to_owned();
        view! {
            {show_folded("recount", "Count the shelf", counting, count, "Record the count")}
            {show_folded("adjust", "Adjust what left", adjusting, left, "Record what left")}
        }
    });
    let note = || view! { <Field label="Why is it void?" name="note" required=true/> }.into_any();
    view! {
        <section class="decisions" aria-label="Decide">
            <Form verb="accept" class="act-form">
                <button class="act primary" aria-label="Accept" aria-describedby="accept-says">
                    <b>"Accept"</b>
                    <span id="accept-says">{accept}</span>
                </button>
            </Form>
            {undecided}
            {show_folded("void", "Void", void, note, "Void the sale")}
        </section>
    }
    .into_any()
}

fn count_field(line: UndecidedLine) -> AnyView {
    view! {
        <Field
            label=format!("{} on the shelf", line.name)
            name=format!("counted-{}", line.product_id)
            inputmode="decimal"
            hint=format!("{} on hand as far as is known", line.on_hand)
            required=true
        />
    }
    .into_any()
}

fn left_field(line: UndecidedLine) -> AnyView {
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
    .into_any()
}

/// `fields` are made inside the form, whose last try they show.
fn show_folded(
    verb: &'static str,
    name: &'static str,
    says: String,
    fields: impl FnOnce() -> AnyView + Send + 'static,
    button: &'static str,
) -> AnyView {
    let button_class = if verb == "void" { "danger" } else { "primary" };
    view! {
        <details class="act" name="decision" open=was_tried(verb, "")>
            <summary>
                <b>{name}</b>
                <span>{says}</span>
            </summary>
            <Form verb=verb>{fields()} <button class=button_class>{button}</button></Form>
        </details>
    }
    .into_any()
}
