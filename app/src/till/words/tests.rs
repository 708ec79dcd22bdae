use super::*;
use chrono::TimeDelta;
use keeptill_domain::{Conflict, Currency, Money, Notice};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn sync(connection: Connection, waiting: u32) -> SyncState {
    SyncState { connection, waiting, ..SyncState::default() }
}

fn spoken(words: &BadgeWords) -> String {
    format!("{}{}{}", words.head, words.aside, words.rest)
}

fn words(sync: &SyncState) -> String {
    spoken(&badge(sync, at(10_000)))
}

#[test]
fn the_badge_says_what_stands() {
    assert_eq!(words(&sync(Connection::Online, 0)), "Online");
    assert_eq!(words(&sync(Connection::Online, 12)), "12 sales waiting to be sent");
    assert_eq!(words(&sync(Connection::Online, 1)), "1 sale waiting to be sent");
    assert_eq!(words(&sync(Connection::Offline, 0)), "Offline — selling goes on");
    assert_eq!(words(&sync(Connection::Offline, 12)), "Offline — selling goes on · 12 waiting");
    let sent = SyncState { last_sent_at: Some(at(10_000 - 130)), ..sync(Connection::Online, 0) };
    assert_eq!(words(&sent), "Online · sent 2 minutes ago");
    let long_ago = SyncState { last_sent_at: Some(at(0)), ..sync(Connection::Online, 0) };
    assert_eq!(spoken(&badge(&long_ago, at(4_000))), "Online");
    let unreadable = SyncState { rejected: 1, ..sync(Connection::Online, 0) };
    assert_eq!(words(&unreadable), "Online · 1 not readable");
    assert_eq!(badge(&unreadable, at(0)).tone, Tone::Warn);
}

#[test]
fn an_entry_says_where_it_stands() {
    let say = |state: &EntryState| entry_state(state, |_| "14:02".into()).1;
    let sent = |conflicts, notices| EntryState::Sent { sale_id: None, conflicts, notices, sent_at: at(0) };
    assert_eq!(say(&EntryState::Waiting), "waiting to be sent");
    assert_eq!(say(&sent(vec![], vec![])), "sent 14:02");
    let short = Conflict::new(ConflictReason::InsufficientStock);
    assert_eq!(say(&sent(vec![short.clone(), short], vec![])), "in review: not enough stock");
    let price = Notice::new(NoticeReason::PriceChanged);
    assert_eq!(say(&sent(vec![], vec![price])), "sent 14:02 · price changed meanwhile, the sale keeps its price");
}

#[test]
fn ages_are_counted_in_the_largest_whole_unit() {
    for (seconds, words) in
        [(5, "just now"), (60, "1 minute ago"), (7_199, "1 hour ago"), (86_400, "1 day ago"), (200_000, "2 days ago")]
    {
        assert_eq!(ago(at(0), at(seconds)), words);
    }
}

#[test]
fn a_failed_record_says_what_is_safe() {
    let words = not_recorded(&TillError::NotStored("The disk did not answer.".into()));
    assert!(words.starts_with("Nothing was recorded. The disk did not answer. The cart is as it was"), "{words}");
}

#[test]
fn what_is_at_stake_is_named_with_its_amount() {
    let euros = |sales, minor| AtStake { sales, takings: vec![(Currency::EUR, Money(minor))] };
    assert_eq!(at_stake(&euros(3, 1050)), "3 sales worth €10.50 are on this device and nowhere else.");
    assert_eq!(at_stake(&euros(1, 350)), "1 sale worth €3.50 is on this device and nowhere else.");
    assert_eq!(at_stake(&AtStake::default()), "Nothing waits: everything sold here has reached the server.");
}

#[test]
fn a_file_says_how_much_of_it_was_new() {
    let say = |sales, new| brought_in(&BroughtIn { device_name: "Tablet 3".into(), sales, new });
    assert!(say(12, 10).starts_with("12 sales of Tablet 3: 10 new, 2 were here already."));
    assert!(say(1, 1).starts_with("1 sale of Tablet 3: all new here."));
    assert!(say(2, 0).starts_with("2 sales of Tablet 3: all were here already."));
}

#[test]
fn sizes_are_read_at_a_glance() {
    for (bytes, words) in [(812, "812 B"), (3_400_000, "3.4 MB"), (34_900_000, "34 MB"), (118_000_000_000, "118 GB")] {
        assert_eq!(size(bytes), words);
    }
}

#[test]
fn a_tender_is_named_with_a_capital() {
    assert_eq!(tender_name(&TenderType("gift card".into())), "Gift card");
}
