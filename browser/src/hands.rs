//! Doing what the engine says: the half that a page and the worker share, which is sending.

use crate::{
    clock,
    database::{Database, DatabaseError},
    device, journal,
    lock::{self, Lock},
    transport,
};
use keeptill_sync::{
    batch::Outcome,
    engine::{Action, Input},
    failure::Failure,
    wire::{PushRequest, PushResponse},
};
use std::{cell::RefCell, rc::Rc};

pub struct Hands {
    pub database: Rc<Database>,
    pub token: RefCell<String>,
    lock: RefCell<Option<Lock>>,
}

/// What came of an action.
pub struct Done<Change> {
    /// What the engine waits for.
    pub answer: Option<Input>,
    /// What is on disk now, for whoever shows it.
    pub change: Option<Change>,
}

/// What changed in the journal.
pub enum Sent {
    Outcomes(Vec<Outcome>),
    /// Entries that counted as sent wait again.
    Reopened,
}

impl Hands {
    pub fn new(database: Rc<Database>, token: String) -> Self {
        Self { database, token: RefCell::new(token), lock: RefCell::new(None) }
    }

    pub fn release_lock(&self) {
        self.lock.borrow_mut().take();
    }

    /// Does an action that belongs to sending. Waiting and letting go of the lock are the caller's; pulling is the
    /// page's (see [`crate::pulling`]), so that none of it weighs on the worker.
    pub async fn send(&self, action: Action) -> Done<Sent> {
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
            Action::Push(request) => Input::Pushed(self.push(request).await),
            Action::StoreOutcomes { epoch, outcomes } => {
                return match journal::store_outcomes(&self.database, epoch, &outcomes, clock::now()).await {
                    Ok(()) => Done { answer: Some(Input::Stored), change: Some(Sent::Outcomes(outcomes)) },
                    Err(error) => Done { answer: Some(failed(error)), change: None },
                };
            }
            Action::ReadSenders => journal::senders(&self.database).await.map_or_else(failed, Input::Senders),
            Action::SendAgain { epoch, lacking } => {
                return match journal::reopen(&self.database, epoch, &lacking).await {
                    Ok(count) => {
                        Done { answer: Some(Input::Reopened(count)), change: (count > 0).then_some(Sent::Reopened) }
                    }
                    Err(error) => Done { answer: Some(failed(error)), change: None },
                };
            }
            _ => return Done { answer: None, change: None },
        };
        Done { answer: Some(answer), change: None }
    }

    /// Sends entries in the name of the device that recorded them: under its own token where this browser is or was that
    /// device, else handed in by the one it is now. Where the server knows that device no longer, they go in the name of
    /// this one: out of their chain, which the server says, but not lost. The numbers in that answer are of another
    /// chain than was asked about, and are left out.
    async fn push(&self, mut request: PushRequest) -> Result<PushResponse, Failure> {
        let token = self.token.borrow().clone();
        let Some(device) = request.device_id else { return push_as(&request, &token).await };
        let recorders = device::token_of(&self.database, device).await.ok().flatten();
        if let Some(recorders) = recorders {
            let answer = push_as(&request, &recorders).await;
            if recorders == token || !matches!(answer, Err(Failure::Unauthorised(_))) {
                return answer;
            }
        }
        let answer = push_as(&request, &token).await;
        if !answer.as_ref().is_err_and(is_unknown_device) {
            return answer;
        }
        request.device_id = None;
        let answer = push_as(&request, &token).await?;
        Ok(PushResponse { acked_seq: None, missing_seqs: vec![], ..answer })
    }
}

/// The server answers no differently where the device is another shop's. A former server took events of a device from
/// that device alone.
fn is_unknown_device(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(detail) if detail.code == "not_found")
        || matches!(failure, Failure::Unauthorised(detail) if detail.code == "not_your_device")
}

async fn push_as(request: &PushRequest, token: &str) -> Result<PushResponse, Failure> {
    transport::post(transport::PUSH, Some(token), request, transport::PUSH_TIMEOUT_MS).await
}

pub fn failed(error: DatabaseError) -> Input {
    Input::StoreFailed(error.to_string())
}
