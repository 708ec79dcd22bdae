//! What the browser tells a page by itself: the network, being seen, and time.

use super::{Page, install};
use crate::{clock, js};
use chrono::{DateTime, Utc};
use keeptill_sync::engine::Input;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Document, EventTarget, VisibilityState};

/// Calls back once; dropped, never.
pub struct Timer {
    timer: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    pub fn at(at: DateTime<Utc>, callback: impl FnMut() + 'static) -> Self {
        let wait_ms = (at - clock::now()).num_milliseconds().clamp(0, i64::from(i32::MAX));
        let callback = Closure::<dyn FnMut()>::new(callback);
        let timer = js::set_timeout(callback.as_ref().unchecked_ref(), i32::try_from(wait_ms).unwrap_or(i32::MAX));
        Self { timer, _callback: callback }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        js::clear_timeout(&self.timer);
    }
}

/// Passes the browser's events to the engine for as long as the page lives.
pub fn listen(page: &Rc<Page>) {
    let Some(window) = web_sys::window() else { return };
    on(&window, "online", page, || Input::Online);
    on(&window, "offline", page, || Input::Offline);
    let gone = Rc::downgrade(page);
    listen_for(&window, "offline", move || {
        if let Some(page) = gone.upgrade() {
            install::renew_sync_tag(&page);
        }
    });
    if let Some(document) = window.document() {
        let seen = document.clone();
        on(&document, "visibilitychange", page, move || visibility(&seen));
    }
}

fn visibility(document: &Document) -> Input {
    match document.visibility_state() {
        VisibilityState::Visible => Input::Visible,
        _ => Input::Hidden,
    }
}

/// Whether the page is in front.
pub fn is_seen() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.visibility_state() == VisibilityState::Visible)
}

fn on(target: &EventTarget, event: &str, page: &Rc<Page>, input: impl Fn() -> Input + 'static) {
    let page = Rc::downgrade(page);
    listen_for(target, event, move || {
        if let Some(page) = page.upgrade().filter(|page| page.is_paired()) {
            page.feed(input());
            page.mind_pokes();
        }
    });
}

/// Listens until the page goes.
pub fn listen_for(target: &EventTarget, event: &str, listener: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(listener).into_js_value();
    let _ = target.add_event_listener_with_callback(event, listener.unchecked_ref());
}
