//! CONTRACT.md once more, for machines: made from the handlers themselves.

pub mod shapes;

use crate::{
    app_state::App, auth::login, body::Json, catalogue, conflicts, devices, health, log, pokes, pull, push, sales,
    staff, status, stock, stores, tenants,
};
use axum::{Router, routing::get};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

pub fn router() -> Router<App> {
    Router::new().route("/api/openapi.json", get(document))
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Keeptill", description = "Wire contract of the Keeptill server. Errors have one shape: \
        {\"error\": {\"code\", \"message\", \"field\", \"requestId\"}}."),
    paths(
        tenants::sign_up, login::log_in, login::log_out, login::me,
        staff::create_staff, staff::list_staff, staff::change_staff, staff::remove_staff,
        stores::create_store, stores::list_stores,
        devices::create_device, devices::list_devices, devices::revoke_device,
        devices::pairing::pair_device, devices::pairing::offer_pairing_code,
        catalogue::categories::create_category, catalogue::categories::list_categories,
        catalogue::categories::get_category, catalogue::categories::change_category,
        catalogue::categories::remove_category,
        catalogue::taxes::create_tax, catalogue::taxes::list_taxes, catalogue::taxes::get_tax,
        catalogue::taxes::change_tax, catalogue::taxes::remove_tax,
        catalogue::products::create_product, catalogue::products::list_products, catalogue::products::get_product,
        catalogue::products::change_product, catalogue::products::remove_product,
        stock::levels::list_stock, stock::movements::move_stock,
        pull::pull, pull::pull_products, pull::chunks::get_chunk, pokes::get_events,
        push::push_events, push::push_sales,
        sales::create::create, sales::get_sales, sales::get_sale,
        conflicts::get_conflicts, conflicts::get_conflict, conflicts::post_resolve, conflicts::post_resolve_conflict,
        status::get_status, status::get_one, log::get_log,
        health::up, health::ready,
    ),
    modifiers(&Credentials)
)]
struct Contract;

/// The two ways to say who one is.
struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let cookie = ApiKeyValue::new(crate::auth::session::COOKIE_NAME);
        components.add_security_scheme("manager", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("device", SecurityScheme::Http(bearer));
    }
}

async fn document() -> Json<Document> {
    Json(Contract::openapi())
}
