//! A file of sales that a till saved: decrypted here, and handed in for the devices that recorded them.
//!
//! It is a form with a file, so it has a route of its own; the answer is the page itself, because sending it again
//! changes nothing.

use super::{
    fields::Fields,
    open::{load, visit},
    place::Place,
    render,
    visit::Visit,
    words,
};
use crate::{
    app_state::App,
    error::{Error, Result},
    push::{
        batch::{self, Push, Report},
        read,
        sender::Sender,
    },
};
use axum::{
    extract::{FromRequest, Multipart, Request, State},
    http::{StatusCode, request::Parts},
    response::Response,
};
use keeptill_app::office::Tried;
use keeptill_domain::DeviceId;
use keeptill_seal::OpenError;
use keeptill_sync::{
    batch::EVENT_BYTES_MAX,
    sale_file::{ENTRIES_MAX, FILE_BYTES_MAX, SaleFile, SavedEntry, Unreadable},
    wire::{EVENTS_PER_PUSH_MAX, EventResult, EventStatus},
};
use serde_json::value::RawValue;

pub const PATH: &str = "/office/bring-in";
/// Room for the form around the file.
pub const BODY_BYTES_MAX: usize = FILE_BYTES_MAX + 64 * 1024;
const MIB: usize = 1024 * 1024;

pub async fn submit(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match answer(&app, &parts, Request::from_parts(parts.clone(), body)).await {
        Ok(response) => response,
        // Nobody is logged in any more, or the database is away: the page itself says so.
        Err(_) => {
            let data = super::open::open(&app, &parts, PATH).await;
            render::page(&app, &parts, data, None).await
        }
    }
}

async fn answer(app: &App, parts: &Parts, request: Request) -> Result<Response> {
    let visit = visit(app, parts).await?;
    let outcome = match read_form(request).await {
        Ok((file, passphrase)) => bring_in(&visit, file, passphrase).await,
        Err(error) => Err(error),
    };
    let mut data = load(&visit, Some(Place::BringIn), &Fields::parse(b""), parts).await?;
    let status = match outcome {
        Ok(done) => {
            data.done = Some(done);
            StatusCode::OK
        }
        Err(error) if error.status.is_server_error() => return Err(error),
        Err(error) => {
            data.tried = Some(Tried {
                verb: "bring-in".into(),
                subject: String::new(),
                problem: error.message,
                field: error.field.unwrap_or_default(),
                values: vec![],
            });
            error.status
        }
    };
    Ok(render::page(app, parts, data, Some(status)).await)
}

async fn read_form(request: Request) -> Result<(Vec<u8>, String)> {
    let (mut file, mut passphrase) = (Vec::new(), String::new());
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| no_file())?;
    while let Some(field) = form.next_field().await.map_err(|error| unread(error.status()))? {
        let name = field.name().unwrap_or_default().to_owned();
        let content = field.bytes().await.map_err(|error| unread(error.status()))?;
        match name.as_str() {
            "file" => file = content.to_vec(),
            "passphrase" => passphrase = String::from_utf8_lossy(&content).into_owned(),
            _ => {}
        }
    }
    if file.is_empty() {
        return Err(no_file());
    }
    if file.len() > FILE_BYTES_MAX {
        return Err(unread(StatusCode::PAYLOAD_TOO_LARGE));
    }
    Ok((file, passphrase))
}

fn no_file() -> Error {
    Error::unprocessable("no_file", "Choose the file that the till saved.").field("file")
}

fn unread(status: StatusCode) -> Error {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("The file is larger than {} MB, so it is no file of sales.", FILE_BYTES_MAX / MIB);
        return Error::too_large(message).field("file");
    }
    Error::unprocessable("malformed_form", "The file did not arrive whole. Send it again.").field("file")
}

/// Decrypts the file, hands in what is in it, and says how that went.
async fn bring_in(visit: &Visit, sealed: Vec<u8>, passphrase: String) -> Result<String> {
    let opened = tokio::task::spawn_blocking(move || keeptill_seal::open(&sealed, &passphrase)).await;
    let content = opened.map_err(Error::internal)?.map_err(|error| not_opened(&error))?;
    let text = String::from_utf8(content).map_err(|_| not_read(&Unreadable::NotSales))?;
    let file = SaleFile::read(&text).map_err(|error| not_read(&error))?;
    if file.tenant_id != visit.tenant() {
        return Err(Error::unprocessable("other_shop", "This file holds sales of another shop.").field("file"));
    }
    let mut told = Told::default();
    for batch in batches(&file.entries) {
        told.add(&hand_in(visit, batch).await?);
    }
    Ok(told.in_words(&file.device_name))
}

fn not_opened(error: &OpenError) -> Error {
    let message = words::sentence(&error.to_string());
    let field = if *error == OpenError::WrongPassphrase { "passphrase" } else { "file" };
    Error::unprocessable(error.code(), message).field(field)
}

fn not_read(error: &Unreadable) -> Error {
    let (code, message) = match error {
        Unreadable::NotSales => ("not_sales", "This is not a file of saved sales.".to_owned()),
        Unreadable::Newer(_) => (
            "newer_format",
            "The file was saved by a newer Keeptill than this server is. Update the server first.".into(),
        ),
        Unreadable::TooMany(count) => (
            "too_many_sales",
            format!("The file holds {count} sales; at most {ENTRIES_MAX} can be brought in at once."),
        ),
    };
    Error::unprocessable(code, message).field("file")
}

/// Runs of entries of one device, each as long as a push may be.
fn batches(entries: &[SavedEntry]) -> Vec<&[SavedEntry]> {
    let mut batches = Vec::new();
    let mut rest = entries;
    while let Some(first) = rest.first() {
        let mut bytes = 0;
        let fits = |entry: &&SavedEntry| {
            bytes += entry.event.len();
            entry.device_id == first.device_id && bytes <= EVENT_BYTES_MAX
        };
        let length = rest.iter().take(EVENTS_PER_PUSH_MAX).take_while(fits).count().max(1);
        let (batch, others) = rest.split_at(length);
        batches.push(batch);
        rest = others;
    }
    batches
}

async fn hand_in(visit: &Visit, entries: &[SavedEntry]) -> Result<Vec<EventResult>> {
    let device = entries.first().map(|entry| entry.device_id);
    let mut events = Vec::with_capacity(entries.len());
    for entry in entries {
        let event = RawValue::from_string(entry.event.clone()).map_err(|_| not_read(&Unreadable::NotSales))?;
        events.push(read::read(&event, "file", None)?);
    }
    let push = Push { sender: sender(visit, device).await?, events, report: Report::default() };
    Ok(batch::push(&visit.app.db, &push).await?.results)
}

/// For the device that recorded it; where the shop knows that one no longer, for none, so that no sale is lost.
async fn sender(visit: &Visit, device: Option<DeviceId>) -> Result<Sender> {
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let device = match device {
        Some(device) => match crate::auth::caller::device(&mut tx, visit.tenant(), device).await {
            Ok(row) => Some(row.device),
            Err(error) if error.status == StatusCode::NOT_FOUND => None,
            Err(error) => return Err(error),
        },
        None => None,
    };
    Ok(Sender {
        tenant: visit.tenant(),
        user: Some(visit.caller.user),
        device,
        store: None,
        handed_in_by: Some(visit.caller.actor()),
        revoked: false,
    })
}

/// What became of all of them.
#[derive(Default)]
struct Told {
    new: i64,
    here_already: i64,
    in_review: i64,
    refused: i64,
}

impl Told {
    fn add(&mut self, results: &[EventResult]) {
        for result in results {
            match result.status {
                EventStatus::Rejected => self.refused += 1,
                _ if result.duplicate => self.here_already += 1,
                status => {
                    self.new += 1;
                    self.in_review += i64::from(status == EventStatus::Conflict);
                }
            }
        }
    }

    /// `12 sales of Tablet 3: 10 new, 2 were here already.`
    fn in_words(&self, device: &str) -> String {
        let sales = words::count(self.new + self.here_already + self.refused, "sale", "sales");
        let were = words::count(self.here_already, "was", "were");
        let mut told = format!("{sales} of {device}: {} new, {were} here already.", self.new);
        if self.in_review > 0 {
            told.push_str(&format!(" {} for your decision.", words::count(self.in_review, "waits", "wait")));
        }
        if self.refused > 0 {
            told.push_str(&format!(" {} could not be read; keep the file.", self.refused));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeptill_domain::{ClientId, DeviceSeq};
    use uuid::Uuid;

    fn entry(device: u128, bytes: usize) -> SavedEntry {
        SavedEntry {
            device_id: DeviceId(Uuid::from_u128(device)),
            device_seq: DeviceSeq(1),
            client_id: ClientId(Uuid::nil()),
            recorded_at: Default::default(),
            hash: String::new(),
            event: "x".repeat(bytes),
        }
    }

    #[test]
    fn a_batch_is_of_one_device_and_no_longer_than_a_push() {
        let lengths = |entries: &[SavedEntry]| batches(entries).iter().map(|batch| batch.len()).collect::<Vec<_>>();
        let many: Vec<_> = (0..450).map(|_| entry(1, 10)).collect();
        assert_eq!(lengths(&many), [200, 200, 50]);
        assert_eq!(lengths(&[entry(1, 1), entry(1, 1), entry(2, 1), entry(1, 1)]), [2, 1, 1]);
        let large = EVENT_BYTES_MAX / 2 + 1;
        assert_eq!(lengths(&[entry(1, large), entry(1, large), entry(1, EVENT_BYTES_MAX + 1)]), [1, 1, 1]);
        assert_eq!(lengths(&[]), [0; 0]);
    }
}
