//! `keeptill serve`: reads the settings, says where everything is, and runs until it is told to stop.

use anyhow::Context;
use clap::Parser;
use keeptill_server::{
    app_state::App,
    config::{Command, CommandLine},
    demo,
    serve::serve_and_tell,
    tenants,
};
use std::{io::IsTerminal, net::SocketAddr};
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
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let stop = stop_signal()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("could not listen on {} (is another server there already?)", config.listen))?;
    let address = listener.local_addr().context("the listener has no address")?;
    serve_and_tell(config, listener, stop, async |app: App| announce(&app, address).await).await
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

/// Says where the server is and what to do next.
#[expect(clippy::print_stdout, reason = "this is for the person who started the server, not for its log")]
async fn announce(app: &App, address: SocketAddr) -> anyhow::Result<()> {
    let site = site(address);
    println!("Keeptill serves on {site}");
    if app.config.database_url().is_none() {
        println!("  data      {}", app.config.data_dir.display());
    }
    if app.config.demo {
        let code = demo::open(app).await.context("could not make the demo shop")?;
        println!("  office    {site}/office   log in as {} with the password \"{}\"", demo::EMAIL, demo::PASSWORD);
        println!("  a till    {site}/till/pair?code={code}   (works once, for an hour)");
        let cashiers = demo::CASHIERS.map(|(name, pin)| format!("{name} ({pin})")).join(", ");
        println!("  cashiers  {cashiers}");
    } else if tenants::may_sign_up(app).await? {
        println!("  next      open your shop at {site}/setup");
    } else {
        println!("  office    {site}/office");
    }
    Ok(())
}

/// The address as a browser on this machine takes it.
fn site(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}
