//! A person's log-in, kept in the database so that it outlives a restart of the server.

use super::caller::User;
use crate::{
    database::{Database, Tx},
    error::{Error, Result},
    secrets,
};
use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use chrono::{DateTime, TimeDelta, Utc};
use keeptill_domain::{TenantId, UserId};

pub const COOKIE_NAME: &str = "keeptill_session";
/// How long a log-in holds.
pub const SESSION_DAYS: i64 = 30;

/// What a session's cookie holds: `<tenantId>.<random>`.
struct SessionToken<'a> {
    tenant: TenantId,
    whole: &'a str,
}

impl<'a> SessionToken<'a> {
    fn read(headers: &'a HeaderMap) -> Option<Self> {
        let whole = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='))?;
        Some(Self { tenant: whole.split_once('.')?.0.parse().ok()?, whole })
    }
}

/// Whether the request carries a session's cookie at all, good or not.
pub fn carried(headers: &HeaderMap) -> bool {
    let named = |pair: &str| pair.trim().strip_prefix(COOKIE_NAME).is_some_and(|rest| rest.starts_with('='));
    headers.get_all(COOKIE).iter().filter_map(|h| h.to_str().ok()).flat_map(|h| h.split(';')).any(named)
}

/// Begins a session and answers with its token.
pub async fn begin(tx: &mut Tx, tenant: TenantId, user: UserId) -> Result<String> {
    let token = format!("{tenant}.{}", secrets::token());
    let expires_at: DateTime<Utc> = Utc::now() + TimeDelta::days(SESSION_DAYS);
    sqlx::query!("delete from sessions where tenant_id = $1 and expires_at < now()", tenant.0)
        .execute(&mut **tx)
        .await?;
    sqlx::query!(
        "insert into sessions (tenant_id, token_hash, user_id, expires_at) values ($1, $2, $3, $4)",
        tenant.0,
        secrets::hash(&token),
        user.0,
        expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(token)
}

/// Ends the session that the request carries, if it carries one.
pub async fn end(db: &Database, headers: &HeaderMap) -> Result<()> {
    if let Some(token) = SessionToken::read(headers) {
        let mut tx = db.begin(token.tenant).await?;
        sqlx::query!(
            "delete from sessions where tenant_id = $1 and token_hash = $2",
            token.tenant.0,
            secrets::hash(token.whole)
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Ends every session of a person: their password or role changed, or they left.
pub async fn end_all(tx: &mut Tx, tenant: TenantId, user: UserId) -> Result<()> {
    sqlx::query!("delete from sessions where tenant_id = $1 and user_id = $2", tenant.0, user.0)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Who is logged in.
///
/// # Errors
/// 401 `not_logged_in`.
pub async fn user(db: &Database, headers: &HeaderMap) -> Result<User> {
    let nobody = || Error::unauthorised("not_logged_in", "Log in first.");
    let token = SessionToken::read(headers).ok_or_else(nobody)?;
    let mut tx = db.begin(token.tenant).await?;
    let row = sqlx::query!(
        "select u.user_id, u.name, u.role from sessions s join users u using (tenant_id, user_id)
        where s.tenant_id = $1 and s.token_hash = $2 and s.expires_at > now() and u.deleted_at is null",
        token.tenant.0,
        secrets::hash(token.whole)
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(nobody)?;
    let role = row.role.parse().map_err(Error::internal)?;
    Ok(User { tenant: token.tenant, user: row.user_id.into(), name: row.name, role })
}

/// The `Set-Cookie` header that hands a token over; `secure` where the page came over https.
pub fn cookie(token: &str, secure: bool) -> Result<HeaderValue> {
    set_cookie(token, SESSION_DAYS * 24 * 3600, secure)
}

/// The `Set-Cookie` header that takes it back.
pub fn no_cookie(secure: bool) -> Result<HeaderValue> {
    set_cookie("", 0, secure)
}

fn set_cookie(value: &str, seconds: i64, secure: bool) -> Result<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("{COOKIE_NAME}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"))
        .map_err(Error::internal)
}
