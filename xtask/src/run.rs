//! From a checkout to a shop in the browser: install, build, start. The server itself says where
//! it listens and how to log in.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{build, say, setup};

/// Ends by becoming the server, so that the terminal and its signals are the server's.
///
/// # Errors
/// When something can't be installed, built or started.
pub fn run(data_dir: &Path, arguments: &[OsString]) -> Result<()> {
    let tools = setup::for_run()?;
    let built = build::build(&tools, build::Kind::Release)?;
    say::heading("Starting Keeptill");
    let error = server(&built, data_dir, arguments).exec();
    Err(error).with_context(|| format!("could not start {}", built.binary.display()))
}

/// The built server with a demo shop.
pub fn server(built: &build::Built, data_dir: &Path, arguments: &[OsString]) -> Command {
    let mut server = Command::new(&built.binary);
    server.arg("serve").args(arguments);
    server.env("KEEPTILL_DATA_DIR", data_dir);
    if std::env::var_os("KEEPTILL_DEMO").is_none() {
        server.env("KEEPTILL_DEMO", "1");
    }
    server
}
