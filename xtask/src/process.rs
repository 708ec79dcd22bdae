//! Other programs: run with their output in view, or for their output, or for a limited time.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::interrupt;

/// Runs a program to its end, its output in view.
///
/// # Errors
/// When it can't be started or ends with anything but success.
pub fn run(command: &mut Command) -> Result<()> {
    let status = wait(&mut spawn(command)?)?;
    succeeded(command, status)
}

/// Runs a program to its end and returns what it wrote to standard output.
///
/// # Errors
/// When it can't be started or ends with anything but success.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("could not start {}", line(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed ({}): {}", line(command), output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program and hands each line of its standard output to `read`, after showing it.
///
/// # Errors
/// When it can't be started.
pub fn tee(command: &mut Command, mut read: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut child = spawn(command.stdout(Stdio::piped()))?;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut bytes = Vec::new();
        while lines.read_until(b'\n', &mut bytes)? > 0 {
            std::io::stderr().write_all(&bytes)?;
            read(String::from_utf8_lossy(&bytes).trim_end());
            bytes.clear();
        }
    }
    wait(&mut child)
}

/// Runs a program that may hang, for as long as `limit`. Its output is in view.
/// Returns whether it succeeded in time.
pub fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let Ok(mut child) = spawn(command) else {
        return false;
    };
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                interrupt::child_ended(child.id());
                return status.success();
            }
            Ok(None) if start.elapsed() < limit => std::thread::sleep(Duration::from_millis(50)),
            _ => {
                // It has had its time; that it is already gone is the only way this can fail.
                let _ = child.kill();
                let _ = wait(&mut child);
                return false;
            }
        }
    }
}

/// Whether a program can be run and says yes. Its output is not shown.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Starts a program that an interruption of this one will stop, too.
///
/// # Errors
/// When it can't be started.
pub fn spawn(command: &mut Command) -> Result<Child> {
    let child = command.spawn().with_context(|| format!("could not start {}", line(command)))?;
    interrupt::child_started(child.id());
    Ok(child)
}

/// Waits for a program that was started with [`spawn`].
///
/// # Errors
/// When the operating system will not tell.
pub fn wait(child: &mut Child) -> Result<ExitStatus> {
    let status = child.wait()?;
    interrupt::child_ended(child.id());
    Ok(status)
}

/// Turns a bad end into an error that names the command.
///
/// # Errors
/// When the status is not success.
pub fn succeeded(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("{} failed ({status})", line(command));
    }
    Ok(())
}

/// The program of that name on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(name)).find(|candidate| is_program(candidate))
}

/// PATH with a folder put before all others.
pub fn path_with(first: &Path) -> OsString {
    let mut path = first.as_os_str().to_owned();
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    path
}

/// Whether that file can be run.
pub fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// The command as it would be typed.
pub fn line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The end of a log file, for an error's text.
pub fn tail_of(log: &Path) -> String {
    let mut text = Vec::new();
    if let Ok(mut file) = std::fs::File::open(log) {
        // A log that can't be read leaves the error without its tail, which is no worse.
        let _ = file.read_to_end(&mut text);
    }
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
