//! Requests to the server. Each has a time-out, and none carries a cookie: a device is known by its token alone, even
//! in a browser in which a manager is logged in.

use crate::js;
use gloo_net::http::{Request, RequestBuilder, Response};
use keeptill_sync::failure::Failure;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{AbortController, RequestCache, RequestCredentials};

pub const PAIR: &str = "/api/devices/pair";
pub const PUSH: &str = "/api/sync/push";
pub const PULL: &str = "/api/sync/pull";
pub const PRODUCTS_PULL: &str = "/api/sync/products/pull";
pub const STATUS: &str = "/api/sync/status";
pub const EVENTS: &str = "/api/sync/events";

pub const TIMEOUT_MS: i32 = 15_000;
/// A page may bring 5,000 rows over a slow line, and the first manifest is made while it is waited for.
pub const PULL_TIMEOUT_MS: i32 = 60_000;
/// A push may bring 200 sales over a slow line.
pub const PUSH_TIMEOUT_MS: i32 = 30_000;

/// Posts JSON and reads JSON.
pub async fn post<T: DeserializeOwned>(
    path: &str,
    token: Option<&str>,
    body: &impl Serialize,
    timeout_ms: i32,
) -> Result<T, Failure> {
    read(&post_for_text(path, token, body, timeout_ms).await?)
}

/// The same, with the answer as it came.
pub async fn post_for_text(
    path: &str,
    token: Option<&str>,
    body: &impl Serialize,
    timeout_ms: i32,
) -> Result<String, Failure> {
    // Our own types always have a JSON form.
    let body = serde_json::to_string(body).map_err(|_| Failure::NoAnswer)?;
    send(Request::post(path), token, Some(body), timeout_ms).await
}

/// Reads JSON.
pub async fn get<T: DeserializeOwned>(path: &str, token: &str) -> Result<T, Failure> {
    read(&send(Request::get(path), Some(token), None, TIMEOUT_MS).await?)
}

/// Reads a chunk of the catalogue, uncompressed.
pub async fn get_bytes(path: &str, token: &str) -> Result<Vec<u8>, Failure> {
    let answered = answer(Request::get(path), Some(token), None, PULL_TIMEOUT_MS).await?;
    answered.response.binary().await.map_err(|_| Failure::NoAnswer)
}

/// A 200 that can't be read is somebody else's page.
pub fn read<T: DeserializeOwned>(answer: &str) -> Result<T, Failure> {
    serde_json::from_str(answer).map_err(|_| Failure::Away { retry_after_s: None })
}

async fn send(
    request: RequestBuilder,
    token: Option<&str>,
    body: Option<String>,
    timeout_ms: i32,
) -> Result<String, Failure> {
    let answered = answer(request, token, body, timeout_ms).await?;
    // The body counts: an answer that breaks off half way is no answer.
    answered.response.text().await.map_err(|_| Failure::NoAnswer)
}

/// A good answer whose body is still to be read, within the same time.
struct Answered {
    response: Response,
    _timeout: Timeout,
}

async fn answer(
    request: RequestBuilder,
    token: Option<&str>,
    body: Option<String>,
    timeout_ms: i32,
) -> Result<Answered, Failure> {
    let timeout = Timeout::after(timeout_ms).ok_or(Failure::NoAnswer)?;
    let signal = timeout.controller.signal();
    let mut request = request
        .header("accept", "application/json")
        .credentials(RequestCredentials::Omit)
        .cache(RequestCache::NoStore)
        .abort_signal(Some(&signal));
    if let Some(token) = token {
        request = request.header("authorization", &format!("Bearer {token}"));
    }
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(body),
        None => request.build(),
    };
    let response = request.map_err(|_| Failure::NoAnswer)?.send().await.map_err(|_| Failure::NoAnswer)?;
    if response.ok() {
        return Ok(Answered { response, _timeout: timeout });
    }
    let text = response.text().await.map_err(|_| Failure::NoAnswer)?;
    let retry_after = response.headers().get("retry-after");
    Err(Failure::of_answer(response.status(), retry_after.as_deref(), &text))
}

/// Aborts a request when its time is up; dropped, it does nothing any more.
struct Timeout {
    controller: AbortController,
    timer: wasm_bindgen::JsValue,
    _abort: Closure<dyn FnMut()>,
}

impl Timeout {
    fn after(delay_ms: i32) -> Option<Self> {
        let controller = AbortController::new().ok()?;
        let aborted = controller.clone();
        let abort = Closure::<dyn FnMut()>::new(move || aborted.abort());
        let timer = js::set_timeout(abort.as_ref().unchecked_ref(), delay_ms);
        Some(Self { controller, timer, _abort: abort })
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        js::clear_timeout(&self.timer);
    }
}
