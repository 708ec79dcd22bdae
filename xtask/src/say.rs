//! What the person at the terminal reads: headings, remarks and times, all on standard error, so
//! that standard output carries results alone.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// The title of a step.
pub fn heading(text: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("\n\x1b[1m==> {text}\x1b[0m");
    } else {
        eprintln!("\n==> {text}");
    }
}

/// A remark within a step.
pub fn note(text: &str) {
    eprintln!("    {text}");
}

/// An error and what led to it, outermost first.
pub fn error(error: &anyhow::Error) {
    eprintln!("\nerror: {error:#}");
}

/// A result, on standard output.
///
/// # Errors
/// When standard output is closed.
pub fn result(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}

/// Does something under a heading and says how long it took.
///
/// # Errors
/// Those of what it does.
pub fn step<T>(text: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    heading(text);
    let start = Instant::now();
    let done = work()?;
    note(&format!("took {}", duration(start.elapsed())));
    Ok(done)
}

/// `0.4 s`, `12.3 s`, `4 min 05 s`.
pub fn duration(time: Duration) -> String {
    let tenths = time.as_millis().div_ceil(100);
    let seconds = tenths / 10;
    if seconds < 60 {
        format!("{seconds}.{} s", tenths % 10)
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

/// `812 B`, `113.4 KB` (of 1000 bytes).
pub fn size(bytes: usize) -> String {
    if bytes < 1000 { format!("{bytes} B") } else { format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_a_person_would_use() {
        assert_eq!(duration(Duration::from_millis(350)), "0.4 s");
        assert_eq!(duration(Duration::from_millis(12_300)), "12.3 s");
        assert_eq!(duration(Duration::from_secs(245)), "4 min 05 s");
    }

    #[test]
    fn sizes_are_told_in_thousands_of_bytes() {
        assert_eq!(size(812), "812 B");
        assert_eq!(size(113_456), "113.4 KB");
    }
}
