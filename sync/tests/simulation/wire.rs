//! Messages between homes and the server: on their way until a step delivers, loses, doubles or spoils them.

use crate::{browser::Doing, mutants::Mutant, server::Token, world::World};
use chrono::{DateTime, TimeDelta, Utc};
use keeptill_domain::{ClientId, DeviceId};
use keeptill_sync::{
    batch::{Outcome, Waiting, outcomes},
    engine::Input,
    failure::Failure,
    journal::EntryState,
    wire::{Manifest, PullRequest, PullResponse, PushRequest, PushResponse},
};
use serde_json::Value;
use std::rc::Rc;

/// After so long the browser gives a request up; the longer of the transport's two limits.
pub const TIMEOUT_MS: i64 = 30_000;

/// How it is counted that entries went out in the name of another device than recorded them.
pub const FELL_BACK: &str = "sent in another device's name";

#[derive(Clone)]
pub enum Body {
    Push(PushRequest),
    Pull(PullRequest),
    Manifest,
    Chunk(String),
}

/// A request that a home waits for.
#[derive(Clone)]
pub struct Request {
    pub number: u64,
    pub body: Body,
    pub sent_at: DateTime<Utc>,
    name: Name,
}

/// In whose name a push went out, and what is tried next where that one is not welcome.
#[derive(Clone, Copy, PartialEq)]
enum Name {
    /// The present device's own entries, or no entries at all.
    Own,
    /// A former device's entries, under its own token.
    Recorder,
    /// Another device's entries, handed in by the present one.
    HandedIn,
    /// As if they were the present device's own.
    Nameless,
}

#[derive(Clone)]
pub struct Message {
    pub browser: usize,
    pub home: u64,
    pub what: What,
    /// It dawdles until then.
    pub held_until: Option<DateTime<Utc>>,
}

impl Message {
    pub fn new(browser: usize, home: u64, what: What) -> Self {
        Self { browser, home, what, held_until: None }
    }
}

#[derive(Clone)]
pub enum What {
    Request { number: u64, token: Token, body: Body },
    Answer { number: u64, answer: Answer },
    Poke,
}

#[derive(Clone)]
pub enum Answer {
    Pushed(Result<PushResponse, Failure>),
    Pulled(Result<Box<PullResponse>, Failure>),
    Listed(Result<Box<Manifest>, Failure>),
    Chunk(Result<Rc<[u8]>, Failure>),
}

impl Answer {
    fn failed(body: &Body, failure: Failure) -> Self {
        match body {
            Body::Push(_) => Self::Pushed(Err(failure)),
            Body::Pull(_) => Self::Pulled(Err(failure)),
            Body::Manifest => Self::Listed(Err(failure)),
            Body::Chunk(_) => Self::Chunk(Err(failure)),
        }
    }

    fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Pushed(Err(failure)) | Self::Pulled(Err(failure)) => Some(failure),
            Self::Listed(Err(failure)) | Self::Chunk(Err(failure)) => Some(failure),
            _ => None,
        }
    }

    /// The same request, with that for an answer.
    fn instead(&self, failure: Failure) -> Self {
        match self {
            Self::Pushed(_) => Self::Pushed(Err(failure)),
            Self::Pulled(_) => Self::Pulled(Err(failure)),
            Self::Listed(_) => Self::Listed(Err(failure)),
            Self::Chunk(_) => Self::Chunk(Err(failure)),
        }
    }
}

/// How an answer is spoiled on its way, or made up by something that is not the server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spoiling {
    Away(Option<u32>),
    Unauthorised,
    TooLarge,
    Garbage,
    /// A push's results in another order.
    Reordered,
    /// Every second result is gone.
    Halved,
}

impl Spoiling {
    fn failure(self) -> Option<Failure> {
        let page = "<html>log in to the wifi</html>";
        match self {
            Self::Away(after) => Some(Failure::of_answer(503, after.map(|seconds| seconds.to_string()).as_deref(), "")),
            Self::Unauthorised => Some(Failure::of_answer(401, None, "")),
            Self::TooLarge => Some(Failure::of_answer(413, None, "")),
            Self::Garbage => Some(Failure::of_answer(200, None, page)),
            Self::Reordered | Self::Halved => None,
        }
    }
}

impl World {
    /// `Hands::push` and the pull's: picks the token, and sends.
    pub fn ask(&mut self, browser: usize, home: u64, body: Body) {
        let number = self.next_id();
        let sent_at = self.now;
        let mutant = self.mutant;
        let state = &mut self.browsers[browser];
        let Some(own) = state.homes.iter_mut().find(|other| other.id == home) else { return };
        let named: Option<DeviceId> = match &body {
            Body::Push(request) => request.device_id,
            _ => None,
        };
        let recorders = named.and_then(|device| state.disk.tokens.get(&device).copied());
        let (token, name) = match (named, recorders) {
            (None, _) => (own.token, Name::Own),
            (Some(_), Some(token)) if token == own.token => (token, Name::Own),
            (Some(_), Some(token)) => (token, Name::Recorder),
            (Some(_), None) => (own.token, Name::HandedIn),
        };
        if let (Body::Push(request), Some(Mutant::InFlightNeverRetried)) = (&body, mutant) {
            let ids = ids_of(request);
            let waiting: Vec<u64> = state
                .disk
                .waiting()
                .filter(|(_, record)| ids.contains(&record.entry.client_id))
                .map(|(position, _)| *position)
                .collect();
            state.disk.in_flight.extend(waiting);
        }
        own.doing = Some(Doing::Waiting(Request { number, body: body.clone(), sent_at, name }));
        if state.offline {
            self.count("request without a network");
            return self.answer(browser, home, number, Answer::failed(&body, Failure::NoAnswer));
        }
        self.send(browser, home, number, token, body);
    }

    fn send(&mut self, browser: usize, home: u64, number: u64, token: Token, body: Body) {
        let body = match (self.mutant, body) {
            (Some(Mutant::NewIdAfterLostAnswer), Body::Push(request)) => {
                Body::Push(self.with_new_ids(browser, request))
            }
            (_, body) => body,
        };
        self.messages.push(Message::new(browser, home, What::Request { number, token, body }));
    }

    /// An answer, or word that there is none, reaches the home, if it still waits for this one.
    pub fn answer(&mut self, browser: usize, home: u64, number: u64, answer: Answer) {
        let mutant = self.mutant;
        let Some(own) = self.home(browser, home) else { return };
        let Some(Doing::Waiting(request)) = own.doing.take_if(|doing| is_waiting_for(doing, number)) else {
            return self.count("answer that nobody waits for");
        };
        let next = match (request.name, answer.failure()) {
            (Name::Recorder, Some(Failure::Unauthorised(_))) => Some(Name::HandedIn),
            (Name::HandedIn, Some(Failure::Refused(detail))) if detail.code == "not_found" => Some(Name::Nameless),
            _ => None,
        };
        if let Some(name) = next {
            let body = match name {
                Name::Nameless => without_device(request.body),
                _ => request.body,
            };
            let (number, sent_at) = (self.next_id(), self.now);
            let Some(own) = self.home(browser, home) else { return };
            let token = own.token;
            own.doing = Some(Doing::Waiting(Request { number, body: body.clone(), sent_at, name }));
            self.count(if name == Name::HandedIn { "handed in by another device" } else { FELL_BACK });
            return self.send(browser, home, number, token, body);
        }
        if let Body::Push(push) = &request.body {
            self.meddle(browser, home, push, &answer, mutant);
        }
        let answer = match answer {
            Answer::Pushed(Ok(answer)) if request.name == Name::Nameless => {
                Answer::Pushed(Ok(PushResponse { acked_seq: None, missing_seqs: vec![], ..answer }))
            }
            answer => answer,
        };
        let input = match (answer, request.body) {
            (Answer::Chunk(content), Body::Chunk(name)) => return self.fetched(browser, home, name, content),
            (Answer::Chunk(_), _) => return,
            (Answer::Pushed(answer), _) => Input::Pushed(answer),
            (Answer::Pulled(answer), _) => Input::Pulled(answer),
            (Answer::Listed(answer), _) => Input::Listed(answer),
        };
        self.done(browser, home, input, None);
    }

    /// Delivers a message. False where it has to wait for another transaction.
    pub fn deliver(&mut self, index: usize) -> bool {
        let Message { browser, home, what, .. } = self.messages[index].clone();
        if let What::Request { body: Body::Push(request), .. } = &what
            && self.server.waits_for_writer(request)
        {
            return false;
        }
        self.messages.remove(index);
        match what {
            What::Request { number, token, body } => {
                let answer = self.serve(token, &body);
                self.messages.push(Message::new(browser, home, What::Answer { number, answer }));
            }
            What::Answer { number, answer } => self.answer(browser, home, number, answer),
            What::Poke => {
                self.count("poke heard");
                self.tell(browser, home, Input::Poked);
            }
        }
        true
    }

    fn serve(&mut self, token: Token, body: &Body) -> Answer {
        let now = self.now;
        if let Some(after) = self.trouble.down {
            self.count("server away (503)");
            let after = after.map(|seconds| seconds.to_string());
            return Answer::failed(body, Failure::of_answer(503, after.as_deref(), ""));
        }
        match body {
            Body::Push(request) => {
                let answer = self.server.push(token, request, &mut self.trouble, now);
                match &answer {
                    Ok(answer) => {
                        let duplicates = answer.results.iter().filter(|result| result.duplicate).count();
                        self.counts.add("event answered as duplicate", duplicates as u64);
                        self.counts.add("event recorded", (answer.results.len() - duplicates) as u64);
                        if answer.results.len() > duplicates {
                            self.poke();
                        }
                    }
                    Err(Failure::TooLarge(_)) => self.count("push too large for a proxy (413)"),
                    Err(Failure::Refused(_)) => self.count("push with a poisoned sale (422)"),
                    Err(_) => self.count("token that the server does not know (401)"),
                }
                Answer::Pushed(answer)
            }
            Body::Pull(request) => {
                let answer = self.server.pull(token, request, now);
                if answer.as_ref().is_ok_and(|answer| answer.must_resync) {
                    self.count("must resync");
                }
                Answer::Pulled(answer.map(Box::new))
            }
            Body::Manifest => Answer::Listed(self.server.manifest(token, now).map(Box::new)),
            Body::Chunk(name) => Answer::Chunk(self.server.chunk(token, name)),
        }
    }

    /// The server hints to every tab that something changed; one hint at a time.
    pub fn poke(&mut self) {
        if !self.pokes {
            return;
        }
        for browser in 0..self.browsers.len() {
            let tabs: Vec<u64> = self.connection(browser).into_iter().map(|(home, _)| home).collect();
            for home in tabs {
                let there = |message: &Message| message.home == home && matches!(message.what, What::Poke);
                if !self.messages.iter().any(there) {
                    self.messages.push(Message::new(browser, home, What::Poke));
                }
            }
        }
    }

    /// Turns a message into something else than was sent.
    pub fn spoil(&mut self, index: usize, spoiling: Spoiling) {
        let message = self.messages[index].clone();
        let (number, answer) = match (message.what, spoiling.failure()) {
            // It never reaches the server.
            (What::Request { number, body, .. }, Some(failure)) => (number, Answer::failed(&body, failure)),
            // The server has done it; its answer is not what comes back.
            (What::Answer { number, answer }, Some(failure)) => (number, answer.instead(failure)),
            (What::Answer { number, answer: Answer::Pushed(Ok(mut answer)) }, None) => {
                match spoiling {
                    Spoiling::Reordered => answer.results.reverse(),
                    _ => {
                        let mut nth = 0;
                        answer.results.retain(|_| {
                            nth += 1;
                            nth % 2 == 0
                        });
                    }
                }
                (number, Answer::Pushed(Ok(answer)))
            }
            _ => return,
        };
        self.counts.add(
            match spoiling {
                Spoiling::Away(_) => "spoiled: 503",
                Spoiling::Unauthorised => "spoiled: 401",
                Spoiling::TooLarge => "spoiled: 413",
                Spoiling::Garbage => "spoiled: somebody else's page",
                Spoiling::Reordered => "spoiled: results in another order",
                Spoiling::Halved => "spoiled: results left out",
            },
            1,
        );
        self.messages[index].what = What::Answer { number, answer };
    }

    /// Requests that have been out for too long are given up; what they asked for may still happen.
    pub fn time_out(&mut self) {
        let limit = self.now - TimeDelta::milliseconds(TIMEOUT_MS);
        for browser in 0..self.browsers.len() {
            let overdue = |doing: &Doing| match doing {
                Doing::Waiting(request) if request.sent_at <= limit => Some((request.number, request.body.clone())),
                _ => None,
            };
            let homes = self.browsers[browser].homes.iter();
            let late: Vec<_> = homes.filter_map(|home| Some((home.id, overdue(home.doing.as_ref()?)?))).collect();
            for (home, (number, body)) in late {
                self.count("request timed out");
                self.answer(browser, home, number, Answer::failed(&body, Failure::NoAnswer));
            }
        }
    }

    /// What a mutant does with the answer to a push, beside what the engine does.
    fn meddle(&mut self, browser: usize, home: u64, push: &PushRequest, answer: &Answer, mutant: Option<Mutant>) {
        let now = self.now;
        let state = &mut self.browsers[browser];
        let ids = ids_of(push);
        match (mutant, answer) {
            (Some(Mutant::UnauthorisedCountsAsTry), Answer::Pushed(Err(Failure::Unauthorised(_)))) => {
                state.disk.count_try(&ids);
            }
            (Some(Mutant::InFlightNeverRetried), _) => {
                let back: Vec<u64> = state
                    .disk
                    .journal
                    .iter()
                    .filter(|(_, record)| ids.contains(&record.entry.client_id))
                    .map(|(position, _)| *position)
                    .collect();
                for position in back {
                    state.disk.in_flight.remove(&position);
                }
            }
            (Some(Mutant::NewIdAfterLostAnswer), Answer::Pushed(Err(Failure::NoAnswer))) => self.lost.extend(ids),
            (Some(Mutant::MarkedSentByOtherTab), Answer::Pushed(Ok(answer))) => {
                let others = state.homes.iter().filter(|other| other.id != home);
                let under_way: Vec<ClientId> = others
                    .filter_map(|other| match &other.doing {
                        Some(Doing::Waiting(Request { body: Body::Push(push), .. })) => Some(ids_of(push)),
                        _ => None,
                    })
                    .flatten()
                    .collect();
                let batch: Vec<Waiting> = state
                    .disk
                    .waiting()
                    .filter(|(_, record)| under_way.contains(&record.entry.client_id))
                    .map(|(position, record)| Waiting { position: *position, entry: record.entry.clone() })
                    .collect();
                let sent = |waiting: &Waiting| Outcome {
                    position: waiting.position,
                    client_id: waiting.entry.client_id,
                    state: EntryState::Sent { sale_id: None, conflicts: vec![], notices: vec![], sent_at: now },
                };
                let mut marked: Vec<Outcome> = batch.iter().map(sent).collect();
                marked.retain(|mark| !outcomes(&batch, answer, now).iter().any(|own| own.position == mark.position));
                // Without an epoch: the mutant is about tabs, not about restores.
                let _ = state.disk.store_outcomes(None, &marked);
            }
            _ => {}
        }
    }

    fn with_new_ids(&mut self, browser: usize, mut request: PushRequest) -> PushRequest {
        for event in &mut request.events {
            let id: Option<ClientId> = event["clientId"].as_str().and_then(|id| id.parse().ok());
            if id.is_some_and(|id| self.lost.remove(&id)) {
                let new = self.next_id();
                event["clientId"] = Value::from(crate::world::client_id(browser, new).to_string());
            }
        }
        request
    }
}

fn ids_of(push: &PushRequest) -> Vec<ClientId> {
    push.events.iter().filter_map(|event| event["clientId"].as_str()?.parse().ok()).collect()
}

fn is_waiting_for(doing: &Doing, number: u64) -> bool {
    matches!(doing, Doing::Waiting(request) if request.number == number)
}

fn without_device(body: Body) -> Body {
    match body {
        Body::Push(request) => Body::Push(PushRequest { device_id: None, ..request }),
        body => body,
    }
}
