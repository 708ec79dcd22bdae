//! A server whose database lost what it had: the journal still has it, and sends it again.

use super::*;

#[test]
fn a_till_with_nothing_to_send_sends_again_what_a_restored_server_lacks() {
    let mut world = World::new(1);
    world.sell(5);
    world.tell(Input::Started);
    assert!(world.all_sent());
    world.restore_server(1);
    world.forget(3..);
    world.tell(Input::Asked);
    assert!(world.all_sent());
    assert_eq!(&world.log[2..], ["pull", "ask", "push 3", "pull", "pull"]);
}

#[test]
fn a_sale_pushed_after_the_restore_tells_of_it_even_where_nothing_is_pulled() {
    let mut world = World::new(1);
    world.sell(3);
    world.tell(Input::Started);
    world.restore_server(1);
    world.forget(2..);
    world.sell(1);
    world.log.clear();
    world.engine = Engine::new(Settings { app_version: "w".into(), pulls: false, waits_for_lock: true }, 2);
    world.tell(Input::Started);
    assert_eq!(world.log, ["push 1", "ask", "push 3"]);
    assert!(world.all_sent());
}

#[test]
fn what_a_crash_kept_from_being_opened_is_asked_about_again() {
    let mut world = World::new(1);
    world.sell(3);
    world.tell(Input::Started);
    world.restore_server(1);
    world.forget(2..);
    world.store_fails = 1;
    world.tell(Input::Asked);
    assert!(!world.all_sent());
    assert_eq!(world.journal_epoch, Some(Epoch(uuid::Uuid::from_u128(1))));
    world.pass_time();
    assert!(world.all_sent());
}

#[test]
fn a_gap_that_the_server_names_is_filled_without_another_epoch() {
    let mut world = World::new(1);
    world.sell(6);
    world.tell(Input::Started);
    world.forget(2..=3);
    world.sell(1);
    world.tell(Input::Asked);
    assert!(world.all_sent());
    assert_eq!(&world.log[2..], ["push 1", "pull", "push 2", "pull"]);
}

#[test]
fn a_gap_that_stays_is_not_sent_for_ever() {
    let mut world = World::new(1);
    world.sell(3);
    world.faults([Fault::Reject]);
    world.tell(Input::Started);
    for _ in 0..3 {
        world.sell(1);
        world.tell(Input::Asked);
    }
    assert_eq!(world.log, ["push 3", "pull", "push 1", "pull", "push 1", "pull", "push 1", "pull"]);
}

#[test]
fn where_a_former_device_is_forgotten_everything_goes_again() {
    let mut world = World::new(1);
    world.sell(5);
    world.former_until = 2;
    world.tell(Input::Started);
    world.restore_server(1);
    world.forget(..);
    world.former_forgotten = true;
    world.log.clear();
    world.tell(Input::Asked);
    assert_eq!(
        world.log,
        ["pull", "ask", "ask of the former device", "push 2 of the former device", "push 3", "pull", "pull"]
    );
    assert!(world.all_sent());
}

#[test]
fn a_server_of_a_new_epoch_in_every_answer_is_not_asked_for_ever() {
    let mut world = World::new(1);
    world.sell(1);
    world.tell(Input::Started);
    world.log.clear();
    world.epoch_changes_always = true;
    world.tell(Input::Asked);
    assert!(world.log.len() < 12, "{:?}", world.log);
    assert!(world.wake_at.is_some());
}

#[test]
fn a_journal_of_an_older_build_is_held_against_the_server_once() {
    let mut world = World::new(1);
    world.sell(3);
    world.tell(Input::Started);
    world.journal_epoch = None;
    world.forget(3..);
    world.log.clear();
    world.tell(Input::Asked);
    assert_eq!(world.log, ["pull", "ask", "push 1", "pull"]);
    assert!(world.all_sent());
}

#[test]
fn an_answer_from_before_a_restore_marks_nothing_as_sent() {
    let mut world = World::new(1);
    world.sell(1);
    world.audited_meanwhile = Some(Epoch(uuid::Uuid::from_u128(2)));
    world.tell(Input::Started);
    assert_eq!(world.unsent(), [1]);
    world.restore_server(1);
    world.forget(..);
    world.pass_time();
    assert!(world.all_sent());
}
