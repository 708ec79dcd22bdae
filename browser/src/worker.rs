//! What the service worker does when the browser wakes it to send: one run, with nobody watching.

use crate::{
    channel::{Channel, News},
    clock,
    database::Database,
    device,
    hands::Hands,
};
use keeptill_sync::{
    engine::{Action, Engine, Input, Settings},
    till::Connection,
};
use std::{collections::VecDeque, rc::Rc};

/// Sends what waits. An error makes the browser try again later.
///
/// # Errors
/// What is still waiting, and why; or why the database could not be read.
pub async fn run_sync() -> Result<(), String> {
    let Some(database) = Database::open_as_it_is().await.map_err(|error| error.to_string())? else {
        return Ok(());
    };
    let database = Rc::new(database);
    let ended = run(Rc::clone(&database)).await;
    // An open connection would hold up the next upgrade of the database.
    database.close();
    ended
}

async fn run(database: Rc<Database>) -> Result<(), String> {
    let Some(paired) = device::load(&database).await.map_err(|error| error.to_string())? else {
        return Ok(());
    };
    let hands = Hands::new(database, paired.token);
    let channel = Channel::open();
    // Pulling is left to the page, which shows what it brings. The lock is waited for: when a page has it, this run
    // ends after that one and finds nothing left to do.
    let settings = Settings { app_version: crate::APP_VERSION.into(), pulls: false, waits_for_lock: true };
    let mut engine = Engine::new(settings, clock::seed());
    let mut actions: VecDeque<Action> = engine.handle(Input::Started, clock::now()).into();
    while let Some(action) = actions.pop_front() {
        match action {
            Action::WaitUntil(_) => break,
            Action::ReleaseLock => hands.release_lock(),
            action => {
                let done = hands.send(action).await;
                if let (Some(_), Some(channel)) = (done.change, &channel) {
                    channel.tell(&News::Sent);
                }
                if let Some(answer) = done.answer {
                    actions.extend(engine.handle(answer, clock::now()));
                }
            }
        }
    }
    let status = engine.status();
    // A token that is no longer known does not become known by trying again.
    if status.waiting == 0 || status.connection == Connection::Unauthorised {
        return Ok(());
    }
    Err(format!("{} waiting", status.waiting))
}
