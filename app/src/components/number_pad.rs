//! A field for an amount or a quantity, with large keys for fingers. A keyboard types straight into the field.

use super::{Glyph, Icon};
use leptos::{ev, html, prelude::*};
use web_sys::{Element, wasm_bindgen::JsCast};

const TYPED_MAX: usize = 15;

#[component]
pub fn NumberPad(
    value: RwSignal<String>,
    #[prop(into)] label: String,
    /// What stands in the empty field.
    #[prop(into)]
    placeholder: Signal<String>,
    /// Written after the field: `kg`.
    #[prop(default = String::new())]
    unit: String,
    #[prop(default = true)] decimals: bool,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let press = move |key: char| {
        value.update(|text| {
            let second_point = key == '.' && text.contains(['.', ',']);
            if text.len() < TYPED_MAX && !second_point {
                text.push(key);
            }
        });
    };
    let listener = window_event_listener(ev::keydown, move |event| {
        let number = event.key().chars().all(|key| key.is_ascii_digit() || matches!(key, '.' | ','));
        let in_a_field = event.target().is_some_and(|target| target.unchecked_into::<Element>().tag_name() == "INPUT");
        if number
            && !in_a_field
            && let Some(field) = field.get_untracked()
        {
            // What is typed goes to the element that has the focus once this handler is done.
            let _ = field.focus();
        }
    });
    on_cleanup(move || listener.remove());
    let digit = move |key: char| {
        view! { <button type="button" class="key" on:click=move |_| press(key)>{key.to_string()}</button> }
    };
    view! {
        <div class="number-pad">
            <label class="number-field">
                <span class="visually-hidden">{label}</span>
                <input
                    node_ref=field
                    class="num"
                    type="text"
                    // The keys below are the keyboard; a tablet's own would cover them.
                    inputmode="none"
                    autocomplete="off"
                    enterkeyhint="done"
                    maxlength=TYPED_MAX.to_string()
                    placeholder=placeholder
                    prop:value=value
                    on:input:target=move |event| value.set(event.target().value())
                />
                {(!unit.is_empty()).then(|| view! { <span class="soft" aria-hidden="true">{unit}</span> })}
            </label>
            <div class="keys num">
                {"123456789".chars().map(digit).collect_view()}
                <button
                    type="button"
                    class="key"
                    aria-label="Decimal point"
                    disabled=!decimals
                    on:click=move |_| press('.')
                >
                    "."
                </button>
                {digit('0')}
                <button
                    type="button"
                    class="key"
                    aria-label="Delete last digit"
                    on:click=move |_| value.update(|text| { text.pop(); })
                >
                    <Icon glyph=Glyph::Backspace/>
                </button>
            </div>
        </div>
    }
}
