//! `cargo fmt`, from whichever toolchain has it: the format does not depend on the compiler, and
//! Debian packs rustfmt apart.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use super::apt::Package;
use crate::toolchain::Toolchain;
use crate::{process, workspace};

const PACKAGES: [Package; 1] = [Package {
    name: "rustfmt-web",
    why: "checks the format of the code",
    elsewhere: "rustfmt, `rustup component add rustfmt`",
}];

/// A working `cargo-fmt` and, where rustup gives it, the toolchain it comes from.
#[derive(Debug)]
pub struct Rustfmt {
    cargo_fmt: PathBuf,
    rustup_toolchain: Option<String>,
}

impl Rustfmt {
    /// `cargo fmt` in the checkout; what follows are its arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.cargo_fmt);
        command.current_dir(workspace::root());
        if let Some(toolchain) = &self.rustup_toolchain {
            command.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        if self.cargo_fmt.starts_with("/usr/bin") {
            command.env("RUSTFMT", "/usr/bin/rustfmt").env("CARGO", "/usr/bin/cargo");
        }
        command.arg("fmt");
        command
    }

    /// rustfmt before 1.8 does not know the style of edition 2024.
    fn works(&self) -> bool {
        process::output(self.command().arg("--version")).is_ok_and(|text| {
            let version = text.split_whitespace().nth(1).and_then(crate::toolchain::parse_version);
            version >= Some((1, 8))
        })
    }
}

/// The active toolchain's, any other of rustup's, or Debian's.
pub fn find() -> Option<Rustfmt> {
    let mut candidates = Vec::new();
    if let Some(cargo_fmt) = process::on_path("cargo-fmt") {
        candidates.push(Rustfmt { cargo_fmt: cargo_fmt.clone(), rustup_toolchain: None });
        for toolchain in rustup_toolchains() {
            candidates.push(Rustfmt { cargo_fmt: cargo_fmt.clone(), rustup_toolchain: Some(toolchain) });
        }
    }
    let debian = Path::new("/usr/bin/cargo-fmt");
    candidates.push(Rustfmt { cargo_fmt: debian.to_path_buf(), rustup_toolchain: None });
    candidates.into_iter().find(Rustfmt::works)
}

/// What brings it: a component of rustup's toolchain, which is added at once, or a package.
pub fn packages(toolchain: &Toolchain) -> Vec<Package> {
    if *toolchain == Toolchain::Active && super::checkers::add_component("rustfmt") {
        return Vec::new();
    }
    PACKAGES.to_vec()
}

/// # Errors
/// Always: after the installation it is there.
pub fn missing() -> Result<Rustfmt> {
    bail!("rustfmt was installed, but no `cargo fmt` works")
}

fn rustup_toolchains() -> Vec<String> {
    let list = process::output(Command::new("rustup").args(["toolchain", "list", "--quiet"]));
    list.unwrap_or_default().lines().map(str::to_owned).collect()
}
