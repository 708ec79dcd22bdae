//! The way to PostgreSQL: migrations as the owner, everything else as a role that can't step around the tenants' wall.

use anyhow::{Context, bail};
use keeptill_domain::TenantId;
use sqlx::{
    Connection, Executor, PgConnection, PgPool, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{sync::Arc, time::Duration};

use crate::{error::Result, pokes::news::Moved};

/// A transaction; rolled back where it is dropped before its commit.
pub type Tx = sqlx::Transaction<'static, Postgres>;

/// The role the server works as. The migrations make it.
const WORKING_ROLE: &str = "keeptill_app";
/// Connections to PostgreSQL, which by itself allows 100.
const CONNECTIONS_MAX: u32 = 32;
const ACQUIRE_TIME_MAX: Duration = Duration::from_secs(5);
/// What one statement may take; with [`crate::request::REQUEST_TIME_MAX`] it bounds every write transaction.
pub const STATEMENT_TIME_MAX: Duration = Duration::from_secs(20);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    moved: Arc<Moved>,
}

impl Database {
    /// Brings the tables up to date, then opens the pool.
    ///
    /// # Errors
    /// When the database can't be reached, its owner may not do what the migrations need, or the working role could
    /// step around row-level security.
    pub async fn open(options: PgConnectOptions) -> anyhow::Result<Self> {
        migrate(&options).await?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIME_MAX)
            .after_connect(|connection, _| Box::pin(step_down(connection)))
            .connect_with(options)
            .await
            .with_context(|| format!("could not work as the role {WORKING_ROLE}"))?;
        refuse_a_strong_role(&pool).await?;
        Ok(Self { pool, moved: Arc::default() })
    }

    /// A transaction that sees one tenant's rows and no others.
    pub async fn begin(&self, tenant: TenantId) -> Result<Tx> {
        let mut tx = self.pool.begin().await?;
        enter(&mut tx, tenant).await?;
        Ok(tx)
    }

    /// A read-only transaction in which everything is read as of one moment.
    pub async fn snapshot(&self, tenant: TenantId) -> Result<Tx> {
        let mut tx = self.pool.begin_with("begin isolation level repeatable read read only").await?;
        enter(&mut tx, tenant).await?;
        Ok(tx)
    }

    /// For what comes before the tenant is known; no tenant's row is visible. See [`enter`].
    pub async fn begin_anonymous(&self) -> Result<Tx> {
        Ok(self.pool.begin().await?)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Whose stock moved; pushes add to it once they are committed.
    pub fn moved(&self) -> &Moved {
        &self.moved
    }

    /// A pool for the one connection that listens, so that it neither waits for the others nor takes from them.
    pub fn listening_pool(&self) -> PgPool {
        let options = PgConnectOptions::clone(&self.pool.connect_options());
        PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_TIME_MAX)
            .after_connect(|connection, _| Box::pin(step_down(connection)))
            .connect_lazy_with(options)
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Says whose transaction this is; holds to its end.
pub async fn enter(tx: &mut Tx, tenant: TenantId) -> Result<()> {
    sqlx::query!("select set_config('keeptill.tenant', $1, true)", tenant.to_string()).fetch_one(&mut **tx).await?;
    Ok(())
}

async fn migrate(options: &PgConnectOptions) -> anyhow::Result<()> {
    let mut owner = PgConnection::connect_with(options).await.context("could not connect to PostgreSQL")?;
    let done = MIGRATIONS.run(&mut owner).await;
    if let Err(cause) = done {
        let refused = match &cause {
            sqlx::migrate::MigrateError::Execute(error) | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => {
                error.as_database_error().and_then(|error| error.code()).as_deref() == Some("42501")
            }
            _ => false,
        };
        let cause = anyhow::Error::new(cause);
        return Err(if refused {
            cause.context(format!(
                "the database's user may not do what the migrations need: it must own the database, and either have \
                 createrole or find the role {WORKING_ROLE} made and granted to it (create role {WORKING_ROLE} \
                 nologin; grant {WORKING_ROLE} to <user>)"
            ))
        } else {
            cause.context("the database's tables could not be brought up to date")
        });
    }
    owner.close().await.context("could not close the connection that migrated")
}

async fn step_down(connection: &mut PgConnection) -> sqlx::Result<()> {
    let milliseconds = STATEMENT_TIME_MAX.as_millis();
    let settings = format!(
        "set role {WORKING_ROLE}; set statement_timeout = {milliseconds}; set lock_timeout = {milliseconds}; \
         set idle_in_transaction_session_timeout = {milliseconds}; set timezone = 'UTC'"
    );
    connection.execute(sqlx::AssertSqlSafe(settings)).await?;
    Ok(())
}

/// Superusers, roles with bypassrls and owners of the tables see every tenant's rows.
async fn refuse_a_strong_role(pool: &PgPool) -> anyhow::Result<()> {
    let strong = sqlx::query_scalar!(
        r#"select (r.rolsuper or r.rolbypassrls or exists (select from pg_class c where c.oid = 'tenants'::regclass
            and pg_has_role(r.oid, c.relowner, 'usage'))) as "strong!"
        from pg_roles r where r.rolname = current_user"#
    )
    .fetch_one(pool)
    .await
    .context("could not look at the working role")?;
    if strong {
        bail!(
            "the role {WORKING_ROLE} is a superuser, bypasses row-level security or owns the tables; the wall between \
             tenants would not hold (alter role {WORKING_ROLE} nosuperuser nobypassrls)"
        );
    }
    Ok(())
}
