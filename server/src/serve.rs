//! From settings to a running server and back: database, listener, and an end that finishes what is in flight.

use crate::{
    app_state::App, assets::Assets, config::Config, database::Database, embedded::Embedded, health, pokes, retention,
    router,
};
use anyhow::Context;
use sqlx::postgres::PgConnectOptions;
use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch};

/// How long requests in flight may take to finish once the server is told to stop.
const FINISH_TIME_MAX: Duration = Duration::from_secs(15);

/// Serves on `listener` until `shutdown` is done, then lets what is in flight finish and stops the PostgreSQL that it
/// started.
///
/// # Errors
/// When the database, the pages or the operations listener can't be had.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    serve_and_tell(config, listener, shutdown, async |_: App| Ok(())).await
}

/// Like [`serve`]; `ready` is called once everything works and before the first request is answered.
///
/// # Errors
/// Those of [`serve`], and of `ready`.
pub async fn serve_and_tell(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
    ready: impl AsyncFnOnce(App) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    health::begin_counting();
    let assets = Arc::new(Assets::find(config.site_dir.as_deref())?);
    let (options, embedded) = match config.database_url() {
        Some(url) => (url.parse::<PgConnectOptions>().context("DATABASE_URL can't be read")?, None),
        None => {
            let embedded = Embedded::start(&config.data_dir).await?;
            (embedded.options(), Some(embedded))
        }
    };
    let served = serve_with(options, config, assets, listener, shutdown, ready).await;
    if let Some(embedded) = embedded {
        embedded.stop().await?;
    }
    served
}

async fn serve_with(
    options: PgConnectOptions,
    config: Config,
    assets: Arc<Assets>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
    ready: impl AsyncFnOnce(App) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let db = Database::open(options).await?;
    let app = App { db: db.clone(), config: Arc::new(config), assets, pokes: pokes::hub::Hub::default() };
    ready(app.clone()).await?;
    let (stop, stopping) = watch::channel(false);
    tokio::spawn(async move {
        shutdown.await;
        // Nobody left to tell is fine.
        let _ = stop.send(true);
    });
    if let Some(address) = app.config.ops_listen {
        let operations = TcpListener::bind(address).await.context("could not listen on the operations address")?;
        let server = axum::serve(operations, health::operations_router(app.clone()));
        tokio::spawn(server.with_graceful_shutdown(told(stopping.clone())).into_future());
    }
    let streams = app.pokes.clone();
    let news = tokio::spawn(pokes::news::run(db.clone(), streams.clone()));
    let forgetting = tokio::spawn(retention::run(db.clone(), retention::Retention::of(&app.config)));
    let stopped = stopping.clone();
    tokio::spawn(async move {
        told(stopped).await;
        // They would never finish by themselves.
        streams.close();
    });
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(told(stopping.clone()));
    let overdue = async {
        told(stopping).await;
        tokio::time::sleep(FINISH_TIME_MAX).await;
    };
    tokio::select! {
        served = server.into_future() => served.context("could not go on serving")?,
        () = overdue => tracing::warn!("requests still in flight were given up"),
    }
    news.abort();
    forgetting.abort();
    db.close().await;
    Ok(())
}

async fn told(mut stopping: watch::Receiver<bool>) {
    // An error means that whoever would tell is gone, which tells as much.
    let _ = stopping.wait_for(|stop| *stop).await;
}
