//! Conflicts: the sales that wait for a manager, and the decisions. CONTRACT.md, "Status, log, conflicts".
//!
//! Deliberately absent: any decision that rewrites a receipt. What was sold and paid stays as it was sent; a decision
//! adds movements and, for a void, a reversing entry.

pub mod decision;
mod lines;
pub mod resolve;
mod stock;
pub mod view;

pub use decision::Decision;
pub use lines::LineView;
pub use resolve::{Decider, resolve};
pub use view::{ConflictView, Filter, Standing, list, one};

use crate::{
    app_state::App,
    auth::{Caller, ManagerCaller},
    body::{Json, PathId, Query},
    error::{Error, Result},
    sales::{CopyQuery, cursor::Page},
};
use axum::{
    Router,
    extract::State,
    routing::{get, post},
};
use decision::ResolveBody;
use keeptill_domain::{ClientId, ConflictReason, DeviceId};
use serde::Deserialize;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/sync/conflicts", get(get_conflicts))
        .route("/api/sync/conflicts/{clientId}", get(get_conflict))
        .route("/api/sync/resolve/{clientId}", post(post_resolve))
        .route("/api/sync/resolve-conflict", post(post_resolve_conflict))
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ConflictsQuery {
    /// `open` or `resolved`; without it, both.
    #[param(value_type = Option<String>)]
    status: Option<Standing>,
    #[param(value_type = Option<String>)]
    reason: Option<ConflictReason>,
    #[param(value_type = Option<uuid::Uuid>)]
    device_id: Option<DeviceId>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// The shop's conflicts, or the calling device's own, newest first.
#[utoipa::path(
    get, path = "/api/sync/conflicts", tag = "conflicts", params(ConflictsQuery),
    responses((status = 200, description = "A page of conflicts", body = Object)),
)]
pub async fn get_conflicts(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ConflictsQuery>,
) -> Result<Json<Page<ConflictView>>> {
    let mut tx = app.db.begin(caller.tenant()).await?;
    let device = caller.device_if_any(&mut tx, query.device_id).await?.map(|device| device.device);
    drop(tx);
    let filter =
        Filter { standing: query.status, reason: query.reason, device, cursor: query.cursor, limit: query.limit };
    list(&app.db, caller.tenant(), &filter).await.map(Json)
}

/// One conflict, with what the device saw beside what stands now, line by line.
#[utoipa::path(
    get, path = "/api/sync/conflicts/{clientId}", tag = "conflicts",
    params(("clientId" = uuid::Uuid, Path), CopyQuery),
    responses(
        (status = 200, description = "The conflict", body = ConflictView),
        (status = 404, description = "No such sale, or it never was in conflict"),
    ),
)]
pub async fn get_conflict(
    State(app): State<App>,
    caller: Caller,
    PathId(sale): PathId<ClientId>,
    Query(query): Query<CopyQuery>,
) -> Result<Json<ConflictView>> {
    let own = match &caller {
        Caller::Device(device) => Some(device.device),
        Caller::Manager(_) => None,
    };
    one(&app.db, caller.tenant(), sale, query.copy, own).await.map(Json)
}

/// Decides about a sale in conflict: `accept`, `adjust`, `recount` or `void`.
#[utoipa::path(
    post, path = "/api/sync/resolve/{clientId}", tag = "conflicts", request_body = Object,
    params(("clientId" = uuid::Uuid, Path)),
    responses(
        (status = 200, description = "The conflict, decided", body = ConflictView),
        (status = 404, description = "No such sale"),
        (status = 409, description = "`already_resolved` another way, or `no_conflict`"),
        (status = 422, description = "A decision that can't be"),
    ),
)]
pub async fn post_resolve(
    State(app): State<App>,
    manager: ManagerCaller,
    PathId(sale): PathId<ClientId>,
    Json(body): Json<ResolveBody>,
) -> Result<Json<ConflictView>> {
    resolve(&app.db, &manager.into(), sale, &body.decision()?).await.map(Json)
}

/// The same, with the `clientId` in the body.
#[utoipa::path(
    post, path = "/api/sync/resolve-conflict", tag = "conflicts", request_body = Object,
    responses(
        (status = 200, description = "The conflict, decided", body = ConflictView),
        (status = 404, description = "No such sale"),
        (status = 409, description = "`already_resolved` another way, or `no_conflict`"),
        (status = 422, description = "A decision that can't be"),
    ),
)]
pub async fn post_resolve_conflict(
    State(app): State<App>,
    manager: ManagerCaller,
    Json(body): Json<ResolveBody>,
) -> Result<Json<ConflictView>> {
    let sale = body
        .client_id
        .ok_or_else(|| Error::malformed("malformed_body", "Say which sale is meant: clientId.").field("clientId"))?;
    resolve(&app.db, &manager.into(), sale, &body.decision()?).await.map(Json)
}

impl From<ManagerCaller> for Decider {
    fn from(manager: ManagerCaller) -> Self {
        Self { tenant: manager.tenant, user: manager.user, name: manager.name }
    }
}
