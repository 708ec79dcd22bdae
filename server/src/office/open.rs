//! What an address shows to whoever asks.

use super::{
    audit, categories, conflict, conflicts, device, devices, fields::Fields, log, place::Place, product, products,
    sales, staff, today, visit::Visit, words,
};
use crate::{
    app_state::App,
    auth::ManagerCaller,
    error::{Error, Result},
};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use keeptill_app::office::{OfficeBackend, Opened, Page, PageData};

/// The pages as they stand, for the one who sent these headers.
pub struct Live {
    pub app: App,
    pub parts: Parts,
}

#[async_trait::async_trait]
impl OfficeBackend for Live {
    async fn open(&self, url: &str) -> Option<Opened> {
        let data = open(&self.app, &self.parts, url).await;
        (data.page != Page::Away).then(|| data.draw())
    }
}

/// The page at `url`, with what stands for a page where there is none, nobody is logged in, or the database is away.
pub async fn open(app: &App, parts: &Parts, url: &str) -> PageData {
    match find(app, parts, url).await {
        Ok(data) => data,
        Err(error) if error.status == StatusCode::UNAUTHORIZED || error.status == StatusCode::FORBIDDEN => {
            elsewhere(app, url).await
        }
        Err(_) => bare("Keeptill", Page::Away),
    }
}

async fn find(app: &App, parts: &Parts, url: &str) -> Result<PageData> {
    let visit = visit(app, parts).await?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    load(&visit, Place::find(path), &Fields::parse(query.as_bytes()), parts).await
}

/// # Errors
/// 401 `not_logged_in`, 403 `managers_only`.
pub async fn visit(app: &App, parts: &Parts) -> Result<Visit> {
    let caller = ManagerCaller::from_request_parts(&mut parts.clone(), app).await?;
    Visit::begin(app.clone(), caller).await
}

/// The page of a place, or the one that says that nothing is there.
pub async fn load(visit: &Visit, place: Option<Place>, query: &Fields, parts: &Parts) -> Result<PageData> {
    let missing = || ("Nothing here".to_owned(), Page::Missing);
    let (title, page) = match &place {
        Some(place) => match page(visit, place, query, parts).await {
            Err(Error { status: StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST, .. }) => missing(),
            other => other?,
        },
        None => missing(),
    };
    Ok(PageData {
        title: format!("{title} · {}", visit.shop.name),
        frame: Some(visit.frame(place.as_ref().map_or("", Place::section)).await?),
        done: words::done(query.get("done")),
        tried: None,
        page,
    })
}

/// A page with its title.
async fn page(visit: &Visit, place: &Place, query: &Fields, parts: &Parts) -> Result<(String, Page)> {
    Ok(match place {
        Place::Today => ("Today".into(), Page::Today(today::load(visit).await?)),
        Place::Conflicts => ("Conflicts".into(), Page::Conflicts(conflicts::load(visit, query).await?)),
        Place::Conflict(sale) => {
            let page = conflict::load(visit, *sale).await?;
            (format!("Conflict {}", page.receipt), Page::Conflict(page))
        }
        Place::Sales => ("Sales".into(), Page::Sales(sales::load(visit, query).await?)),
        Place::Sale(sale) => {
            let page = sales::load_one(visit, *sale, query).await?;
            (format!("Receipt {}", page.receipt), Page::Sale(page))
        }
        Place::Products => ("Products".into(), Page::Products(products::load(visit, query).await?)),
        Place::NewProduct => ("Add a product".into(), Page::NewProduct(product::load_new(visit).await?)),
        Place::Product(id) => {
            let page = product::load(visit, *id).await?;
            (page.name.clone(), Page::Product(page))
        }
        Place::Categories => ("Categories and taxes".into(), Page::Categories(categories::load(visit).await?)),
        Place::Staff => ("Staff".into(), Page::Staff(staff::load(visit).await?)),
        Place::Devices => ("Devices".into(), Page::Devices(devices::load(visit).await?)),
        Place::BringIn => ("Bring in sales".into(), Page::BringIn),
        Place::Device(id) => {
            let page = device::load(visit, *id, parts).await?;
            (page.name.clone(), Page::Device(page))
        }
        Place::Log => ("Sync log".into(), Page::Log(log::load(visit, query).await?)),
        Place::Audit => ("Audit log".into(), Page::Audit(audit::load(visit, query).await?)),
    })
}

/// Where to go instead: to the log-in, and back from there; or to the set-up, where there is no shop to log in to.
async fn elsewhere(app: &App, url: &str) -> PageData {
    match super::doors::shop_exists(&app.db).await {
        Ok(true) => bare("Log in", Page::Elsewhere(Fields::url("/login", &[("next", url)]))),
        Ok(false) => bare("Open your shop", Page::Elsewhere("/setup".into())),
        Err(_) => bare("Keeptill", Page::Away),
    }
}

/// A page for whoever is not logged in.
pub fn bare(title: &str, page: Page) -> PageData {
    PageData { title: title.into(), frame: None, done: None, tried: None, page }
}
