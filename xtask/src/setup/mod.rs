//! Finds out what this machine lacks and installs it: first everything that Debian has, in one go,
//! then what is built or fetched from elsewhere. Nothing that is there already is touched, and
//! a second run only looks.

mod apt;
mod checkers;
mod chromium;
mod debian_std;
mod npm;
mod postgres;
mod rustfmt;
mod wasm_opt;
mod wasm_target;

use std::path::PathBuf;

use anyhow::Result;

pub use apt::NeedsPerson;
#[cfg(test)]
pub use postgres::find as find_postgres;
pub use rustfmt::Rustfmt;

use crate::say;
use crate::toolchain::Toolchain;

/// What building and running need.
pub struct Tools {
    pub toolchain: Toolchain,
    pub wasm_opt: PathBuf,
    /// The folder with `initdb`, `postgres` and `psql`.
    pub postgres: PathBuf,
}

/// What testing needs besides.
pub struct TestTools {
    pub tools: Tools,
    pub rustfmt: Rustfmt,
    /// Not looked for unless it is wanted.
    pub browser: Option<Browser>,
    pub cargo_deny: PathBuf,
    pub cargo_machete: PathBuf,
}

/// What the browser tests need.
pub struct Browser {
    pub chromium: PathBuf,
    /// The folder of the node that runs them, where it is not the one on PATH.
    pub node: Option<PathBuf>,
}

impl Browser {
    fn ready() -> Result<Self> {
        npm::install_locked("end2end")?;
        Ok(Self { chromium: chromium::find().map_or_else(chromium::missing, Ok)?, node: npm::newer_node()? })
    }
}

/// Everything for `build` and `run`.
///
/// # Errors
/// When something is missing and could not be installed.
pub fn for_run() -> Result<Tools> {
    say::step("Looking for what building and running need", || {
        let toolchain = wasm_target::find();
        let mut packages = Vec::new();
        if toolchain.is_none() {
            packages.extend(debian_std::PACKAGES);
        }
        if wasm_opt::find().is_none() {
            packages.extend(npm::packages());
        }
        if postgres::find().is_none() {
            packages.extend(postgres::PACKAGES);
        }
        apt::install(&packages)?;
        Ok(Tools {
            toolchain: toolchain.map_or_else(debian_std::complete, Ok)?,
            wasm_opt: wasm_opt::find().map_or_else(wasm_opt::install, Ok)?,
            postgres: postgres::find().map_or_else(postgres::missing, Ok)?,
        })
    })
}

/// Everything for `bench`; its peers too where they are measured.
///
/// # Errors
/// When something is missing and could not be installed.
pub fn for_bench(peers: bool) -> Result<(Tools, Browser)> {
    let tools = for_run()?;
    say::step("Looking for what measuring needs", || {
        let mut packages = npm::packages();
        if chromium::find().is_none() {
            packages.extend(chromium::PACKAGES);
        }
        apt::install(&packages)?;
        if peers {
            npm::install_locked("bench/sync")?;
        }
        Ok((tools, Browser::ready()?))
    })
}

/// Everything for `test`, with or without its browser.
///
/// # Errors
/// When something is missing and could not be installed.
pub fn for_tests(browser: bool) -> Result<TestTools> {
    let tools = for_run()?;
    say::step("Looking for what the tests need", || {
        let mut packages = Vec::new();
        packages.extend(checkers::packages(&tools.toolchain));
        if rustfmt::find().is_none() {
            packages.extend(rustfmt::packages(&tools.toolchain));
        }
        if browser {
            packages.extend(npm::packages());
        }
        if browser && chromium::find().is_none() {
            packages.extend(chromium::PACKAGES);
        }
        apt::install(&packages)?;
        let browser = if browser { Some(Browser::ready()?) } else { None };
        let [cargo_deny, cargo_machete] =
            checkers::find_or_install(&tools.toolchain, [&checkers::DENY, &checkers::MACHETE])?;
        Ok(TestTools {
            rustfmt: rustfmt::find().map_or_else(rustfmt::missing, Ok)?,
            browser,
            cargo_deny,
            cargo_machete,
            tools,
        })
    })
}
