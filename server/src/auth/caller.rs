//! The extractors that a handler names to say who may call it.

use super::session;
use crate::{
    app_state::App,
    audit::Actor,
    database::{Database, Tx},
    error::{Error, Result},
    secrets,
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use chrono::{DateTime, Utc};
use keeptill_domain::{DeviceId, Role, StoreId, TenantId, UserId};

/// Anybody who is logged in, cashiers too.
#[derive(Clone, Debug)]
pub struct User {
    pub tenant: TenantId,
    pub user: UserId,
    pub name: String,
    pub role: Role,
}

/// A manager or owner.
#[derive(Clone, Debug)]
pub struct ManagerCaller {
    pub tenant: TenantId,
    pub user: UserId,
    pub name: String,
    pub role: Role,
}

#[derive(Clone, Copy, Debug)]
pub struct DeviceCaller {
    pub tenant: TenantId,
    pub device: DeviceId,
    pub store: StoreId,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// A manager, or a device that is not revoked.
#[derive(Clone, Debug)]
pub enum Caller {
    Manager(ManagerCaller),
    Device(DeviceCaller),
}

/// Like [`Caller`], revoked devices included: a sale for which money was taken is heard all the same.
#[derive(Clone, Debug)]
pub struct PushCaller(pub Caller);

/// A device as the endpoints about one need it.
#[derive(Clone, Debug)]
pub struct DeviceRow {
    pub device: DeviceId,
    pub store: StoreId,
    pub name: String,
    /// Receipts begin with `T` and this.
    pub number: i32,
    pub paired_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ManagerCaller {
    pub fn actor(&self) -> Actor {
        Actor::user(self.user)
    }
}

impl Caller {
    /// Who calls, by the credentials in these headers.
    ///
    /// # Errors
    /// 401 without good ones, or where the device is revoked; 403 for who does not manage.
    pub async fn of(db: &Database, headers: &HeaderMap) -> Result<Self> {
        match PushCaller::of(db, headers).await?.0 {
            Self::Device(DeviceCaller { revoked_at: Some(_), .. }) => {
                Err(Error::unauthorised("device_revoked", "This till was disconnected by the office."))
            }
            caller => Ok(caller),
        }
    }

    pub fn tenant(&self) -> TenantId {
        match self {
            Self::Manager(manager) => manager.tenant,
            Self::Device(device) => device.tenant,
        }
    }

    /// The person, where it is one.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::Manager(manager) => Some(manager.user),
            Self::Device(_) => None,
        }
    }

    pub fn actor(&self) -> Actor {
        match self {
            Self::Manager(manager) => Actor::user(manager.user),
            Self::Device(device) => Actor::device(device.device),
        }
    }

    /// The device this call is about: the caller itself, or the one a manager names.
    ///
    /// # Errors
    /// 404 where the tenant has no such device, 403 where a device names another, 422 where a manager names none.
    pub async fn device(&self, tx: &mut Tx, named: Option<DeviceId>) -> Result<DeviceRow> {
        self.device_if_any(tx, named).await?.ok_or_else(|| {
            Error::unprocessable("device_required", "Say which device is meant: deviceId.").field("deviceId")
        })
    }

    /// Like [`Self::device`], where a manager need not mean a device at all.
    pub async fn device_if_any(&self, tx: &mut Tx, named: Option<DeviceId>) -> Result<Option<DeviceRow>> {
        let wanted = match (self, named) {
            (Self::Device(own), Some(other)) if own.device != other => {
                return Err(Error::forbidden("not_your_device", "A device speaks for itself only.").field("deviceId"));
            }
            (Self::Device(own), _) => own.device,
            (Self::Manager(_), Some(named)) => named,
            (Self::Manager(_), None) => return Ok(None),
        };
        device(tx, self.tenant(), wanted).await.map(Some)
    }
}

impl PushCaller {
    async fn of(db: &Database, headers: &HeaderMap) -> Result<Self> {
        match bearer(headers) {
            Some(token) => by_token(db, token).await.map(|device| Self(Caller::Device(device))),
            None => Ok(Self(Caller::Manager(managing(session::user(db, headers).await?)?))),
        }
    }
}

/// One device of the tenant.
///
/// # Errors
/// 404 where there is none.
pub async fn device(tx: &mut Tx, tenant: TenantId, device: DeviceId) -> Result<DeviceRow> {
    let row = sqlx::query!(
        "select store_id, name, number, paired_at, revoked_at from devices where tenant_id = $1 and device_id = $2",
        tenant.0,
        device.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(Error::not_found)?;
    Ok(DeviceRow {
        device,
        store: row.store_id.into(),
        name: row.name,
        number: row.number,
        paired_at: row.paired_at,
        revoked_at: row.revoked_at,
    })
}

impl FromRequestParts<App> for User {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        session::user(&app.db, &parts.headers).await
    }
}

impl FromRequestParts<App> for ManagerCaller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        managing(session::user(&app.db, &parts.headers).await?)
    }
}

impl FromRequestParts<App> for PushCaller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        Self::of(&app.db, &parts.headers).await
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        Self::of(&app.db, &parts.headers).await
    }
}

fn managing(User { tenant, user, name, role }: User) -> Result<ManagerCaller> {
    if role.manages() {
        Ok(ManagerCaller { tenant, user, name, role })
    } else {
        Err(Error::forbidden("managers_only", "Only a manager may do this."))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A device's token: `<tenantId>.<deviceId>.<random>`.
pub fn device_token(tenant: TenantId, device: DeviceId) -> String {
    format!("{tenant}.{device}.{}", secrets::token())
}

async fn by_token(db: &Database, token: &str) -> Result<DeviceCaller> {
    let unknown = || Error::unauthorised("bad_token", "This token is none of ours.");
    let mut parts = token.splitn(3, '.');
    let mut id = || parts.next().and_then(|part| part.parse::<uuid::Uuid>().ok()).ok_or_else(unknown);
    let (tenant, device) = (TenantId(id()?), DeviceId(id()?));
    let mut tx = db.begin(tenant).await?;
    let row = sqlx::query!(
        "select store_id, revoked_at from devices where tenant_id = $1 and device_id = $2 and token_hash = $3",
        tenant.0,
        device.0,
        secrets::hash(token)
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(unknown)?;
    Ok(DeviceCaller { tenant, device, store: row.store_id.into(), revoked_at: row.revoked_at })
}
