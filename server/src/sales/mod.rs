//! Sales: recording one from whoever is online, and looking at them.

pub mod create;
pub mod cursor;
pub mod day;
pub mod view;

pub use create::create;
pub use day::{DaySummary, HourTakings, day_summary};
pub use view::{Filter, SaleView, list, one};

use crate::{
    app_state::App,
    auth::Caller,
    body::{Json, PathId, Query},
    error::{Error, Result},
};
use axum::{Router, extract::State, routing::get};
use chrono::{DateTime, Utc};
use cursor::Page;
use keeptill_domain::{ClientId, DeviceId};
use serde::Deserialize;

pub fn router() -> Router<App> {
    Router::new().route("/api/sales", get(get_sales).post(create)).route("/api/sales/{clientId}", get(get_sale))
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct SalesQuery {
    /// Sold at this moment or later.
    from: Option<DateTime<Utc>>,
    /// Sold before this moment.
    to: Option<DateTime<Utc>>,
    #[param(value_type = Option<uuid::Uuid>)]
    device_id: Option<DeviceId>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// The shop's sales, or the calling device's own, newest first.
#[utoipa::path(
    get, path = "/api/sales", tag = "sales", params(SalesQuery),
    responses((status = 200, description = "A page of sales", body = Object)),
)]
pub async fn get_sales(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SalesQuery>,
) -> Result<Json<Page<SaleView>>> {
    if ![query.from, query.to].iter().flatten().all(cursor::fits_a_column) {
        return Err(Error::malformed("malformed_query", "from and to are moments between the years 1 and 9999."));
    }
    let mut tx = app.db.begin(caller.tenant()).await?;
    let device = caller.device_if_any(&mut tx, query.device_id).await?.map(|device| device.device);
    drop(tx);
    let filter = Filter { from: query.from, to: query.to, device, cursor: query.cursor, limit: query.limit };
    list(&app.db, caller.tenant(), &filter).await.map(Json)
}

#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CopyQuery {
    /// 0, the default, is the first content under the `clientId`.
    pub copy: Option<i16>,
}

/// One sale, with its lines, its tenders and where it stands.
#[utoipa::path(
    get, path = "/api/sales/{clientId}", tag = "sales",
    params(("clientId" = uuid::Uuid, Path), CopyQuery),
    responses((status = 200, description = "The sale", body = SaleView), (status = 404, description = "No such sale")),
)]
pub async fn get_sale(
    State(app): State<App>,
    caller: Caller,
    PathId(sale): PathId<ClientId>,
    Query(query): Query<CopyQuery>,
) -> Result<Json<SaleView>> {
    let own = match &caller {
        Caller::Device(device) => Some(device.device),
        Caller::Manager(_) => None,
    };
    one(&app.db, caller.tenant(), sale, query.copy, own).await.map(Json)
}
