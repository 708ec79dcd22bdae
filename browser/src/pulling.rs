//! Doing what the engine says: the page's half, which is pulling, and everything else through [`Hands::send`].

use crate::{
    catalogue,
    hands::{Done, Hands, failed},
    transport,
};
use keeptill_sync::{
    batch::Outcome,
    engine::{Action, Input},
    pull::Page,
};

/// What changed on disk by an action.
pub enum Change {
    Outcomes(Vec<Outcome>),
    Page(Box<Page>),
}

pub async fn perform(hands: &Hands, action: Action) -> Done<Change> {
    let answer = match action {
        Action::ReadPosition => catalogue::position(&hands.database).await.map_or_else(failed, Input::Position),
        Action::Pull(request) => {
            let token = hands.token.borrow().clone();
            let answer = transport::post(transport::PULL, Some(&token), &request, transport::TIMEOUT_MS).await;
            Input::Pulled(answer.map(Box::new))
        }
        Action::StorePage(page) => {
            return match catalogue::store(&hands.database, &page).await {
                Ok(()) => Done { answer: Some(Input::Stored), change: Some(Change::Page(page)) },
                Err(error) => Done { answer: Some(failed(error)), change: None },
            };
        }
        action => {
            let Done { answer, change } = hands.send(action).await;
            return Done { answer, change: change.map(Change::Outcomes) };
        }
    };
    Done { answer: Some(answer), change: None }
}
