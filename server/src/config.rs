//! The settings, from flags or the environment; `keeptill serve --help` shows them all.

use clap::{Args, Parser, Subcommand, ValueEnum, builder::FalseyValueParser};
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
