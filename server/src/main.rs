//! `keeptill serve`: reads the settings, says where everything is, and runs until it is told to stop.

use anyhow::Context;
use clap::Parser;
use keeptill_server::{
    config::{Command, CommandLine, Config},
    serve::serve_and_tell,
};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Command::Serve(config) = CommandLine::parse().command;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(&config.log).context("KEEPTILL_LOG can't be read")?)
        .with_writer(std::io::stderr)
        .init();
    let stop = stop_signal()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("could not listen on {} (another server there already?)", config.listen))?;
    serve(config, listener, stop).await
}

async fn serve(
    config: Config,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    serve_and_tell(config, listener, stop, async |_| Ok(())).await
}

/// Ctrl-C, or what a service's supervisor sends.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupt = signal(SignalKind::interrupt()).context("could not listen for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("could not listen for SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping: finishing what is in flight");
    })
}
