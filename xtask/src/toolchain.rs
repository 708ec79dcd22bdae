//! The cargo and rustc that build the product: the one in use, if it knows the wasm32 target, and
//! otherwise Debian's, which `setup` can complete without a download of toolchains. `xtask` itself
//! may have been built by another.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{process, workspace};

pub const WASM: &str = "wasm32-unknown-unknown";

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Toolchain {
    /// The one that built and started this program.
    Active,
    /// `rustc-web` and `cargo-web` from Debian, past any rustup.
    Debian,
}

impl Toolchain {
    /// The first toolchain on this machine that can build everything.
    pub fn usable() -> Option<Self> {
        [Self::Active, Self::Debian].into_iter().find(|toolchain| toolchain.is_recent() && toolchain.links_wasm())
    }

    /// cargo, in the checkout, without what `cargo run` left in the environment.
    pub fn cargo(&self) -> Command {
        match self {
            Self::Active => self.tool(&active_cargo()),
            Self::Debian => self.tool(Path::new("/usr/bin/cargo")),
        }
    }

    /// `cargo clippy`; what follows are its arguments.
    pub fn clippy(&self) -> Command {
        let mut command = match self {
            Self::Active => self.cargo(),
            // `cargo clippy` might come upon rustup's clippy first.
            Self::Debian => self.tool(Path::new("/usr/bin/cargo-clippy")),
        };
        command.arg("clippy");
        command
    }

    /// rustc's version, such as `1.96`, or nothing where there is no rustc.
    pub fn version(&self) -> Option<(u32, u32)> {
        let text = process::output(self.rustc().arg("--version")).ok()?;
        parse_version(text.split_whitespace().nth(1)?)
    }

    /// Whether rustc is as new as the workspace asks.
    pub fn is_recent(&self) -> bool {
        self.version() >= parse_version(env!("CARGO_PKG_RUST_VERSION"))
    }

    /// The folder that this toolchain's standard library for wasm32 is in, or would be in.
    pub fn wasm_library(&self) -> Option<PathBuf> {
        let mut rustc = self.rustc();
        rustc.args(["--print", "target-libdir", "--target", WASM]);
        process::output(&mut rustc).ok().map(|text| PathBuf::from(text.trim()))
    }

    fn links_wasm(&self) -> bool {
        let has_std = self.wasm_library().is_some_and(|dir| holds_std(&dir));
        let has_linker = *self != Self::Debian || process::is_program(&debian_linker());
        has_std && has_linker
    }

    fn rustc(&self) -> Command {
        match self {
            Self::Active => self.tool(Path::new(&std::env::var_os("RUSTC").unwrap_or("rustc".into()))),
            Self::Debian => self.tool(Path::new("/usr/bin/rustc")),
        }
    }

    /// A program that calls cargo or rustc, in the checkout.
    pub fn tool(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(workspace::root());
        for (name, _) in std::env::vars_os() {
            if is_left_by_cargo_run(&name) {
                command.env_remove(name);
            }
        }
        // Queries are checked against `.sqlx`, whatever database the caller is working with.
        command.env_remove("DATABASE_URL").env("SQLX_OFFLINE", "true");
        if *self == Self::Debian {
            command
                .env("PATH", process::path_with(Path::new("/usr/bin")))
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTDOC", "/usr/bin/rustdoc")
                .env("CARGO", "/usr/bin/cargo")
                .env_remove("RUSTUP_TOOLCHAIN")
                .env_remove("LD_LIBRARY_PATH");
        }
        command
    }
}

impl std::fmt::Display for Toolchain {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (major, minor) = self.version().unwrap_or_default();
        match self {
            Self::Active => write!(out, "the active toolchain, rustc {major}.{minor}"),
            Self::Debian => write!(out, "Debian's toolchain, rustc {major}.{minor}"),
        }
    }
}

/// The name under which rustc looks for the linker of WASM.
pub fn debian_linker() -> PathBuf {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    Path::new("/usr/lib/rustlib").join(host).join("bin/rust-lld")
}

/// Whether that folder has a standard library in it.
pub fn holds_std(dir: &Path) -> bool {
    dir.read_dir().is_ok_and(|entries| {
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        })
    })
}

/// `1.96.0` → (1, 96).
pub fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn active_cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// `cargo run` describes xtask's package to xtask; to another cargo it would be a change of
/// environment, and a reason to build afresh.
fn is_left_by_cargo_run(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_and_without_a_patch_level() {
        assert_eq!(parse_version("1.96.0"), Some((1, 96)));
        assert_eq!(parse_version("1.95"), Some((1, 95)));
        assert_eq!(parse_version("1.97.0-nightly"), Some((1, 97)));
        assert_eq!(parse_version("108"), None);
    }

    #[test]
    fn a_folder_without_std_is_not_a_target() {
        assert!(!holds_std(Path::new("/nonexistent")));
    }
}
