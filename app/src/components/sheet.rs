//! A dialog over the page: in the middle on a wide screen, from the bottom edge on a narrow one.
//!
//! The browser's own `<dialog>` keeps the focus inside and gives it back.

use leptos::{ev, html, prelude::*};

#[component]
pub fn Sheet<C: IntoView + 'static>(
    /// What a screen reader calls it.
    #[prop(into)]
    label: Signal<String>,
    /// Asked for by Escape or a tap beside it. Whoever shows the sheet takes it away.
    #[prop(into)]
    on_close: Callback<()>,
    /// While this holds, neither closes it.
    #[prop(optional, into)]
    busy: Signal<bool>,
    #[prop(default = "")] class: &'static str,
    children: TypedChildren<C>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get().filter(|dialog| !dialog.open()) {
            // Fails only when the element has left the page again, and then there is nothing to show.
            let _ = dialog.show_modal();
        }
    });
    let close = move || {
        if !busy.get_untracked() {
            if let Some(dialog) = dialog.get_untracked() {
                dialog.close();
            }
            on_close.run(());
        }
    };
    let on_cancel = move |event: ev::Event| {
        event.prevent_default();
        close();
    };
    let on_click = move |event: ev::MouseEvent| {
        // The backdrop is the dialog itself; everything inside it lies in a child.
        if event.target() == event.current_target() {
            close();
        }
    };
    view! {
        <dialog node_ref=dialog class=format!("sheet {class}") aria-label=label on:cancel=on_cancel on:click=on_click>
            <div class="sheet-body">{children.into_inner()()}</div>
        </dialog>
    }
}
