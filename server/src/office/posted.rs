//! What the forms of the office's pages do. Each posts to its page's own address and names what it wants in `do`.

use super::{
    categories, conflict, conflicts, device, devices,
    fields::Fields,
    open::{load, visit},
    place::Place,
    product, render, staff,
    visit::Visit,
};
use crate::{
    app_state::App,
    error::{Error, Result},
    origin::Origin,
};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderValue, StatusCode, header::SET_COOKIE, request::Parts},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use keeptill_app::office::Tried;

/// What follows a form that did what it said.
pub struct Next {
    pub url: String,
    pub cookie: Option<HeaderValue>,
}

impl Next {
    /// The page at `path`, which will say what was done.
    pub fn done(path: impl AsRef<str>, done: &str) -> Self {
        Self { url: Fields::url(path.as_ref(), &[("done", done)]), cookie: None }
    }
}

pub async fn submit(State(app): State<App>, origin: Origin, parts: Parts, body: Bytes) -> Response {
    match answer(&app, origin, &parts, &Fields::parse(&body)).await {
        Ok(response) => response,
        // Nobody is logged in any more, or the database is away: the page itself says so.
        Err(_) => {
            let data = super::open::open(&app, &parts, parts.uri.path()).await;
            render::page(&app, &parts, data, None).await
        }
    }
}

async fn answer(app: &App, origin: Origin, parts: &Parts, form: &Fields) -> Result<Response> {
    let visit = visit(app, parts).await?;
    let place = Place::find(parts.uri.path());
    let refused = match act(&visit, place, form, origin).await {
        Ok(Next { url, cookie }) => {
            let cookies = cookie.map(|cookie| AppendHeaders([(SET_COOKIE, cookie)]));
            return Ok((cookies, Redirect::to(&url)).into_response());
        }
        Err(error) if error.status.is_server_error() => return Err(error),
        Err(error) => error,
    };
    let query = Fields::parse(parts.uri.query().unwrap_or("").as_bytes());
    let mut data = load(&visit, place, &query, parts).await?;
    let missing = refused.status == StatusCode::NOT_FOUND;
    data.done = None;
    data.tried = Some(Tried {
        verb: form.get("do").into(),
        subject: form.get("subject").into(),
        problem: refused.message,
        field: refused.field.map(|field| own_name(&field)).unwrap_or_default(),
        values: form.shown_again(),
    });
    let status = if missing { StatusCode::NOT_FOUND } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(render::page(app, parts, data, Some(status)).await)
}

async fn act(visit: &Visit, place: Option<Place>, form: &Fields, origin: Origin) -> Result<Next> {
    let here = |path: &str, done: &str| Next::done(path, done);
    match place {
        Some(Place::Conflicts) => Ok(here("/office/conflicts", conflicts::accept(visit, form).await?)),
        Some(Place::Conflict(sale)) => {
            conflict::decide(visit, sale, form).await?;
            Ok(here(&format!("/office/conflicts/{sale}"), "decided"))
        }
        Some(Place::NewProduct) => product::add(visit, form).await,
        Some(Place::Product(id)) => product::act(visit, id, form).await,
        Some(Place::Categories) => Ok(here("/office/categories", categories::act(visit, form).await?)),
        Some(Place::Staff) => Ok(here("/office/staff", staff::act(visit, form).await?)),
        Some(Place::Devices) => devices::add(visit, form, origin).await,
        Some(Place::Device(id)) => device::act(visit, id, form, origin).await,
        _ => Err(Error::not_found()),
    }
}

/// A field's name on the form, where the wire has another.
fn own_name(field: &str) -> String {
    match field {
        "priceMinor" => "price",
        "ratePpm" => "rate",
        "imageUrl" => "image",
        "categoryId" => "category",
        "taxId" => "tax",
        "storeId" => "store",
        other => other,
    }
    .to_owned()
}
