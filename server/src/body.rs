//! What comes in with a request, read into types; what can't be read is answered in the contract's error shape.

use crate::error::{Error, Result};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request, rejection::BytesRejection},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use keeptill_sync::wire::BODY_BYTES_MAX;
use serde::{Serialize, de::DeserializeOwned};
use std::str::FromStr;

/// A JSON body, in or out.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        parse(&bytes).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Reads a JSON body.
///
/// # Errors
/// 400 `malformed_body`, naming the field.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        let malformed = Error::malformed("malformed_body", format!("The body can't be read: {}", error.inner()));
        if field == "." { malformed } else { malformed.field(field) }
    })?;
    reader.end().map_err(|error| Error::malformed("malformed_body", format!("The body can't be read: {error}")))?;
    Ok(value)
}

fn unread(rejection: BytesRejection) -> Error {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("A body has at most {} MiB; nothing of this one was applied.", BODY_BYTES_MAX >> 20);
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
    } else {
        Error::malformed("malformed_body", "The body did not arrive whole.")
    }
}

/// The query string.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection| Error::malformed("malformed_query", rejection.body_text()))
    }
}

/// The id in a path like `/api/products/{id}`. What is no id at all names nothing: 404.
#[derive(Clone, Copy, Debug)]
pub struct PathId<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Error::not_found())?;
        text.parse().map(Self).map_err(|_| Error::not_found())
    }
}

/// Tells a field left out (`None`) from one sent as `null` (`Some(None)`); with `#[serde(default)]` beside it.
pub fn present<'de, D, T>(field: D) -> std::result::Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de>,
{
    serde::Deserialize::deserialize(field).map(Some)
}
