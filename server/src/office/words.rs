//! The words for what the wire has names for.

use keeptill_app::components::Tone;
use keeptill_app::office::{Choice, Mark};
use keeptill_domain::{ConflictReason, Quantity, TenderType};

pub fn mark(tone: Tone, text: impl Into<String>) -> Mark {
    Mark { tone, text: text.into() }
}

pub fn choice(value: impl ToString, label: impl Into<String>) -> Choice {
    Choice { value: value.to_string(), label: label.into() }
}

/// The first entry of a list that need not be narrowed down.
pub fn any(label: &str) -> Choice {
    choice("", label)
}

pub fn reason(reason: ConflictReason) -> &'static str {
    match reason {
        ConflictReason::InsufficientStock => "Not enough stock",
        ConflictReason::UnknownProduct => "Unknown product",
        ConflictReason::InvalidTotals => "Figures don’t add up",
        ConflictReason::DuplicateMismatch => "Sent twice, differently",
        ConflictReason::OverRefund => "Refunds too much",
        ConflictReason::ChainBroken => "Record doesn’t follow the last one",
        ConflictReason::DeviceRevoked => "Till was disconnected",
        ConflictReason::StaffRevoked => "Cashier was removed",
    }
}

pub fn tender(kind: &TenderType) -> String {
    match kind.0.as_str() {
        "cash" => "cash".into(),
        "card" => "card".into(),
        other => other.to_owned(),
    }
}

/// `one`, `two`, … `twelve`, then figures.
pub fn number(number: i64) -> String {
    const WORDS: [&str; 13] =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let word = usize::try_from(number).ok().and_then(|place| WORDS.get(place));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// A quantity within a sentence; whole small ones as words.
pub fn quantity(quantity: Quantity) -> String {
    match quantity.milli() {
        milli if milli % 1000 == 0 && (1..=12).contains(&(milli / 1000)) => number(milli / 1000),
        0 => "none".into(),
        _ => quantity.to_string(),
    }
}

pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// With a capital in front and a full stop behind.
pub fn sentence(text: &str) -> String {
    format!("{}.", capital(text.trim().trim_end_matches('.')))
}

/// `1 sale`, `3 sales`
pub fn count(number: i64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `a`, `a and b`, `a, b and c`
pub fn list(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `41`, `41 to 43`, `41 to 43 and 47`
pub fn ranges(numbers: &[i64]) -> String {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let text =
        |(first, last): &(i64, i64)| if first == last { first.to_string() } else { format!("{first} to {last}") };
    list(&ranges.iter().map(text).collect::<Vec<_>>())
}

/// What the form before this page did. The code is in the address, so it is one of these or nothing.
pub fn done(code: &str) -> Option<String> {
    let sentence = match code {
        "opened" => "Your shop is open. Add products, then pair a till.",
        "saved" => "Saved. The tills have it a moment later.",
        "added" => "Added. The tills have it a moment later.",
        "deleted" => "Deleted. The tills stop offering it a moment later.",
        "counted" => "The count is recorded.",
        "moved" => "The movement is recorded.",
        "removed" => "Removed.",
        "disconnected" => "Disconnected. What it has not sent yet stays safe on it.",
        "accepted" => "Accepted. The sales stand as they are.",
        "decided" => "Decided.",
        "none" => "Nothing was selected.",
        _ => return None,
    };
    Some(sentence.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_read_as_people_say_them() {
        assert_eq!(ranges(&[41, 42, 43, 47]), "41 to 43 and 47");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(capital(&number(3)), "Three");
        assert_eq!(quantity(Quantity::from_milli(375)), "0.375");
        assert_eq!(quantity(Quantity::from_units(-2)), "−2");
        assert_eq!(count(1, "sale", "sales"), "1 sale");
    }
}
