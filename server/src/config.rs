//! The settings, from flags or the environment; `keeptill serve --help` shows them all.

use clap::{Args, Parser, Subcommand, ValueEnum, builder::FalseyValueParser, builder::RangedI64ValueParser};
use std::{net::SocketAddr, path::PathBuf};

/// A till that goes on selling when the connection is gone, and the office behind it.
#[derive(Debug, Parser)]
#[command(name = "keeptill", version, arg_required_else_help = true)]
pub struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server, until Ctrl-C or SIGTERM.
    Serve(Config),
}

/// A day at the least, a century at the most.
fn days() -> RangedI64ValueParser<u32> {
    RangedI64ValueParser::new().range(1..=36_500)
}

#[derive(Args, Clone, Debug)]
pub struct Config {
    /// The address to serve on.
    #[arg(long, env = "KEEPTILL_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,

    /// Where data is kept: the private PostgreSQL, when no --database-url is given.
    #[arg(long, env = "KEEPTILL_DATA_DIR", default_value = "./data")]
    pub data_dir: PathBuf,

    /// A PostgreSQL to use (postgres://user:password@host/database), whose user owns the database. Without it, a
    /// private one is started in the data folder from the PostgreSQL programs on this machine.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Who may open a shop.
    #[arg(long, env = "KEEPTILL_SIGNUP", value_enum, default_value_t = Signup::First)]
    pub signup: Signup,

    /// Makes a demo shop at the first start, and prints its log-in and a pairing link at every start.
    #[arg(long, env = "KEEPTILL_DEMO", value_parser = FalseyValueParser::new())]
    pub demo: bool,

    /// What is logged, in the words of tracing's EnvFilter: info, debug, keeptill_server=debug, …
    #[arg(long, env = "KEEPTILL_LOG", default_value = "info,sqlx=warn")]
    pub log: String,

    /// Where the pages' files are. Without it: site/ beside this program, else target/site.
    #[arg(long, env = "KEEPTILL_SITE_DIR")]
    pub site_dir: Option<PathBuf>,

    /// For how many days a deletion is remembered. A till that was away for longer pulls everything afresh.
    #[arg(long, env = "KEEPTILL_TOMBSTONE_DAYS", default_value_t = 90, value_parser = days())]
    pub tombstone_days: u32,

    /// For how many days the lines of the sync log are kept.
    #[arg(long, env = "KEEPTILL_LOG_DAYS", default_value_t = 90, value_parser = days())]
    pub log_days: u32,

    /// A second address, for operations only: /metrics, /healthz, /readyz. Without it there are no metrics.
    #[arg(long, env = "KEEPTILL_OPS_LISTEN")]
    pub ops_listen: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Signup {
    /// Whoever comes while there is no shop yet.
    First,
    /// Anybody.
    Open,
    /// Nobody.
    Closed,
}

impl Config {
    /// An unset variable and an empty one are the same.
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_deref().filter(|url| !url.is_empty())
    }
}
