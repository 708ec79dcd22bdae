//! What makes the page an app: its service worker, newer builds, Background Sync, storage the browser keeps.
//!
//! All of it is a help. A browser that lacks any of it, or refuses, sells and sends all the same.

use super::{
    Page,
    signals::{Timer, listen_for},
};
use crate::{clock, js};
use chrono::TimeDelta;
use js_sys::Promise;
use keeptill_sync::till::SyncState;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState};

/// What the tags that the service worker listens for begin with.
const SYNC_TAG: &str = "keeptill-sync";
/// What a waiting service worker is told to take over.
const SKIP_WAITING: &str = "skipWaiting";
/// A till stays open for days; the browser by itself looks for a newer build only when a page is opened.
const LOOK_FOR_UPDATE_EVERY_MINUTES: i64 = 60;

pub fn install(page: &Rc<Page>) {
    let page = Rc::clone(page);
    spawn_local(async move {
        show_persisted(&page, false).await;
        if let Some(container) = container() {
            register(page, container).await;
        }
    });
}

async fn register(page: Rc<Page>, container: ServiceWorkerContainer) {
    let reloading = Rc::clone(&page);
    listen_for(&container, "controllerchange", move || {
        // The first worker of a browser takes over as well; only an update that was asked for reloads.
        if reloading.updating.get() {
            reload();
        }
    });
    let Ok(registered) = JsFuture::from(container.register("/sw.js")).await else { return };
    let Ok(registration) = registered.dyn_into::<ServiceWorkerRegistration>() else { return };
    watch(&page, &registration);
    look_for_updates(&page, registration);
}

/// Notices a newer build, whether it waits already or is only now being fetched.
fn watch(page: &Rc<Page>, registration: &ServiceWorkerRegistration) {
    if registration.waiting().is_some() {
        update_is_ready(page);
    }
    let page = Rc::clone(page);
    let found = registration.clone();
    listen_for(registration, "updatefound", move || {
        let Some(worker) = found.installing() else { return };
        let page = Rc::clone(&page);
        let changing = worker.clone();
        listen_for(&worker, "statechange", move || {
            // Without a controller it is the first build, which replaces nothing.
            let replaces = container().is_some_and(|container| container.controller().is_some());
            if changing.state() == ServiceWorkerState::Installed && replaces {
                update_is_ready(&page);
            }
        });
    });
}

fn look_for_updates(page: &Rc<Page>, registration: ServiceWorkerRegistration) {
    let again = Rc::downgrade(page);
    let at = clock::now() + TimeDelta::minutes(LOOK_FOR_UPDATE_EVERY_MINUTES);
    let timer = Timer::at(at, move || {
        ignore(registration.update());
        if let Some(page) = again.upgrade() {
            look_for_updates(&page, registration.clone());
        }
    });
    *page.update_timer.borrow_mut() = Some(timer);
}

fn update_is_ready(page: &Page) {
    let state = SyncState { update_ready: true, ..page.sync.borrow().clone() };
    page.set_sync(state);
}

/// Lets the waiting build take over; the page reloads once it has.
pub fn apply_update(page: &Rc<Page>) {
    page.updating.set(true);
    spawn_local(async {
        match waiting_worker().await {
            Some(worker) => {
                let _ = worker.post_message(&JsValue::from_str(SKIP_WAITING));
            }
            // Another tab has switched already.
            None => reload(),
        }
    });
}

async fn waiting_worker() -> Option<ServiceWorker> {
    let registration = JsFuture::from(container()?.get_registration()).await.ok()?;
    registration.dyn_into::<ServiceWorkerRegistration>().ok()?.waiting()
}

/// A tag of its own for each time the network goes. Chromium lets a tag whose run has failed rest for minutes, and
/// asking for the same tag again does not shorten that; a new one fires as soon as the network is back.
pub fn sync_tag() -> String {
    if js::NAVIGATOR.with(js::Navigator::on_line) { SYNC_TAG.into() } else { format!("{SYNC_TAG}-{}", clock::now_ms()) }
}

/// When the network goes: what waits already is asked for again under the new tag.
pub fn renew_sync_tag(page: &Page) {
    *page.sync_tag.borrow_mut() = sync_tag();
    if page.counts.borrow().waiting > 0 {
        request_background_sync(page);
    }
}

/// Asks the browser to wake the service worker when there is a network, even if this page is closed by then.
pub fn request_background_sync(page: &Page) {
    let tag = page.sync_tag.borrow().clone();
    spawn_local(async move {
        let Some(container) = container().filter(|container| container.controller().is_some()) else { return };
        let Ok(ready) = container.ready() else { return };
        let Ok(registration) = JsFuture::from(ready).await else { return };
        if let Some(sync) = registration.unchecked_into::<js::SyncingRegistration>().sync() {
            // Refused where the person switched it off.
            let _ = JsFuture::from(sync.register(&tag)).await;
        }
    });
}

/// Asks the browser never to clear this storage by itself, and shows what it said.
pub fn persist_storage(page: &Rc<Page>) {
    let page = Rc::clone(page);
    spawn_local(async move {
        show_persisted(&page, true).await;
    });
}

/// Whether the browser promised so; `ask` for the promise, or only look.
pub async fn show_persisted(page: &Page, ask: bool) -> Option<bool> {
    let storage = js::NAVIGATOR.with(js::Navigator::storage)?;
    let answer = if ask { storage.persist() } else { storage.persisted() };
    let persisted = JsFuture::from(answer.ok()?).await.ok()?.as_bool();
    let state = SyncState { storage_persisted: persisted, ..page.sync.borrow().clone() };
    page.set_sync(state);
    persisted
}

fn container() -> Option<ServiceWorkerContainer> {
    js::NAVIGATOR.with(js::Navigator::service_worker)
}

fn reload() {
    if let Some(window) = web_sys::window() {
        let _ = window.location().reload();
    }
}

/// Lets a promise run; what it says does not matter, and its failure is not an unhandled one.
fn ignore(promise: Result<Promise, JsValue>) {
    if let Ok(promise) = promise {
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
}
