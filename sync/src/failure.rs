//! Why a request brought nothing: what the engine needs to know of it, and no more.

use crate::wire::{ErrorBody, ErrorDetail};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No network, a time-out, or the connection broke. The server may have done what was asked.
    NoAnswer,
    /// Something answered that is not the server in health: 429, 5xx, a proxy's page, a body that can't be read.
    Away { retry_after_s: Option<u32> },
    /// The server does not know this device's token, or no longer lets it in.
    Unauthorised(ErrorDetail),
    /// 413: nothing of the request was applied.
    TooLarge(ErrorDetail),
    /// The server, in its own words, would not take the request as it was.
    Refused(ErrorDetail),
}

impl Failure {
    /// What an answer with this status means. `retry_after` is that header's text.
    ///
    /// A 4xx counts as the server's own word only when its body has the server's shape; a proxy's page does not.
    pub fn of_answer(status: u16, retry_after: Option<&str>, body: &str) -> Self {
        let detail = serde_json::from_str::<ErrorBody>(body).ok().map(|body| body.error);
        let away = Self::Away { retry_after_s: retry_after.and_then(|text| text.trim().parse().ok()) };
        match (status, detail) {
            (401, detail) => Self::Unauthorised(detail.unwrap_or_else(|| plain("unauthorised", "log in again"))),
            (403, Some(detail)) => Self::Unauthorised(detail),
            (413, detail) => Self::TooLarge(detail.unwrap_or_else(|| plain("too_large", "too much at once"))),
            (408 | 425 | 429, _) => away,
            (400..=499, Some(detail)) => Self::Refused(detail),
            _ => away,
        }
    }

    /// For a person, where there is something to say beyond "no connection".
    pub fn detail(&self) -> Option<&ErrorDetail> {
        match self {
            Self::Unauthorised(detail) | Self::TooLarge(detail) | Self::Refused(detail) => Some(detail),
            Self::NoAnswer | Self::Away { .. } => None,
        }
    }
}

/// An error of our own making, in the server's shape.
pub fn plain(code: &str, message: &str) -> ErrorDetail {
    ErrorDetail { code: code.into(), message: message.into(), field: None, request_id: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = r#"{"error":{"code":"device_revoked","message":"This till was removed."}}"#;

    #[test]
    fn only_the_servers_own_words_pause_or_refuse() {
        assert!(matches!(Failure::of_answer(401, None, ""), Failure::Unauthorised(_)));
        assert!(matches!(Failure::of_answer(403, None, OURS), Failure::Unauthorised(d) if d.code == "device_revoked"));
        assert!(matches!(Failure::of_answer(422, None, OURS), Failure::Refused(_)));
        for (status, body) in [(403, "<html>blocked</html>"), (404, "not here"), (302, ""), (511, "log in to wifi")] {
            assert_eq!(Failure::of_answer(status, None, body), Failure::Away { retry_after_s: None }, "{status}");
        }
    }

    #[test]
    fn retry_after_is_read_in_seconds() {
        assert_eq!(Failure::of_answer(503, Some(" 7 "), OURS), Failure::Away { retry_after_s: Some(7) });
        assert_eq!(Failure::of_answer(429, Some("soon"), ""), Failure::Away { retry_after_s: None });
    }
}
