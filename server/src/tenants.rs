//! Opening a shop: its tenant, its first store, its owner.

use crate::{
    app_state::App,
    audit::{self, Actor},
    body::Json,
    config::Signup,
    database::{Database, Tx, enter},
    error::{Error, Result},
    input, passwords,
};
use axum::{Router, extract::State, http::StatusCode, routing::post};
use keeptill_domain::{Currency, StoreId, TenantId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// What an owner is called until somebody gives them a name.
const OWNER_NAME: &str = "Owner";

pub fn router() -> Router<App> {
    Router::new().route("/api/tenants", post(sign_up))
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewShop {
    pub name: String,
    /// ISO 4217: `EUR`.
    pub currency: String,
    /// IANA: `Europe/Berlin`.
    pub time_zone: String,
    pub prices_include_tax: bool,
    pub email: String,
    pub password: String,
    /// What the owner is called.
    #[serde(default)]
    pub owner_name: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenedShop {
    #[schema(value_type = Uuid)]
    pub tenant_id: TenantId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
}

#[utoipa::path(post, path = "/api/tenants", tag = "people", request_body = NewShop,
    responses((status = 201, body = OpenedShop), (status = 403, description = "`signup_closed`"),
        (status = 409, description = "`email_taken`"), (status = 422, description = "A field's content.")))]
pub async fn sign_up(State(app): State<App>, Json(shop): Json<NewShop>) -> Result<(StatusCode, Json<OpenedShop>)> {
    Ok((StatusCode::CREATED, Json(open_shop(&app, shop).await?)))
}

/// Whether somebody may open a shop now.
pub async fn may_sign_up(app: &App) -> Result<bool> {
    match app.config.signup {
        Signup::Open => Ok(true),
        Signup::Closed => Ok(false),
        Signup::First => Ok(!any_shop(&mut app.db.begin_anonymous().await?).await?),
    }
}

/// Whether there is a shop at all.
pub async fn any_shop(tx: &mut Tx) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"select shop_exists() as "exists!""#).fetch_one(&mut **tx).await?)
}

/// Opens a shop, as the server's settings allow.
///
/// # Errors
/// 403 `signup_closed`, 409 `email_taken`, 422 with the field.
pub async fn open_shop(app: &App, shop: NewShop) -> Result<OpenedShop> {
    if !may_sign_up(app).await? {
        return Err(closed());
    }
    create(&app.db, shop, app.config.signup == Signup::First).await
}

fn closed() -> Error {
    Error::forbidden("signup_closed", "New shops can't be opened here.")
}

/// Opens a shop whatever the settings; `only_first` refuses where there is one already.
pub async fn create(db: &Database, shop: NewShop, only_first: bool) -> Result<OpenedShop> {
    let name = input::name(&shop.name, "name")?;
    let owner = shop.owner_name.as_deref().map_or(Ok(OWNER_NAME.into()), |name| input::name(name, "ownerName"))?;
    let currency: Currency = shop
        .currency
        .parse()
        .map_err(|error| Error::unprocessable("unknown_currency", format!("{error}.")).field("currency"))?;
    let time_zone = input::name(&shop.time_zone, "timeZone")?;
    let email = input::email(&shop.email, "email")?;
    let password_hash = passwords::hash_password(input::password(shop.password, "password")?).await?;

    let mut tx = db.begin_anonymous().await?;
    if only_first {
        // Of two first sign-ups at one moment, the second waits here and then finds a shop.
        sqlx::query!("select pg_advisory_xact_lock(hashtext('keeptill first shop'))").fetch_one(&mut *tx).await?;
        if any_shop(&mut tx).await? {
            return Err(closed());
        }
    }
    let opened = OpenedShop {
        tenant_id: Uuid::now_v7().into(),
        store_id: Uuid::now_v7().into(),
        user_id: Uuid::now_v7().into(),
    };
    let tenant = opened.tenant_id;
    enter(&mut tx, tenant).await?;
    check_time_zone(&mut tx, &time_zone).await?;
    sqlx::query!(
        "insert into tenants (tenant_id, name, currency, time_zone, prices_include_tax, epoch, sync_version)
        values ($1, $2, $3, $4, $5, $6, 1)",
        tenant.0,
        name,
        currency.code(),
        time_zone,
        shop.prices_include_tax,
        Uuid::new_v4()
    )
    .execute(&mut *tx)
    .await?;
    // Version 1 of the catalogue is the shop itself with its owner.
    sqlx::query!(
        "insert into stream_versions (tenant_id, stream, version) values ($1, 'catalogue', 1), ($1, 'stock', 0)",
        tenant.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into stores (tenant_id, store_id, name) values ($1, $2, $3)",
        tenant.0,
        opened.store_id.0,
        name
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into users (tenant_id, user_id, name, role, email, password_hash, sync_version)
        values ($1, $2, $3, 'owner', $4, $5, 1)",
        tenant.0,
        opened.user_id.0,
        owner,
        email,
        password_hash
    )
    .execute(&mut *tx)
    .await?;
    claim_login(&mut tx, &email, opened.user_id).await?;
    let after = json!({ "name": name, "currency": currency, "timeZone": time_zone });
    audit::record(&mut tx, tenant, Actor::user(opened.user_id), "shop.open", tenant, None, Some(after)).await?;
    tx.commit().await?;
    Ok(opened)
}

/// Makes an e-mail address the log-in of a person of the running transaction's tenant.
///
/// # Errors
/// 409 `email_taken`, whoever has it.
pub async fn claim_login(tx: &mut Tx, email: &str, user: UserId) -> Result<()> {
    let claimed =
        sqlx::query_scalar!(r#"select claim_login($1, $2) as "claimed!""#, email, user.0).fetch_one(&mut **tx).await?;
    if claimed {
        Ok(())
    } else {
        Err(Error::conflict("email_taken", "Somebody logs in with this address already.").field("email"))
    }
}

async fn check_time_zone(tx: &mut Tx, name: &str) -> Result<()> {
    let known =
        sqlx::query_scalar!(r#"select exists (select from pg_timezone_names where name = $1) as "known!""#, name)
            .fetch_one(&mut **tx)
            .await?;
    if known {
        Ok(())
    } else {
        let message = "This is no time zone by its IANA name, such as Europe/Berlin.";
        Err(Error::unprocessable("unknown_time_zone", message).field("timeZone"))
    }
}
