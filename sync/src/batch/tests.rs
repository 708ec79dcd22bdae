use super::*;
use keeptill_domain::{DeviceSeq, SyncLogId};
use serde_json::json;
use uuid::Uuid;

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn id(number: u64) -> ClientId {
    ClientId(Uuid::from_u128(u128::from(number)))
}

fn waiting(number: u64) -> Waiting {
    let entry = JournalEntry {
        device_seq: DeviceSeq(number as i64),
        client_id: id(number),
        event: json!({"clientId": id(number)}),
        hash: String::new(),
        recorded_at: NOW,
        state: EntryState::Waiting,
    };
    Waiting { position: number, entry }
}

fn result(client_id: Option<ClientId>, status: EventStatus) -> EventResult {
    EventResult { client_id, status, duplicate: false, sale_id: None, conflicts: vec![], notices: vec![], error: None }
}

fn response(results: Vec<EventResult>) -> PushResponse {
    PushResponse {
        results,
        sync_log_id: SyncLogId(Uuid::nil()),
        server_time: NOW,
        acked_seq: None,
        acked_hash: None,
        missing_seqs: vec![],
        epoch: None,
    }
}

fn sent_positions(outcomes: &[Outcome]) -> Vec<u64> {
    let sent = |outcome: &&Outcome| matches!(outcome.state, EntryState::Sent { .. });
    outcomes.iter().filter(sent).map(|outcome| outcome.position).collect()
}

#[test]
fn results_belong_to_the_entry_they_name_whatever_their_order() {
    let batch = [waiting(1), waiting(2), waiting(3)];
    let answer = response(vec![
        result(Some(id(3)), EventStatus::Synced),
        result(Some(id(1)), EventStatus::Conflict),
        result(Some(id(9)), EventStatus::Synced),
    ]);
    assert_eq!(sent_positions(&outcomes(&batch, &answer, NOW)), [1, 3]);
}

#[test]
fn a_rejection_without_a_name_counts_only_at_its_place_in_a_whole_answer() {
    let batch = [waiting(1), waiting(2)];
    let nameless = || result(None, EventStatus::Rejected);
    let whole = response(vec![nameless(), result(Some(id(2)), EventStatus::Synced)]);
    let outcome = outcomes(&batch, &whole, NOW);
    assert!(matches!(outcome[0].state, EntryState::Rejected { .. }));
    assert_eq!(sent_positions(&outcome), [2]);
    assert_eq!(outcomes(&batch, &response(vec![nameless()]), NOW), []);
}

#[test]
fn a_synced_result_without_a_name_settles_nothing() {
    let batch = [waiting(1)];
    assert_eq!(outcomes(&batch, &response(vec![result(None, EventStatus::Synced)]), NOW), []);
}

#[test]
fn what_the_server_could_not_store_just_now_goes_on_waiting() {
    let batch = [waiting(1), waiting(2)];
    let refused = EventResult {
        error: Some(plain("temporarily_unstorable", "send it again")),
        ..result(Some(id(1)), EventStatus::Rejected)
    };
    let answer = response(vec![refused, result(Some(id(2)), EventStatus::Synced)]);
    assert_eq!(outcomes(&batch, &answer, NOW).iter().map(|outcome| outcome.position).collect::<Vec<_>>(), [2]);
}

#[test]
fn neighbours_are_read_in_one_run() {
    let outcome = |position| Outcome { position, client_id: id(position), state: EntryState::Waiting };
    let of = |positions: &[u64]| runs(&positions.iter().map(|position| outcome(*position)).collect::<Vec<_>>());
    assert_eq!(of(&[]), []);
    assert_eq!(of(&[7]), [7..=7]);
    assert_eq!(of(&[4, 3, 5, 9, 1, 10, 9]), [1..=1, 3..=5, 9..=10]);
}
