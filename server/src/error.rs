//! What a handler answers when it can't do what was asked: a stable code, a sentence, and the request's id.
//!
//! A cause that is the server's own (a database error) is logged here, once, and never shown.

use crate::request::current_request_id;
use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use keeptill_sync::wire::{ErrorBody, ErrorDetail};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Clone, Debug)]
pub struct Error {
    pub status: StatusCode,
    /// One of a fixed set; clients branch on it.
    pub code: &'static str,
    /// For a person; may change.
    pub message: String,
    /// Where in the body: `items[2].quantity`.
    pub field: Option<String>,
    pub retry_after_seconds: Option<u32>,
}

impl Error {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: None, retry_after_seconds: None }
    }

    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The same answer under a more telling code.
    pub fn code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// 400: not of this shape.
    pub fn malformed(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 401: no or bad credentials.
    pub fn unauthorised(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// 403: known, and not allowed.
    pub fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 404: not there, or another tenant's; the two must not be told apart.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here by that name.")
    }

    /// 409: contradicts what is stored.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 413: over a limit; nothing of the request was applied.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// 422: right shape, impossible content.
    pub fn unprocessable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// 429: too often.
    pub fn too_many(message: impl Into<String>, seconds: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", message).retry_after(seconds)
    }

    /// 500; the cause goes to the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on the server; it was noted.")
    }

    /// 503: the database can't be reached, or is too busy for now.
    pub fn away(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message).retry_after(AWAY_RETRY_SECONDS)
    }

    /// The error as it stands in an answer.
    pub fn detail(&self) -> ErrorDetail {
        ErrorDetail {
            code: self.code.into(),
            message: self.message.clone(),
            field: self.field.clone(),
            request_id: current_request_id(),
        }
    }
}

/// How long a client is asked to wait while the database is away.
const AWAY_RETRY_SECONDS: u32 = 2;

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(ErrorBody { error: self.detail() })).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<sqlx::Error> for Error {
    fn from(cause: sqlx::Error) -> Self {
        match trouble(&cause) {
            Trouble::Away => {
                tracing::warn!(%cause, "the database is away");
                Self::away("database_unavailable", "The database can't be reached just now; try again in a moment.")
            }
            Trouble::Busy => {
                tracing::warn!(%cause, "the database gave a request up");
                Self::away("database_busy", "The database is busy just now; try again in a moment.")
            }
            Trouble::Ours => Self::internal(cause),
        }
    }
}

/// Whose fault a database error is, and so whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The connection or the server is gone.
    Away,
    /// It is there and gave up: deadlock, lock or statement timeout, serialisation failure.
    Busy,
    /// A mistake in this code, or data that breaks a constraint.
    Ours,
}

/// Sorts a database error by SQLSTATE (PostgreSQL's manual, appendix A).
pub fn trouble(cause: &sqlx::Error) -> Trouble {
    match cause {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        // An answer that breaks off in the middle, as of a PostgreSQL that crashes.
        | sqlx::Error::Protocol(_)
        | sqlx::Error::BeginFailed
        | sqlx::Error::WorkerCrashed => Trouble::Away,
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some("40001" | "40P01" | "55P03" | "57014" | "25P03") => Trouble::Busy,
            Some("57P01" | "57P02" | "57P03" | "57P05" | "53300" | "25006") => Trouble::Away,
            Some(code) if code.starts_with("08") => Trouble::Away,
            _ => Trouble::Ours,
        },
        _ => Trouble::Ours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_broke_is_away_and_a_mistake_is_ours() {
        let broken = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        for cause in [
            sqlx::Error::Io(broken),
            sqlx::Error::Protocol("unknown message type: '\\0'".into()),
            sqlx::Error::BeginFailed,
            sqlx::Error::PoolTimedOut,
            sqlx::Error::WorkerCrashed,
        ] {
            assert_eq!(trouble(&cause), Trouble::Away, "{cause}");
        }
        assert_eq!(trouble(&sqlx::Error::RowNotFound), Trouble::Ours);
        assert_eq!(Error::from(sqlx::Error::BeginFailed).status, StatusCode::SERVICE_UNAVAILABLE);
    }
}
