//! The Web Lock that lets one tab or worker of this browser push and pull at a time.
//!
//! It saves work; it is not what keeps a sale from being recorded twice. That is the server's idempotency, so where a
//! browser has no locks (outside a secure context) every home simply runs.

use crate::js;
use js_sys::{Function, Promise};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

const NAME: &str = "keeptill-sync";

/// Held until it is dropped; the browser frees it too when the tab or worker ends.
pub struct Lock {
    release: Option<Function>,
}

/// Takes the lock, waiting in its queue or not. `None`: another home has it.
pub async fn take(wait: bool) -> Option<Lock> {
    let Some(locks) = js::NAVIGATOR.with(js::Navigator::locks) else {
        return Some(Lock { release: None });
    };
    let release = Rc::new(RefCell::new(None));
    let releases = Rc::clone(&release);
    // The browser holds the lock for as long as the callback's promise is open.
    let held = Promise::new(&mut |resolve, _| *releases.borrow_mut() = Some(resolve));
    let mut granted = None;
    let answer = Promise::new(&mut |resolve, _| granted = Some(resolve));
    let granted = granted?;
    let callback = Closure::once(move |lock: JsValue| -> Promise {
        let got = !lock.is_null() && !lock.is_undefined();
        let _ = granted.call1(&JsValue::UNDEFINED, &JsValue::from_bool(got));
        if got { held } else { Promise::resolve(&JsValue::UNDEFINED) }
    });
    let options = js::options("ifAvailable", &JsValue::from_bool(!wait));
    let request = locks.request(NAME, &options, callback.as_ref().unchecked_ref());
    // A refused request (a page being torn down) must neither hang here nor count as the lock.
    let got = JsFuture::from(Promise::race(&js_sys::Array::of2(&answer, &request))).await.ok()?;
    let release = release.borrow_mut().take();
    (got.as_bool() == Some(true)).then_some(Lock { release })
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = &self.release {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}
