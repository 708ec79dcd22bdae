//! Log in, log out, who am I.

use super::{
    caller::User,
    session,
    slow_down::{self, Subject},
};
use crate::{
    app_state::App,
    body::Json,
    database::{Database, enter},
    error::{Error, Result},
    input,
    origin::Origin,
    passwords,
};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE},
    response::{AppendHeaders, IntoResponse},
    routing::{get, post},
};
use keeptill_domain::{Role, TenantId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/auth/login", post(log_in))
        .route("/api/auth/logout", post(log_out))
        .route("/api/auth/me", get(me))
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct Credentials {
    pub email: String,
    pub password: String,
}

/// Who is logged in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    #[schema(value_type = Uuid)]
    pub tenant_id: TenantId,
    #[schema(value_type = String)]
    pub role: Role,
    pub name: String,
}

impl From<User> for Me {
    fn from(User { tenant, user, name, role }: User) -> Self {
        Self { user_id: user, tenant_id: tenant, role, name }
    }
}

#[utoipa::path(post, path = "/api/auth/login", tag = "people", request_body = Credentials,
    responses((status = 200, body = Me, description = "Sets the session's cookie."),
        (status = 401, description = "`wrong_credentials`"), (status = 429, description = "Too many attempts.")))]
pub async fn log_in(
    State(app): State<App>,
    origin: Origin,
    Json(credentials): Json<Credentials>,
) -> Result<impl IntoResponse> {
    let (me, cookie) = begin_session(&app.db, &origin, credentials).await?;
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(me)))
}

/// Checks the credentials and begins a session; the office's log-in page uses it as well as the API.
pub async fn begin_session(db: &Database, origin: &Origin, credentials: Credentials) -> Result<(Me, HeaderValue)> {
    let subjects = [Subject::Account(credentials.email.clone()), Subject::Address(origin.address)];
    slow_down::check(db, &subjects).await?;
    let account = account(db, &credentials.email).await?;
    let hash = account.as_ref().and_then(|(_, hash)| hash.clone());
    let right = passwords::matches(credentials.password, hash).await?;
    let Some((me, _)) = account.filter(|_| right) else {
        slow_down::count(db, &subjects).await?;
        return Err(Error::unauthorised("wrong_credentials", "E-mail address or password is wrong."));
    };
    let mut tx = db.begin(me.tenant_id).await?;
    let token = session::begin(&mut tx, me.tenant_id, me.user_id).await?;
    tx.commit().await?;
    Ok((me, session::cookie(&token, origin.secure)?))
}

/// Whose log-in an address is, with their password's hash.
pub async fn account(db: &Database, email: &str) -> Result<Option<(Me, Option<String>)>> {
    // What is no address is nobody's.
    let Ok(email) = input::email(email, "email") else { return Ok(None) };
    let mut tx = db.begin_anonymous().await?;
    let found = sqlx::query!(r#"select tenant_id as "tenant_id!", user_id as "user_id!" from find_login($1)"#, email)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(found) = found else { return Ok(None) };
    enter(&mut tx, found.tenant_id.into()).await?;
    let row = sqlx::query!(
        "select name, role, password_hash from users where tenant_id = $1 and user_id = $2 and deleted_at is null",
        found.tenant_id,
        found.user_id
    )
    .fetch_optional(&mut *tx)
    .await?;
    row.map(|row| {
        let role = row.role.parse().map_err(Error::internal)?;
        let me = Me { user_id: found.user_id.into(), tenant_id: found.tenant_id.into(), role, name: row.name };
        Ok((me, row.password_hash))
    })
    .transpose()
}

#[utoipa::path(post, path = "/api/auth/logout", tag = "people",
    responses((status = 204, description = "The session, if there was one, is over.")))]
pub async fn log_out(State(app): State<App>, origin: Origin, headers: HeaderMap) -> Result<impl IntoResponse> {
    session::end(&app.db, &headers).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, session::no_cookie(origin.secure)?)])))
}

#[utoipa::path(get, path = "/api/auth/me", tag = "people",
    responses((status = 200, body = Me), (status = 401, description = "`not_logged_in`")))]
pub async fn me(user: User) -> Json<Me> {
    Json(user.into())
}
