//! The program itself: its private PostgreSQL, its demo shop, and its end, sudden or not.
//!
//! These need PostgreSQL's programs on the machine, as `cargo xtask test` installs them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that can't go on fails")]

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
};

/// A data folder that goes with the test.
struct DataDir(PathBuf);

impl DataDir {
    fn make() -> Self {
        let folder = std::env::temp_dir().join(format!("keeptill-process-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn lock_file(&self) -> PathBuf {
        self.0.join("postgres/cluster/postmaster.pid")
    }

    fn postmaster(&self) -> Pid {
        let text = fs::read_to_string(self.lock_file()).unwrap();
        Pid::from_raw(text.lines().next().unwrap().trim().parse().unwrap())
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Program {
    process: Child,
    out: Lines<BufReader<ChildStdout>>,
    site: String,
}

impl Program {
    /// Starts the program and waits for it to say where it serves.
    fn start(data: &DataDir, demo: bool) -> Self {
        let mut process = command(&data.0, demo).spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap()).lines();
        let Some(first) = out.next() else {
            panic!("it did not start: {}", read_all(process.stderr.take().unwrap()));
        };
        let site = first.unwrap().strip_prefix("Keeptill serves on ").unwrap().to_owned();
        Self { process, out, site }
    }

    /// The next line that begins with this word.
    fn line(&mut self, word: &str) -> String {
        self.out.by_ref().map(|line| line.unwrap()).find(|line| line.trim_start().starts_with(word)).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.process.id() as i32), signal).unwrap();
    }

    fn wait(mut self) -> bool {
        self.process.wait().unwrap().success()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let response = reqwest::Client::new().post(format!("{}{path}", self.site)).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Whatever went wrong, nothing is left running.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(data: &Path, demo: bool) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keeptill"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .env_remove("DATABASE_URL")
        .env("KEEPTILL_DEMO", if demo { "1" } else { "0" })
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn read_all(mut pipe: ChildStderr) -> String {
    let mut text = String::new();
    std::io::Read::read_to_string(&mut pipe, &mut text).unwrap();
    text
}

async fn sign_up(program: &Program) -> (u16, Value) {
    let body = json!({
        "name": "Corner", "currency": "EUR", "timeZone": "Europe/Berlin", "pricesIncludeTax": true,
        "email": "a@shop.test", "password": "correct horse",
    });
    program.post("/api/tenants", body).await
}

async fn log_in(program: &Program) -> u16 {
    program.post("/api/auth/login", json!({ "email": "a@shop.test", "password": "correct horse" })).await.0
}

#[tokio::test]
async fn what_was_written_is_there_after_a_stop_and_after_two_kinds_of_sudden_death() {
    let data = DataDir::make();
    let mut program = Program::start(&data, false);
    assert!(program.line("next").contains("/setup"));
    assert_eq!(sign_up(&program).await.0, 201);

    // Another server on the same folder would fight over its database.
    let second = command(&data.0, false).output().unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("another keeptill is running"));

    program.signal(Signal::SIGTERM);
    assert!(program.process.wait().unwrap().success());
    assert!(!data.lock_file().exists());
    drop(program);

    let program = Program::start(&data, false);
    assert_eq!(log_in(&program).await, 200);
    program.signal(Signal::SIGKILL);
    assert!(!program.wait());

    // Its PostgreSQL lives on; the next server takes its place.
    let program = Program::start(&data, false);
    assert_eq!(log_in(&program).await, 200);
    let postmaster = data.postmaster();
    program.signal(Signal::SIGKILL);
    kill(postmaster, Signal::SIGKILL).unwrap();
    assert!(!program.wait());

    let program = Program::start(&data, false);
    assert_eq!(log_in(&program).await, 200);
    program.signal(Signal::SIGINT);
    assert!(program.wait());
    assert!(!data.lock_file().exists());

    // A lock file whose number belongs to another process by now.
    fs::write(data.lock_file(), format!("{}\n/elsewhere\n", std::process::id())).unwrap();
    let program = Program::start(&data, false);
    assert_eq!(log_in(&program).await, 200);
    program.signal(Signal::SIGINT);
    assert!(program.wait());
}

#[tokio::test]
async fn the_demo_shop_is_made_once_and_offers_a_till_at_every_start() {
    let data = DataDir::make();
    for start in 1..=2 {
        let mut program = Program::start(&data, true);
        let line = program.line("a till");
        let code = line.split("code=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let (status, paired) = program.post("/api/devices/pair", json!({ "pairingCode": code })).await;
        assert_eq!((status, &paired["receiptPrefix"]), (200, &json!(format!("T{start}"))));
        let pull = reqwest::Client::new()
            .post(format!("{}/api/sync/pull", program.site))
            .bearer_auth(paired["deviceToken"].as_str().unwrap())
            .json(&json!({ "collections": ["products", "categories", "taxes", "staff", "settings", "stock"] }));
        let pulled: Value = pull.send().await.unwrap().json().await.unwrap();
        let length = |collection: &str| pulled[collection].as_array().unwrap().len();
        assert_eq!((length("products"), length("categories"), length("taxes"), length("staff")), (20, 6, 2, 3));
        assert_eq!(pulled["settings"]["shopName"], json!("Corner & Crumb"));
        assert!(length("stock") > 10);
        let credentials = json!({
            "email": keeptill_server::demo::EMAIL, "password": keeptill_server::demo::PASSWORD,
        });
        assert_eq!(program.post("/api/auth/login", credentials).await.0, 200);
        program.signal(Signal::SIGTERM);
        assert!(program.wait());
    }
}

#[test]
fn the_program_explains_itself() {
    for arguments in [&["--help"][..], &["serve", "--help"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_keeptill")).args(arguments).output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).contains("Usage: keeptill"));
    }
    let wrong = Command::new(env!("CARGO_BIN_EXE_keeptill")).args(["serve", "--signup", "maybe"]).output().unwrap();
    assert!(!wrong.status.success());
}
