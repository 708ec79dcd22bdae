//! Debian packages: which of them are not there yet, and their installation as root, through
//! `sudo` where that asks no password, or by a command that a person is asked to run.

use std::fmt::{Display, Formatter, Result as Written};
use std::process::Command;

use anyhow::{Result, bail};

use crate::{process, say};

/// A package and the reason for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Package {
    pub name: &'static str,
    pub why: &'static str,
    /// Where another system has it from.
    pub elsewhere: &'static str,
}

/// An ordinary user without the right to install: the command for whoever has it.
#[derive(Debug)]
pub struct NeedsPerson(String);

impl NeedsPerson {
    pub fn to_run(command: &str) -> Self {
        Self(format!(
            "this needs the rights of root. Please run\n\n    {command}\n\nand then the same `cargo xtask` again"
        ))
    }
}

impl Display for NeedsPerson {
    fn fmt(&self, out: &mut Formatter<'_>) -> Written {
        out.write_str(&self.0)
    }
}

impl std::error::Error for NeedsPerson {}

/// Installs those of the packages that are not installed.
///
/// # Errors
/// When there is no apt-get, no right to use it, or it fails.
pub fn install(wanted: &[Package]) -> Result<()> {
    let mut missing: Vec<&Package> = Vec::new();
    for package in wanted {
        if !missing.contains(&package) && !is_installed(package.name) {
            missing.push(package);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    if process::on_path("apt-get").is_none() {
        let list: Vec<String> =
            missing.iter().map(|package| format!("\n  {} ({})", package.elsewhere, package.why)).collect();
        bail!("this is not a Debian system; please install by hand:{}", list.concat());
    }
    for package in &missing {
        say::note(&format!("Debian's {} is missing: {}", package.name, package.why));
    }
    let names: Vec<&str> = missing.iter().map(|package| package.name).collect();
    let by_hand = format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {}", names.join(" "));
    // The package starts a database of its own when it comes, unless it is told not to.
    if names.contains(&super::postgres::SERVER_PACKAGE) {
        return super::postgres::without_a_cluster(&by_hand, || install_named(&names, &by_hand));
    }
    install_named(&names, &by_hand)
}

/// `apt-get install`, with fresh lists where the ones there are absent or out of date.
fn install_named(names: &[&str], by_hand: &str) -> Result<()> {
    let lists_are_old = !names.iter().all(|name| is_offered(name));
    if lists_are_old {
        apt_get(&["update", "-q"], by_hand)?;
    }
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    arguments.extend(names);
    let installed = apt_get(&arguments, by_hand);
    if installed.is_ok() || lists_are_old {
        return installed;
    }
    apt_get(&["update", "-q"], by_hand)?;
    apt_get(&arguments, by_hand)
}

fn apt_get(arguments: &[&str], by_hand: &str) -> Result<()> {
    let mut words = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    words.extend(arguments);
    process::run(&mut as_root(&words, by_hand)?)
}

/// That command with root's rights.
///
/// # Errors
/// [`NeedsPerson`], with the words to type, where neither root nor a passwordless sudo is at hand.
pub fn as_root(words: &[&str], by_hand: &str) -> Result<Command> {
    let is_root = process::output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut all = Vec::new();
    if !is_root {
        if !process::succeeds(Command::new("sudo").args(["-n", "true"])) {
            return Err(NeedsPerson::to_run(by_hand).into());
        }
        all.extend(["sudo", "-n"]);
    }
    all.extend(words);
    let mut command = Command::new(all[0]);
    command.args(&all[1..]);
    Ok(command)
}

fn is_installed(name: &str) -> bool {
    process::output(Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", name]))
        .is_ok_and(|status| status.trim() == "installed")
}

/// Whether apt's lists have that package.
fn is_offered(name: &str) -> bool {
    let mut policy = Command::new("apt-cache");
    policy.env("LC_ALL", "C").args(["policy", name]);
    process::output(&mut policy).is_ok_and(|text| text.contains("Candidate: ") && !text.contains("Candidate: (none)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_the_whole_command() {
        let asked = NeedsPerson::to_run("sudo apt-get install -y chromium").to_string();
        assert!(asked.contains("\n    sudo apt-get install -y chromium\n"));
    }
}
