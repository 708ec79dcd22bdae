//! The parts of a view that change, in a few types for all of them.
//!
//! A closure in a view has a type of its own, and leptos makes all of its machinery once for each type. Boxed, the
//! closures share it, which makes the WASM smaller.

use super::mounted::IntoMounted;
use leptos::prelude::*;

pub type Text = Box<dyn FnMut() -> String + Send>;
pub type Flag = Box<dyn FnMut() -> bool + Send>;
pub type Part = Box<dyn FnMut() -> Option<AnyView> + Send>;

/// Words that change.
pub fn text(words: impl FnMut() -> String + Send + 'static) -> Text {
    Box::new(words)
}

/// An attribute or a class that comes and goes.
pub fn flag(holds: impl FnMut() -> bool + Send + 'static) -> Flag {
    Box::new(holds)
}

/// Something that is made anew whenever what it reads changes, or is not there.
pub fn part<V: IntoView + 'static>(mut shown: impl FnMut() -> Option<V> + Send + 'static) -> Part {
    Box::new(move || shown().map(IntoMounted::mounted))
}

/// Something that is there while `holds` does; it is made when that begins, and left alone until it ends.
pub fn when<V: IntoView + 'static>(
    holds: impl Fn() -> bool + Send + Sync + 'static,
    shown: impl Fn() -> V + Send + 'static,
) -> Part {
    let holds = Memo::new(move |_| holds());
    part(move || holds.get().then(&shown))
}

/// A sentence that interrupts, while there is one.
pub fn alert(class: &'static str, words: impl FnMut() -> Option<String> + Send + 'static) -> Part {
    let mut words = words;
    part(move || words().map(|words| view! { <p class=class role="alert">{words}</p> }))
}
