//! Doing what the engine says: the same in a page and in the worker.

use crate::{
    catalogue, clock,
    database::{Database, DatabaseError},
    device, journal,
    lock::{self, Lock},
    transport,
};
use keeptill_sync::{
    batch::Outcome,
    engine::{Action, Input},
    failure::Failure,
    pull::Page,
    wire::{PushRequest, PushResponse},
};
use std::{cell::RefCell, rc::Rc};

pub struct Hands {
    pub database: Rc<Database>,
    pub token: RefCell<String>,
    lock: RefCell<Option<Lock>>,
}

/// What changed on disk by an action, for whoever shows it.
pub enum Change {
    Outcomes(Vec<Outcome>),
    Page(Box<Page>),
}

impl Hands {
    pub fn new(database: Rc<Database>, token: String) -> Self {
        Self { database, token: RefCell::new(token), lock: RefCell::new(None) }
    }

    pub fn release_lock(&self) {
        self.lock.borrow_mut().take();
    }

    /// Sends entries in the name of the device that recorded them. Where the server knows that one no longer, they go
    /// in the name of the device this browser is now: out of their chain, which the server says, but not lost.
    async fn push(&self, mut request: PushRequest, token: Option<&str>) -> Result<PushResponse, Failure> {
        if let Some(device) = request.device_id {
            let former = device::former_token(&self.database, device).await.ok().flatten();
            if let Some(former) = former.as_deref() {
                let answer = push_as(&request, Some(former)).await;
                if !matches!(answer, Err(Failure::Unauthorised(_))) {
                    return answer;
                }
            }
            request.device_id = None;
        }
        push_as(&request, token).await
    }

    /// Does one action and brings the answer the engine waits for. Waiting and letting go of the lock are the
    /// caller's: they have no answer.
    pub async fn perform(&self, action: Action) -> (Option<Input>, Option<Change>) {
        let token = self.token.borrow().clone();
        let token = Some(token.as_str());
        let answer = match action {
            Action::TakeLock { wait } => {
                let lock = lock::take(wait).await;
                let taken = lock.is_some();
                *self.lock.borrow_mut() = lock;
                Input::Lock(taken)
            }
            Action::ReadUnsent { after, limit } => {
                journal::unsent(&self.database, after, limit).await.map_or_else(failed, Input::Unsent)
            }
            Action::Push(request) => Input::Pushed(self.push(request, token).await),
            Action::ReadPosition => catalogue::position(&self.database).await.map_or_else(failed, Input::Position),
            Action::Pull(request) => {
                let answer = transport::post(transport::PULL, token, &request, transport::TIMEOUT_MS).await;
                Input::Pulled(answer.map(Box::new))
            }
            Action::StoreOutcomes(outcomes) => {
                return match journal::store_outcomes(&self.database, &outcomes, clock::now()).await {
                    Ok(()) => (Some(Input::Stored), Some(Change::Outcomes(outcomes))),
                    Err(error) => (Some(failed(error)), None),
                };
            }
            Action::StorePage(page) => {
                return match catalogue::store(&self.database, &page).await {
                    Ok(()) => (Some(Input::Stored), Some(Change::Page(page))),
                    Err(error) => (Some(failed(error)), None),
                };
            }
            Action::ReleaseLock | Action::WaitUntil(_) => return (None, None),
        };
        (Some(answer), None)
    }
}

async fn push_as(request: &PushRequest, token: Option<&str>) -> Result<PushResponse, Failure> {
    transport::post(transport::PUSH, token, request, transport::PUSH_TIMEOUT_MS).await
}

fn failed(error: DatabaseError) -> Input {
    Input::StoreFailed(error.to_string())
}
