//! The pages of whoever is not logged in, and the way out.

use super::{fields::Fields, open::bare, render};
use crate::{
    app_state::App,
    auth::{ManagerCaller, login, session},
    database::Database,
    error::{Error, Result},
    origin::Origin,
    tenants::{self, NewShop},
};
use axum::{
    body::Bytes,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE, request::Parts},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use keeptill_app::office::{Login, Page, PageData, Setup, Tried};

/// Zones that the set-up suggests; any other of the IANA list can be typed.
const ZONES: [&str; 24] = [
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "Europe/Warsaw",
    "Pacific/Auckland",
];

/// Whether there is a shop to log in to.
pub async fn shop_exists(db: &Database) -> Result<bool> {
    tenants::any_shop(&mut db.begin_anonymous().await?).await
}

pub async fn show_login(State(app): State<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let query = Fields::parse(parts.uri.query().unwrap_or("").as_bytes());
    if ManagerCaller::from_request_parts(&mut parts, &app).await.is_ok() {
        return Redirect::to(own_path(query.get("next"))).into_response();
    }
    let data = match shop_exists(&app.db).await {
        Ok(true) => login_page(query.get("next")),
        Ok(false) => bare("Open your shop", Page::Elsewhere("/setup".into())),
        Err(_) => bare("Keeptill", Page::Away),
    };
    render::page(&app, &parts, data, None).await
}

pub async fn log_in(State(app): State<App>, origin: Origin, parts: Parts, body: Bytes) -> Response {
    let form = Fields::parse(&body);
    let credentials = login::Credentials { email: form.get("email").into(), password: form.verbatim("password") };
    let begun = login::begin_session(&app.db, &origin, credentials).await;
    let refused = match begun {
        Ok((me, cookie)) if me.role.manages() => {
            return (AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(own_path(form.get("next")))).into_response();
        }
        Ok(_) => Error::forbidden("managers_only", "This office is for managers. You sell at the till, with your PIN."),
        Err(error) => error,
    };
    again(&app, &parts, login_page(form.get("next")), "login", &form, refused).await
}

pub async fn log_out(State(app): State<App>, origin: Origin, headers: HeaderMap) -> Result<Response> {
    session::end(&app.db, &headers).await?;
    let cookie = session::no_cookie(origin.secure)?;
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/login")).into_response())
}

pub async fn show_setup(State(app): State<App>, parts: Parts) -> Response {
    let data = match tenants::may_sign_up(&app).await {
        Ok(true) => setup_page(),
        Ok(false) => bare("Log in", Page::Elsewhere("/login".into())),
        Err(_) => bare("Keeptill", Page::Away),
    };
    render::page(&app, &parts, data, None).await
}

pub async fn set_up(State(app): State<App>, origin: Origin, parts: Parts, body: Bytes) -> Response {
    let form = Fields::parse(&body);
    match open_shop(&app, &origin, &form).await {
        Ok(cookie) => (AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to("/office?done=opened")).into_response(),
        Err(error) => again(&app, &parts, setup_page(), "setup", &form, error).await,
    }
}

async fn open_shop(app: &App, origin: &Origin, form: &Fields) -> Result<HeaderValue> {
    let shop = NewShop {
        name: form.get("name").into(),
        currency: form.get("currency").to_uppercase(),
        time_zone: form.get("timeZone").into(),
        prices_include_tax: form.ticked("pricesIncludeTax"),
        email: form.get("email").into(),
        password: form.verbatim("password"),
        owner_name: None,
    };
    let opened = tenants::open_shop(app, shop).await?;
    let mut tx = app.db.begin(opened.tenant_id).await?;
    let token = session::begin(&mut tx, opened.tenant_id, opened.user_id).await?;
    tx.commit().await?;
    session::cookie(&token, origin.secure)
}

fn login_page(next: &str) -> PageData {
    bare("Log in · Keeptill", Page::Login(Login { next: own_path(next).into() }))
}

fn setup_page() -> PageData {
    let time_zones = ZONES.iter().map(|zone| (*zone).to_owned()).collect();
    bare("Open your shop · Keeptill", Page::Setup(Setup { time_zones, time_zone: "Europe/Berlin".into() }))
}

/// The form once more, with what was wrong.
async fn again(app: &App, parts: &Parts, page: PageData, verb: &str, form: &Fields, error: Error) -> Response {
    let status = if error.status.is_server_error() { error.status } else { StatusCode::UNPROCESSABLE_ENTITY };
    let tried = Tried {
        verb: verb.into(),
        subject: String::new(),
        problem: error.message,
        field: error.field.unwrap_or_default(),
        values: form.shown_again(),
    };
    render::page(app, parts, PageData { tried: Some(tried), ..page }, Some(status)).await
}

/// A path of this site, so that a link to the log-in can't send anybody elsewhere.
fn own_path(next: &str) -> &str {
    let own = next.starts_with("/office") && !next.contains(['\\', '\n', '\r']);
    if own { next } else { "/office" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(own_path("/office/sales?a=b"), "/office/sales?a=b");
        for other in ["", "//evil.test", "https://evil.test", "/\\evil.test", "/login"] {
            assert_eq!(own_path(other), "/office", "{other}");
        }
    }
}
