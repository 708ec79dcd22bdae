//! Lists in the order of a key: how many rows at once, and a cursor that names the last key given.

use crate::{
    error::{Error, Result},
    sales::cursor::Page,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

pub const ROWS_DEFAULT: u32 = 100;
pub const ROWS_MAX: u32 = 500;

/// What a list's query string says about its pages.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    pub cursor: Option<String>,
    /// 100 where not given, 500 at most.
    pub limit: Option<u32>,
}

/// How many rows a request gets: more than the most is the most.
///
/// # Errors
/// 422 `out_of_range` for none at all.
pub fn rows(asked: Option<u32>, default: u32, max: u32) -> Result<usize> {
    match asked {
        Some(0) => Err(Error::unprocessable("out_of_range", "A page has at least one row.").field("limit")),
        asked => Ok(asked.unwrap_or(default).min(max) as usize),
    }
}

/// Out of the rows of a query that asked for one more than `limit`.
pub fn of<T, K: Serialize>(mut rows: Vec<T>, limit: usize, key: impl Fn(&T) -> K) -> Result<Page<T>> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let cursor = rows.last().filter(|_| more).map(|row| write_cursor(&key(row))).transpose()?;
    Ok(Page { items: rows, cursor })
}

/// A key as opaque text.
pub fn write_cursor<K: Serialize>(key: &K) -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).map_err(Error::internal)?))
}

/// # Errors
/// 400 `bad_cursor` for what was never given out.
pub fn read_cursor<K: DeserializeOwned>(text: &str) -> Result<K> {
    let read = || {
        let json = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        // No text of ours holds a NUL; PostgreSQL would not take one.
        (!json.contains("\\u0000")).then(|| serde_json::from_str(&json).ok())?
    };
    read().ok_or_else(|| Error::malformed("bad_cursor", "That cursor is none of ours.").field("cursor"))
}
