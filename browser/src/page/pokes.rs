//! Listening for the server's pokes, while the page is in front and there is a network.
//!
//! `EventSource` can't send the device's token, so the stream is read from a plain request. Nothing depends on it: the
//! engine asks by itself from time to time, and a till that never hears a poke is only later.

use super::{
    Page,
    signals::{Timer, is_seen},
};
use crate::{clock, js, transport};
use chrono::TimeDelta;
use gloo_net::http::Request;
use js_sys::Uint8Array;
use keeptill_sync::{
    backoff::{Backoff, Jitter},
    engine::Input,
    failure::Failure,
    poke::PokeReader,
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, ReadableStreamDefaultReader, RequestCache, RequestCredentials};

/// The server sends something every 20 seconds; where nothing comes for so long, the line is dead.
const SILENCE_S_MAX: i64 = 60;
/// A stream that ended sooner than this counts as one more failure, so that a server that ends every stream at once is
/// not asked without a pause.
const STEADY_AFTER_S: i64 = 30;

pub struct Pokes {
    /// Ends the stream that is open, or being opened.
    open: RefCell<Option<AbortController>>,
    retry: RefCell<Option<Timer>>,
    backoff: RefCell<Backoff>,
    jitter: RefCell<Jitter>,
    /// The server did not know the token.
    unwelcome: Cell<bool>,
}

impl Pokes {
    pub fn new() -> Self {
        Self {
            open: RefCell::default(),
            retry: RefCell::default(),
            backoff: RefCell::default(),
            jitter: RefCell::new(Jitter::seeded(clock::seed())),
            unwelcome: Cell::new(false),
        }
    }

    fn close(&self) {
        self.retry.borrow_mut().take();
        if let Some(open) = self.open.borrow_mut().take() {
            open.abort();
        }
    }
}

impl Page {
    /// Opens the stream where it is of use and closes it where it is not. For whenever that may have changed.
    pub(super) fn mind_pokes(self: &Rc<Self>) {
        let wanted = self.is_paired() && is_seen() && js::NAVIGATOR.with(js::Navigator::on_line);
        if !wanted {
            self.pokes.close();
            // Whoever looks again later may be known again.
            self.pokes.unwelcome.set(false);
        } else if self.pokes.open.borrow().is_none() && !self.pokes.unwelcome.get() {
            self.listen_for_pokes();
        }
    }

    /// This browser is another device now, or has another token.
    pub(super) fn renew_pokes(self: &Rc<Self>) {
        self.pokes.close();
        self.pokes.unwelcome.set(false);
        self.pokes.backoff.borrow_mut().reset();
        self.mind_pokes();
    }

    fn listen_for_pokes(self: &Rc<Self>) {
        let (Some(hands), Ok(controller)) = (self.hands.borrow().clone(), AbortController::new()) else { return };
        self.pokes.retry.borrow_mut().take();
        *self.pokes.open.borrow_mut() = Some(controller.clone());
        let page = Rc::clone(self);
        spawn_local(async move {
            let began = clock::now();
            let token = hands.token.borrow().clone();
            let failure = page.listen_with(&token, &controller).await;
            // Closed on purpose, and perhaps another one is open already.
            if page.pokes.open.borrow().as_ref() != Some(&controller) {
                return;
            }
            page.pokes.open.borrow_mut().take();
            page.listen_later(failure, clock::now() - began);
        });
    }

    fn listen_later(self: &Rc<Self>, failure: Failure, lasted: TimeDelta) {
        let pokes = &self.pokes;
        let retry_after_s = match failure {
            // The engine's next round will find out what is to be said about it.
            Failure::Unauthorised(_) => return pokes.unwelcome.set(true),
            Failure::Away { retry_after_s } => retry_after_s,
            _ => None,
        };
        if lasted.num_seconds() >= STEADY_AFTER_S {
            pokes.backoff.borrow_mut().reset();
        }
        let wait = pokes.backoff.borrow_mut().next_wait(retry_after_s, &mut pokes.jitter.borrow_mut());
        let page = Rc::downgrade(self);
        let retry = Timer::at(clock::now() + wait, move || {
            if let Some(page) = page.upgrade() {
                page.mind_pokes();
            }
        });
        *pokes.retry.borrow_mut() = Some(retry);
    }

    /// Reads the stream to its end and says how it ended.
    async fn listen_with(self: &Rc<Self>, token: &str, controller: &AbortController) -> Failure {
        let mut patience = patience(controller);
        let stream = match open(token, controller).await {
            Ok(stream) => stream,
            Err(failure) => return failure,
        };
        // What changed while nobody listened was not told.
        self.feed(Input::Poked);
        let mut reader = PokeReader::default();
        loop {
            let Ok(chunk) = JsFuture::from(stream.read()).await else { return Failure::NoAnswer };
            if js::get(&chunk, "done").is_truthy() {
                return Failure::NoAnswer;
            }
            drop(patience);
            patience = self::patience(controller);
            let Ok(bytes) = js::get(&chunk, "value").dyn_into::<Uint8Array>() else { return Failure::NoAnswer };
            if reader.read(&bytes.to_vec()) > 0 {
                self.feed(Input::Poked);
            }
        }
    }
}

fn patience(controller: &AbortController) -> Timer {
    let controller = controller.clone();
    Timer::at(clock::now() + TimeDelta::seconds(SILENCE_S_MAX), move || controller.abort())
}

async fn open(token: &str, controller: &AbortController) -> Result<ReadableStreamDefaultReader, Failure> {
    let response = Request::get(transport::EVENTS)
        .header("accept", "text/event-stream")
        .header("authorization", &format!("Bearer {token}"))
        .credentials(RequestCredentials::Omit)
        .cache(RequestCache::NoStore)
        .abort_signal(Some(&controller.signal()))
        .send()
        .await
        .map_err(|_| Failure::NoAnswer)?;
    if !response.ok() {
        let text = response.text().await.map_err(|_| Failure::NoAnswer)?;
        return Err(Failure::of_answer(response.status(), response.headers().get("retry-after").as_deref(), &text));
    }
    let reader = response.body().map(|body| body.get_reader()).ok_or(Failure::NoAnswer)?;
    reader.dyn_into().map_err(|_| Failure::NoAnswer)
}
