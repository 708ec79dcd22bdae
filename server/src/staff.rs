//! The people of a shop: who logs in to the office, who sells with a PIN.
//!
//! A manager looks after the cashiers; only an owner makes, changes or removes managers and owners. Everybody who
//! manages may change their own name, PIN and log-in. A shop always keeps one owner.

use crate::{
    app_state::App,
    audit,
    auth::{ManagerCaller, session},
    body::{Json, PathId, present},
    database::{Database, Tx},
    error::{Error, Result},
    input, passwords,
    sales::cursor::Page,
    tenants::claim_login,
    versions::next_catalogue_version,
};
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, patch},
};
use keeptill_domain::{Role, TenantId, UserId};
use keeptill_sync::wire::Collection;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

pub fn router() -> Router<App> {
    Router::new()
        .route("/api/staff", get(list_staff).post(create_staff))
        .route("/api/staff/{id}", patch(change_staff).delete(remove_staff))
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
pub struct NewPerson {
    pub name: String,
    /// `owner`, `manager` or `cashier`.
    #[schema(value_type = String)]
    pub role: Role,
    /// 4 to 8 digits, for the till.
    #[serde(default)]
    pub pin: Option<String>,
    /// With a password: for logging in.
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub password: Option<String>,
}

/// What is left out stays; `null` takes a PIN or a log-in away.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct PersonChange {
    pub name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub pin: Option<Option<String>>,
    #[serde(deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub email: Option<Option<String>>,
    pub password: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
    pub name: String,
    #[schema(value_type = String)]
    pub role: Role,
    pub email: Option<String>,
    pub has_pin: bool,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedPerson {
    #[schema(value_type = Uuid)]
    pub user_id: UserId,
}

#[utoipa::path(post, path = "/api/staff", tag = "people", request_body = NewPerson,
    responses((status = 201, body = CreatedPerson), (status = 403, description = "`owner_only`"),
        (status = 409, description = "`email_taken`"), (status = 422, description = "A field's content.")))]
pub async fn create_staff(
    State(app): State<App>,
    caller: ManagerCaller,
    Json(person): Json<NewPerson>,
) -> Result<(StatusCode, Json<CreatedPerson>)> {
    let user_id = create(&app.db, &caller, person).await?;
    Ok((StatusCode::CREATED, Json(CreatedPerson { user_id })))
}

#[utoipa::path(get, path = "/api/staff", tag = "people", responses((status = 200, body = Page<Person>)))]
pub async fn list_staff(State(app): State<App>, caller: ManagerCaller) -> Result<Json<Page<Person>>> {
    Ok(Json(Page { items: list(&app.db, caller.tenant).await?, cursor: None }))
}

#[utoipa::path(patch, path = "/api/staff/{id}", tag = "people", request_body = PersonChange, params(("id" = Uuid, Path)),
    responses((status = 200, body = Person), (status = 403, description = "`owner_only`"), (status = 404),
        (status = 409, description = "`email_taken`, `last_owner`"), (status = 422, description = "A field's content.")))]
pub async fn change_staff(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(user): PathId<UserId>,
    Json(change): Json<PersonChange>,
) -> Result<Json<Person>> {
    self::change(&app.db, &caller, user, change).await.map(Json)
}

#[utoipa::path(delete, path = "/api/staff/{id}", tag = "people", params(("id" = Uuid, Path)),
    responses((status = 204), (status = 403, description = "`owner_only`"), (status = 404),
        (status = 409, description = "`last_owner`")))]
pub async fn remove_staff(
    State(app): State<App>,
    caller: ManagerCaller,
    PathId(user): PathId<UserId>,
) -> Result<StatusCode> {
    remove(&app.db, &caller, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Everybody, by name.
pub async fn list(db: &Database, tenant: TenantId) -> Result<Vec<Person>> {
    let mut tx = db.begin(tenant).await?;
    let rows = sqlx::query!(
        r#"select user_id, name, role, email, pin_verifier is not null as "has_pin!" from users
        where tenant_id = $1 and deleted_at is null order by lower(name), user_id"#,
        tenant.0
    )
    .fetch_all(&mut *tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let role = row.role.parse().map_err(Error::internal)?;
            Ok(Person { user_id: row.user_id.into(), name: row.name, role, email: row.email, has_pin: row.has_pin })
        })
        .collect()
}

pub async fn create(db: &Database, caller: &ManagerCaller, person: NewPerson) -> Result<UserId> {
    let name = input::name(&person.name, "name")?;
    may_look_after(caller, person.role)?;
    let email = person.email.as_deref().map(|email| input::email(email, "email")).transpose()?;
    let password = person.password.map(|password| input::password(password, "password")).transpose()?;
    check_login(email.is_some(), password.is_some())?;
    let pin = person.pin.map(|pin| input::pin(pin, "pin")).transpose()?;
    let (password_hash, pin_verifier) = (hashed(password).await?, verifier(pin).await?);
    let user = UserId(Uuid::now_v7());
    let mut tx = db.begin(caller.tenant).await?;
    let after = json!({ "name": name, "role": person.role, "email": email, "hasPin": pin_verifier.is_some() });
    audit::record(&mut tx, caller.tenant, caller.actor(), "staff.create", user, None, Some(after)).await?;
    let version = next_catalogue_version(&mut tx, caller.tenant, &[Collection::Staff]).await?;
    sqlx::query!(
        "insert into users (tenant_id, user_id, name, role, email, password_hash, pin_verifier, sync_version)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        caller.tenant.0,
        user.0,
        name,
        person.role.as_str(),
        email,
        password_hash,
        pin_verifier,
        version
    )
    .execute(&mut *tx)
    .await?;
    if let Some(email) = &email {
        claim_login(&mut tx, email, user).await?;
    }
    tx.commit().await?;
    Ok(user)
}

pub async fn change(db: &Database, caller: &ManagerCaller, user: UserId, change: PersonChange) -> Result<Person> {
    let name = change.name.as_deref().map(|name| input::name(name, "name")).transpose()?;
    let email = match change.email {
        Some(Some(email)) => Some(Some(input::email(&email, "email")?)),
        other => other,
    };
    let password = change.password.map(|password| input::password(password, "password")).transpose()?;
    let pin = match change.pin {
        Some(Some(pin)) => Some(Some(input::pin(pin, "pin")?)),
        other => other,
    };
    let new_hash = hashed(password).await?;
    let new_verifier = verifier(pin.clone().flatten()).await?;

    let mut tx = db.begin(caller.tenant).await?;
    let owners = lock_owners(&mut tx, caller.tenant).await?;
    let old = lock(&mut tx, caller.tenant, user).await?;
    let role = change.role.unwrap_or(old.role);
    if user != caller.user || role != old.role {
        may_look_after(caller, old.role)?;
        may_look_after(caller, role)?;
    }
    if old.role == Role::Owner && role != Role::Owner && owners == [user] {
        return Err(last_owner());
    }
    let password_changed = new_hash.is_some();
    let email = email.unwrap_or_else(|| old.email.clone());
    let password_hash = email.as_ref().and_then(|_| new_hash.clone().or_else(|| old.password_hash.clone()));
    check_login(email.is_some(), password_hash.is_some() || (email.is_none() && password_changed))?;
    let pin_verifier = if pin.is_some() { new_verifier } else { old.pin_verifier.clone() };
    let person = Person {
        user_id: user,
        name: name.unwrap_or_else(|| old.name.clone()),
        role,
        email,
        has_pin: pin_verifier.is_some(),
    };
    let (before, after) = (
        old.as_json(),
        json!({ "name": person.name, "role": role, "email": person.email,
        "hasPin": person.has_pin, "newPassword": password_changed, "newPin": pin.is_some() }),
    );
    audit::record(&mut tx, caller.tenant, caller.actor(), "staff.update", user, Some(before), Some(after)).await?;
    sqlx::query!("select release_logins($1, $2)", user.0, person.email).fetch_one(&mut *tx).await?;
    if let Some(email) = &person.email {
        claim_login(&mut tx, email, user).await?;
    }
    if password_changed || role != old.role || person.email.is_none() {
        session::end_all(&mut tx, caller.tenant, user).await?;
    }
    let version = next_catalogue_version(&mut tx, caller.tenant, &[Collection::Staff]).await?;
    sqlx::query!(
        "update users set name = $3, role = $4, email = $5, password_hash = $6, pin_verifier = $7, sync_version = $8,
            last_modified = clock_timestamp()
        where tenant_id = $1 and user_id = $2",
        caller.tenant.0,
        user.0,
        person.name,
        role.as_str(),
        person.email,
        password_hash,
        pin_verifier,
        version
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(person)
}

/// From now on this person may neither log in nor, once the tills have pulled, sell. Their name stays on their sales.
pub async fn remove(db: &Database, caller: &ManagerCaller, user: UserId) -> Result<()> {
    let mut tx = db.begin(caller.tenant).await?;
    let owners = lock_owners(&mut tx, caller.tenant).await?;
    let old = lock(&mut tx, caller.tenant, user).await?;
    may_look_after(caller, old.role)?;
    if owners == [user] {
        return Err(last_owner());
    }
    audit::record(&mut tx, caller.tenant, caller.actor(), "staff.delete", user, Some(old.as_json()), None).await?;
    sqlx::query!("select release_logins($1, null)", user.0).fetch_one(&mut *tx).await?;
    session::end_all(&mut tx, caller.tenant, user).await?;
    let version = next_catalogue_version(&mut tx, caller.tenant, &[Collection::Staff]).await?;
    sqlx::query!(
        "update users set deleted_at = clock_timestamp(), email = null, password_hash = null, pin_verifier = null,
            sync_version = $3, last_modified = clock_timestamp()
        where tenant_id = $1 and user_id = $2",
        caller.tenant.0,
        user.0,
        version
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

struct Stored {
    name: String,
    role: Role,
    email: Option<String>,
    password_hash: Option<String>,
    pin_verifier: Option<String>,
}

impl Stored {
    fn as_json(&self) -> serde_json::Value {
        json!({ "name": self.name, "role": self.role, "email": self.email, "hasPin": self.pin_verifier.is_some() })
    }
}

async fn lock(tx: &mut Tx, tenant: TenantId, user: UserId) -> Result<Stored> {
    let row = sqlx::query!(
        "select name, role, email, password_hash, pin_verifier from users
        where tenant_id = $1 and user_id = $2 and deleted_at is null for update",
        tenant.0,
        user.0
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(Error::not_found)?;
    let role = row.role.parse().map_err(Error::internal)?;
    Ok(Stored {
        name: row.name,
        role,
        email: row.email,
        password_hash: row.password_hash,
        pin_verifier: row.pin_verifier,
    })
}

/// Locked, so that of two owners who remove each other at one moment one stays.
async fn lock_owners(tx: &mut Tx, tenant: TenantId) -> Result<Vec<UserId>> {
    let ids = sqlx::query_scalar!(
        "select user_id from users where tenant_id = $1 and role = 'owner' and deleted_at is null
        order by user_id for update",
        tenant.0
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids.into_iter().map(UserId).collect())
}

fn may_look_after(caller: &ManagerCaller, role: Role) -> Result<()> {
    if caller.role == Role::Owner || role == Role::Cashier {
        Ok(())
    } else {
        Err(Error::forbidden("owner_only", "Only an owner may do this to a manager or an owner."))
    }
}

fn last_owner() -> Error {
    Error::conflict("last_owner", "A shop keeps at least one owner.")
}

/// An address without a password logs nobody in, nor a password without an address.
fn check_login(email: bool, password: bool) -> Result<()> {
    match (email, password) {
        (true, false) => Err(Error::unprocessable("password_required", "Give a password as well.").field("password")),
        (false, true) => Err(Error::unprocessable("email_required", "Give an e-mail address as well.").field("email")),
        _ => Ok(()),
    }
}

async fn hashed(password: Option<String>) -> Result<Option<String>> {
    match password {
        Some(password) => passwords::hash_password(password).await.map(Some),
        None => Ok(None),
    }
}

async fn verifier(pin: Option<String>) -> Result<Option<String>> {
    match pin {
        Some(pin) => passwords::pin_verifier(pin).await.map(Some),
        None => Ok(None),
    }
}
