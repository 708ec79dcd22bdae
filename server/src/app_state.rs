//! What every handler may reach. Nothing in it is worth keeping, so that another copy of the server is as good as this
//! one.

use crate::{assets::Assets, config::Config, database::Database, pokes::hub::Hub};
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct App {
    pub db: Database,
    pub config: Arc<Config>,
    pub assets: Arc<Assets>,
    /// The event streams open at this server.
    pub pokes: Hub,
}

impl FromRef<App> for LeptosOptions {
    fn from_ref(app: &App) -> Self {
        Self::builder()
            .output_name("keeptill")
            .site_root(app.assets.folder.display().to_string())
            .site_addr(app.config.listen)
            .build()
    }
}
