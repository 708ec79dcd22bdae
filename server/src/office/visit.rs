//! A manager looking at a page: who it is, which shop, and what time it is there.

use super::{clock::Clock, tills, words};
use crate::{
    app_state::App,
    auth::ManagerCaller,
    error::{Error, Result},
};
use chrono::Utc;
use keeptill_app::office::{Choice, Frame};
use keeptill_domain::{Currency, Money, StoreId, TenantId};

pub struct Visit {
    pub app: App,
    pub caller: ManagerCaller,
    pub shop: Shop,
    pub clock: Clock,
}

pub struct Shop {
    pub name: String,
    pub currency: Currency,
    pub prices_include_tax: bool,
    /// In the order they were opened; never none.
    pub stores: Vec<Store>,
}

pub struct Store {
    pub id: StoreId,
    pub name: String,
}

impl Visit {
    pub async fn begin(app: App, caller: ManagerCaller) -> Result<Self> {
        let mut tx = app.db.begin(caller.tenant).await?;
        let shop = sqlx::query!(
            "select name, currency, time_zone, prices_include_tax from tenants where tenant_id = $1",
            caller.tenant.0
        )
        .fetch_one(&mut *tx)
        .await?;
        let stores = sqlx::query!(
            "select store_id, name from stores where tenant_id = $1 order by created_at, store_id",
            caller.tenant.0
        )
        .fetch_all(&mut *tx)
        .await?;
        let stores = stores.into_iter().map(|row| Store { id: row.store_id.into(), name: row.name }).collect();
        Ok(Self {
            clock: Clock::new(&shop.time_zone, Utc::now()),
            shop: Shop {
                name: shop.name,
                currency: shop.currency.parse().map_err(Error::internal)?,
                prices_include_tax: shop.prices_include_tax,
                stores,
            },
            app,
            caller,
        })
    }

    pub fn tenant(&self) -> TenantId {
        self.caller.tenant
    }

    /// `€12.34`
    pub fn money(&self, minor: i64) -> String {
        self.shop.currency.format(Money(minor))
    }

    /// `12.34`
    pub fn plain(&self, minor: i64) -> String {
        self.shop.currency.plain(Money(minor))
    }

    pub fn store_choices(&self) -> Vec<Choice> {
        self.shop.stores.iter().map(|store| words::choice(store.id, &store.name)).collect()
    }

    /// A store's name, where there is more than one to tell apart.
    pub fn store_name(&self, id: uuid::Uuid) -> String {
        let store = self.shop.stores.iter().find(|store| store.id.0 == id);
        store.filter(|_| self.shop.stores.len() > 1).map(|store| store.name.clone()).unwrap_or_default()
    }

    /// The devices to narrow a list down to.
    pub async fn device_choices(&self) -> Result<Vec<Choice>> {
        let mut tx = self.app.db.begin(self.tenant()).await?;
        let rows =
            sqlx::query!("select device_id, name from devices where tenant_id = $1 order by number", self.tenant().0)
                .fetch_all(&mut *tx)
                .await?;
        let choices = rows.into_iter().map(|row| words::choice(row.device_id, row.name));
        Ok([words::any("All tills")].into_iter().chain(choices).collect())
    }

    pub async fn frame(&self, section: &str) -> Result<Frame> {
        let mut tx = self.app.db.begin(self.tenant()).await?;
        let row = sqlx::query!(
            r#"select
                (select count(*) from sales where tenant_id = $1 and sync_status = 'conflict') as "conflicts!",
                (select count(*) from devices where tenant_id = $1 and revoked_at is null and pending_count > 0
                    and last_seen_at < $2) as "silent!""#,
            self.tenant().0,
            self.clock.now - tills::SILENT_AFTER
        )
        .fetch_one(&mut *tx)
        .await?;
        Ok(Frame {
            shop: self.shop.name.clone(),
            user: self.caller.name.clone(),
            section: section.to_owned(),
            open_conflicts: row.conflicts,
            devices_note: if row.silent > 0 { format!("{} silent", row.silent) } else { String::new() },
        })
    }
}
