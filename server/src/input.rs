//! What people type, read into what is stored: trimmed, within its limits, or refused with a code and the field.

use crate::error::{Error, Result};
use keeptill_domain::{Money, Ppm, Unit};

pub const NAME_LENGTH_MAX: usize = 200;
/// SKUs and barcodes.
pub const CODE_LENGTH_MAX: usize = 64;
pub const NOTE_LENGTH_MAX: usize = 1000;
pub const URL_LENGTH_MAX: usize = 2000;
/// RFC 5321's path limit less its angle brackets.
pub const EMAIL_LENGTH_MAX: usize = 254;
pub const PASSWORD_LENGTH_MIN: usize = 8;
/// Long enough for any sentence, short enough that hashing it costs nothing more.
pub const PASSWORD_LENGTH_MAX: usize = 200;
pub const PIN_DIGITS_MIN: usize = 4;
pub const PIN_DIGITS_MAX: usize = 8;

/// A text that must say something.
pub fn name(text: &str, field: &'static str) -> Result<String> {
    short_text(text, field, NAME_LENGTH_MAX)?
        .ok_or_else(|| Error::unprocessable("empty", "This can't be empty.").field(field))
}

/// A text that may be absent; blank is absent.
pub fn short_text(text: &str, field: &'static str, length_max: usize) -> Result<Option<String>> {
    let text = text.trim();
    if text.chars().count() > length_max {
        let message = format!("This may have at most {length_max} characters.");
        return Err(Error::unprocessable("too_long", message).field(field));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::unprocessable("control_character", "This holds a control character.").field(field));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

pub fn code(text: Option<&str>, field: &'static str) -> Result<Option<String>> {
    text.map_or(Ok(None), |text| short_text(text, field, CODE_LENGTH_MAX))
}

pub fn price(minor: i64, field: &'static str) -> Result<Money> {
    if (0..=Money::MAX_MINOR).contains(&minor) {
        Ok(Money(minor))
    } else {
        let message = format!("A price lies between 0 and {} minor units.", Money::MAX_MINOR);
        Err(Error::unprocessable("out_of_range", message).field(field))
    }
}

pub fn rate(ppm: i64, field: &'static str) -> Result<Ppm> {
    let known = u32::try_from(ppm).ok().filter(|ppm| *ppm <= Ppm::MAX);
    known.map(Ppm).ok_or_else(|| {
        let message = format!("A rate lies between 0 and {} parts per million.", Ppm::MAX);
        Error::unprocessable("out_of_range", message).field(field)
    })
}

pub fn unit(text: Option<&str>, field: &'static str) -> Result<Unit> {
    let unit = text.map_or(Ok(None), |text| short_text(text, field, Unit::LENGTH_MAX))?;
    Ok(unit.map_or_else(Unit::each, Unit))
}

/// A picture's address: https (http on one's own network), or a path on this server. No scheme that could run.
pub fn image_url(text: Option<&str>, field: &'static str) -> Result<Option<String>> {
    let url = text.map_or(Ok(None), |text| short_text(text, field, URL_LENGTH_MAX))?;
    match url {
        Some(url) if !["https://", "http://", "/"].iter().any(|start| url.starts_with(start)) => {
            Err(Error::unprocessable("invalid_url", "An address begins with https://.").field(field))
        }
        url => Ok(url),
    }
}

/// An e-mail address, in lower case. Only a message that arrives would prove more.
pub fn email(text: &str, field: &'static str) -> Result<String> {
    let email = text.trim().to_lowercase();
    let sane = email.len() <= EMAIL_LENGTH_MAX
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(who, host)| !who.is_empty() && !host.is_empty() && !host.contains('@'));
    if sane { Ok(email) } else { Err(Error::unprocessable("invalid_email", "This is no e-mail address.").field(field)) }
}

pub fn password(text: String, field: &'static str) -> Result<String> {
    let length = text.chars().count();
    if length < PASSWORD_LENGTH_MIN {
        let message = format!("A password has at least {PASSWORD_LENGTH_MIN} characters.");
        return Err(Error::unprocessable("password_too_short", message).field(field));
    }
    if length > PASSWORD_LENGTH_MAX {
        let message = format!("A password has at most {PASSWORD_LENGTH_MAX} characters.");
        return Err(Error::unprocessable("too_long", message).field(field));
    }
    Ok(text)
}

pub fn pin(text: String, field: &'static str) -> Result<String> {
    let digits = text.len();
    if (PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&digits) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text)
    } else {
        let message = format!("A PIN is {PIN_DIGITS_MIN} to {PIN_DIGITS_MAX} digits.");
        Err(Error::unprocessable("invalid_pin", message).field(field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_held_to_their_limits() {
        assert_eq!(name("  Flat white ", "name").unwrap(), "Flat white");
        assert_eq!(name(&"é".repeat(NAME_LENGTH_MAX), "name").unwrap().chars().count(), NAME_LENGTH_MAX);
        for (text, code) in
            [("   ", "empty"), ("a\u{0}b", "control_character"), (&"é".repeat(NAME_LENGTH_MAX + 1), "too_long")]
        {
            assert_eq!(name(text, "name").unwrap_err().code, code);
        }
        assert_eq!(code(Some("  "), "sku").unwrap(), None);
        assert!(unit(Some(&"k".repeat(Unit::LENGTH_MAX + 1)), "unit").is_err());
    }

    #[test]
    fn figures_are_held_to_their_limits() {
        for (minor, fits) in [(-1, false), (0, true), (Money::MAX_MINOR, true), (Money::MAX_MINOR + 1, false)] {
            assert_eq!(price(minor, "priceMinor").is_ok(), fits, "{minor}");
        }
        for (ppm, fits) in [(-1, false), (0, true), (10_000_000, true), (10_000_001, false), (i64::MAX, false)] {
            assert_eq!(rate(ppm, "ratePpm").is_ok(), fits, "{ppm}");
        }
    }

    #[test]
    fn credentials_are_held_to_their_form() {
        for (text, fits) in
            [("a@b", true), ("A@B.de", true), ("a@", false), ("@b", false), ("a b@c", false), ("a@b@c", false)]
        {
            assert_eq!(email(text, "email").is_ok(), fits, "{text}");
        }
        for (text, fits) in
            [("123", false), ("1234", true), ("12345678", true), ("123456789", false), ("12a4", false), ("١٢٣٤", false)]
        {
            assert_eq!(pin(text.into(), "pin").is_ok(), fits, "{text}");
        }
        assert!(password("1234567".into(), "password").is_err() && password("12345678".into(), "password").is_ok());
        assert!(image_url(Some("javascript:alert(1)"), "imageUrl").is_err());
    }
}
