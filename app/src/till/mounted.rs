//! Views that are built in the browser and never come from a server.
//!
//! Whatever is erased with `into_any` keeps the code that would bring served HTML to life, twice: at once, and waiting
//! for lazy routes. The till's page is mounted, so that this code would only be carried about; leaving it out makes
//! the WASM smaller by a quarter.

use leptos::{
    attr::{Attribute, any_attribute::AnyAttribute},
    prelude::*,
    tachys::{
        hydration::Cursor,
        view::{Position, PositionState},
    },
};

pub trait IntoMounted {
    /// Erases the view's type, like `into_any`, for a place where nothing is ever hydrated.
    fn mounted(self) -> AnyView;
}

impl<V: IntoView + 'static> IntoMounted for V {
    fn mounted(self) -> AnyView {
        Mounted(self).into_any()
    }
}

struct Mounted<V>(V);

impl<V: Render> Render for Mounted<V> {
    type State = V::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        self.0.rebuild(state);
    }
}

impl<V: IntoView + 'static> AddAnyAttr for Mounted<V> {
    type Output<NewAttr: Attribute> = Self;

    /// No view of the till is given attributes from outside.
    fn add_any_attr<NewAttr: Attribute>(self, _: NewAttr) -> Self::Output<NewAttr> {
        self
    }
}

impl<V: IntoView + 'static> RenderHtml for Mounted<V> {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    /// A server has nothing to say here.
    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

    /// Never asked for; were it, the view would be built beside the HTML and not out of it.
    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) -> Self::State {
        self.0.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}
