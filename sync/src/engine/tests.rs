//! The engine against a scripted server: answers get lost, come in parts, in another order, late or not at all.

mod restored;
mod world;

use super::*;
use crate::{backoff, failure::plain, journal::EntryState};
use proptest::prelude::*;
use world::{Fault, World};

#[test]
fn what_waits_is_pushed_before_anything_is_pulled() {
    let mut world = World::new(1);
    world.sell(3);
    world.tell(Input::Started);
    assert_eq!(world.log, ["push 3", "pull"]);
    assert!(world.all_sent());
}

#[test]
fn a_batch_has_at_most_200_events_and_stays_under_the_limit_of_bytes() {
    let mut world = World::new(1);
    world.sell(450);
    world.tell(Input::Started);
    assert_eq!(world.log, ["push 200", "push 200", "push 50", "pull"]);

    let big: Vec<Waiting> = (1..=9).map(|seq| world.waiting_of_size(seq, 1024 * 1024)).collect();
    assert_eq!(crate::batch::take_batch(big.clone(), 200).len(), 3);
    let huge = vec![world.waiting_of_size(1, 5 * 1024 * 1024), big[0].clone()];
    assert_eq!(crate::batch::take_batch(huge, 200).len(), 1);
}

#[test]
fn a_lost_answer_sends_the_same_entries_again_and_a_duplicate_counts_as_sent() {
    let mut world = World::new(1);
    world.sell(2);
    world.faults([Fault::AnswerLost]);
    world.tell(Input::Started);
    assert!(!world.all_sent());
    assert_eq!(world.engine.status().connection, Connection::Offline);
    world.pass_time();
    assert!(world.all_sent());
    assert_eq!(world.recorded_on_server(), 2);
    assert_eq!(world.log, ["push 2", "push 2", "pull"]);
}

#[test]
fn a_401_pauses_without_using_up_a_try_until_somebody_acts() {
    let mut world = World::new(1);
    world.sell(1);
    world.faults([Fault::Unauthorised]);
    world.tell(Input::Started);
    assert_eq!(world.engine.status().connection, Connection::Unauthorised);
    assert_eq!(world.wake_at, None);
    for signal in [Input::Recorded, Input::Online, Input::Visible, Input::Poked, Input::Tick] {
        world.tell(signal);
    }
    assert_eq!(world.log, ["push 1"]);
    assert_eq!(world.engine.backoff.failures(), 0);
    world.tell(Input::Paired);
    assert!(world.all_sent());
}

#[test]
fn what_was_recorded_before_a_new_pairing_goes_out_in_the_former_devices_name() {
    let mut world = World::new(1);
    world.sell(5);
    world.former_until = 3;
    world.tell(Input::Started);
    assert!(world.all_sent());
    assert_eq!(world.log, ["push 3 of the former device", "push 2", "pull"]);
}

#[test]
fn a_former_device_that_is_no_longer_known_holds_nothing_up() {
    let mut world = World::new(1);
    world.sell(5);
    world.former_until = 3;
    world.faults([Fault::Unauthorised]);
    world.tell(Input::Started);
    assert_eq!(world.unsent(), [1, 2, 3]);
    assert_eq!(world.engine.status().connection, Connection::Online);
    assert!(world.engine.status().last_error.is_some());
    world.pass_time();
    assert!(world.all_sent(), "they are tried again, not dropped");
}

#[test]
fn a_413_halves_the_batch_until_it_fits() {
    let mut world = World::new(1);
    world.events_max = 60;
    world.sell(200);
    world.tell(Input::Started);
    assert!(world.all_sent());
    assert_eq!(&world.log[..3], ["push 200", "push 100", "push 50"]);
}

#[test]
fn one_entry_the_server_refuses_does_not_hold_up_the_others() {
    let mut world = World::new(1);
    world.sell(20);
    world.poison(7);
    world.tell(Input::Started);
    assert_eq!(world.unsent(), [7]);
    assert_eq!(world.engine.status().connection, Connection::Online);
    assert!(world.engine.status().last_error.is_some());
    assert!(world.wake_at.is_some(), "the refused one is tried again later");
    world.heal();
    world.pass_time();
    assert!(world.all_sent());
}

#[test]
fn a_rejected_entry_is_kept_and_not_sent_again() {
    let mut world = World::new(1);
    world.sell(3);
    world.faults([Fault::Reject]);
    world.tell(Input::Started);
    assert_eq!(world.log, ["push 3", "pull"]);
    assert!(matches!(world.state(1), EntryState::Rejected { .. }));
    assert!(matches!(world.state(2), EntryState::Sent { .. }));
    world.tell(Input::Asked);
    assert_eq!(world.log, ["push 3", "pull", "pull"]);
}

#[test]
fn retry_after_is_a_floor_that_only_a_person_overrides() {
    let mut world = World::new(1);
    world.sell(1);
    world.faults([Fault::Away(Some(120))]);
    world.tell(Input::Started);
    let floor = world.now + TimeDelta::seconds(120);
    assert!(world.wake_at.is_some_and(|at| at >= floor));
    world.tell(Input::Online);
    world.tell(Input::Visible);
    assert_eq!(world.log, ["push 1"]);
    assert!(world.wake_at.is_some_and(|at| at >= floor));
    world.tell(Input::Asked);
    assert!(world.all_sent());
}

#[test]
fn the_network_coming_back_starts_a_round_at_once() {
    let mut world = World::new(1);
    world.sell(1);
    world.faults([Fault::NoAnswer; 6]);
    world.tell(Input::Started);
    for _ in 0..5 {
        world.pass_time();
    }
    assert!(!world.all_sent());
    world.tell(Input::Online);
    assert!(world.all_sent());
}

#[test]
fn a_sale_during_a_round_is_sent_without_waiting_for_the_timer() {
    let mut world = World::new(1);
    world.sell(1);
    world.sell_during_next_pull = true;
    world.tell(Input::Started);
    assert!(world.all_sent());
    assert_eq!(world.log, ["push 1", "pull", "push 1", "pull"]);
}

#[test]
fn another_tab_with_the_lock_is_left_to_it() {
    let mut world = World::new(1);
    world.lock_taken = true;
    world.sell(1);
    world.tell(Input::Started);
    assert!(world.log.is_empty());
    assert!(world.wake_at.is_some());
    world.lock_taken = false;
    world.pass_time();
    assert!(world.all_sent());
}

#[test]
fn pages_are_pulled_until_there_are_no_more() {
    let mut world = World::new(1);
    world.pages = vec![3, 3, 1];
    world.tell(Input::Started);
    assert_eq!(world.log, ["pull", "pull", "pull"]);
    assert_eq!(world.products(), 7);
    assert!(!world.position.full);
    world.tell(Input::Asked);
    assert_eq!(world.log.len(), 4, "the cursor at the end has nothing more");
}

#[test]
fn a_pull_broken_off_goes_on_from_its_last_page() {
    let mut world = World::new(1);
    world.pages = vec![3, 3, 1];
    world.pull_faults([None, Some(Fault::NoAnswer)]);
    world.tell(Input::Started);
    assert_eq!(world.products(), 3);
    world.pass_time();
    assert_eq!(world.products(), 7);
    assert_eq!(world.log.len(), 4);
}

#[test]
fn a_first_pull_takes_chunks_and_then_what_came_since() {
    let mut world = World::new(1);
    world.chunks = vec![3, 4];
    world.pages = vec![2];
    world.tell(Input::Started);
    assert_eq!(world.log, ["manifest", "pull"]);
    assert_eq!((world.products(), &world.fetched[..]), (9, &[2][..]));
    assert!(!world.position.full);
    world.tell(Input::Asked);
    assert_eq!(world.log, ["manifest", "pull", "pull"]);
}

#[test]
fn a_fetch_broken_off_goes_on_with_the_chunks_it_does_not_have() {
    let mut world = World::new(1);
    world.chunks = vec![1, 1, 1, 1];
    world.tell(Input::Started);
    assert_eq!(world.products(), 4);
    world.restore_server(0);
    world.chunks = vec![1, 1, 1, 1, 2, 3];
    world.chunk_faults = [Failure::NoAnswer].into();
    world.tell(Input::Asked);
    assert_eq!((world.products(), world.engine.status().connection), (4, Connection::Offline));
    world.pass_time();
    assert_eq!((world.products(), &world.fetched[..]), (9, &[4, 2, 2][..]));
}

#[test]
fn a_chunk_that_is_gone_asks_for_another_manifest_and_not_for_ever() {
    let gone = || Failure::Refused(crate::failure::plain("not_found", "no such chunk"));
    let mut world = World::new(1);
    world.chunks = vec![3];
    world.chunk_faults = [gone()].into();
    world.tell(Input::Started);
    assert_eq!((world.log.join(" ").as_str(), world.products()), ("manifest manifest pull", 3));

    let mut world = World::new(1);
    world.chunks = vec![3];
    world.chunk_faults = vec![gone(); 50].into();
    world.tell(Input::Started);
    assert_eq!(world.log.join(" "), "manifest manifest manifest");
    assert_eq!(world.engine.status().connection, Connection::ServerAway);
}

#[test]
fn a_manifest_that_does_not_add_up_is_not_believed() {
    let mut world = World::new(1);
    world.chunks = vec![3];
    world.manifest_lies = true;
    world.tell(Input::Started);
    assert_eq!((world.products(), world.engine.status().connection), (0, Connection::ServerAway));
    world.manifest_lies = false;
    world.pass_time();
    assert_eq!(world.products(), 3);
}

#[test]
fn many_single_rows_are_laid_together_by_another_pull_from_nothing() {
    let mut world = World::new(1);
    world.chunks = vec![1];
    world.tell(Input::Started);
    world.pages = vec![0, crate::pull::DELTA_ROWS_MAX as usize];
    world.tell(Input::Asked);
    assert_eq!(world.log.join(" "), "manifest pull pull");
    world.pages.push(1);
    world.tell(Input::Asked);
    assert_eq!(world.log.join(" "), "manifest pull pull pull");
    assert_eq!(world.products() as u32, crate::pull::DELTA_ROWS_MAX + 2);
    let generation = world.position.generation;
    world.tell(Input::Asked);
    assert_eq!(world.log[4..].join(" "), "manifest pull pull pull");
    assert_eq!((world.position.generation, world.position.delta), (generation + 1, 0));
    assert_eq!(world.products() as u32, crate::pull::DELTA_ROWS_MAX + 2);
    world.tell(Input::Asked);
    assert_eq!(world.log[8..].join(" "), "pull");
}

#[test]
fn another_epoch_pulls_everything_afresh_and_leaves_the_journal_alone() {
    let mut world = World::new(1);
    world.pages = vec![5];
    world.tell(Input::Started);
    assert_eq!(world.products(), 5);
    world.restore_server(2);
    world.sell(2);
    world.faults([Fault::NoAnswer]);
    world.tell(Input::Asked);
    assert_eq!(world.unsent(), [1, 2]);
    world.pass_time();
    assert_eq!(world.products(), 2, "rows that the restored server does not have are gone");
    assert!(world.all_sent());
}

#[test]
fn old_rows_stay_usable_until_a_pull_from_nothing_has_ended() {
    let mut world = World::new(1);
    world.pages = vec![5];
    world.tell(Input::Started);
    world.restore_server(4);
    world.pages = vec![2, 2];
    // The first answer says `mustResync`, the second brings a page, the third gets lost.
    world.pull_faults([None, None, Some(Fault::NoAnswer)]);
    world.tell(Input::Asked);
    assert!(world.products() >= 5);
    world.pass_time();
    assert_eq!(world.products(), 4);
}

#[test]
fn a_server_that_says_resync_for_ever_is_not_asked_for_ever() {
    let mut world = World::new(1);
    world.resync_always = true;
    world.tell(Input::Started);
    assert_eq!(world.log, ["pull"]);
    assert_eq!(world.engine.status().connection, Connection::ServerAway);
}

#[test]
fn an_answer_that_nothing_asked_for_changes_nothing() {
    let mut world = World::new(1);
    world.tell(Input::Started);
    let before = world.engine.status().clone();
    for stray in [Input::Lock(true), Input::Stored, Input::Pushed(Err(Failure::NoAnswer))] {
        assert_eq!(world.engine.handle(stray, world.now), []);
    }
    assert_eq!(*world.engine.status(), before);
}

#[test]
fn a_store_that_fails_ends_the_round_and_is_tried_again() {
    let mut world = World::new(1);
    world.sell(1);
    world.store_fails = 1;
    world.tell(Input::Started);
    assert!(!world.all_sent());
    assert_eq!(world.engine.status().last_error, Some(plain("storage", "the disk is full")));
    world.pass_time();
    assert!(world.all_sent());
    assert_eq!(world.recorded_on_server(), 1);
}

#[test]
fn the_clock_is_compared_at_the_middle_of_the_exchange() {
    let mut world = World::new(1);
    world.server_ahead_ms = 90_000;
    world.travel_ms = 400;
    world.tell(Input::Started);
    assert_eq!(world.engine.status().clock_offset_ms, Some(90_000));
}

#[test]
fn a_clock_set_back_does_not_put_the_next_try_off() {
    let mut world = World::new(1);
    world.tell(Input::Started);
    world.now -= TimeDelta::days(3);
    world.tell(Input::Tick);
    assert_eq!(world.log, ["pull", "pull"]);
    world.now -= TimeDelta::minutes(90);
    world.tell(Input::Tick);
    assert_eq!(world.log, ["pull", "pull", "pull"]);
}

#[test]
fn a_clock_set_back_does_not_stretch_the_servers_floor() {
    let mut world = World::new(1);
    world.sell(1);
    world.faults([Fault::Away(Some(60))]);
    world.tell(Input::Started);
    world.now -= TimeDelta::minutes(90);
    world.tell(Input::Online);
    assert!(world.all_sent());
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::NoAnswer),
        Just(Fault::AnswerLost),
        (0..300_u32).prop_map(|seconds| Fault::Away(Some(seconds))),
        Just(Fault::Away(None)),
        Just(Fault::LeaveSomeOut),
        Just(Fault::OtherOrder),
        Just(Fault::TooLarge),
        Just(Fault::Reject),
        Just(Fault::None),
    ]
}

proptest! {
    /// Whatever the network does, once it is well again every sale is on the server exactly once, with the content
    /// that was recorded, or is kept here as rejected.
    #[test]
    fn every_sale_arrives_exactly_once(
        seed: u64,
        faults in prop::collection::vec(fault(), 0..30),
        pull_faults in prop::collection::vec(prop::option::of(fault()), 0..10),
        sales in prop::collection::vec(0..40_usize, 1..12),
        events_max in 1..300_usize,
    ) {
        let mut world = World::new(seed);
        world.events_max = events_max;
        world.pages = vec![2, 2];
        let faulty = faults.len() + pull_faults.len();
        world.faults(faults);
        world.pull_faults(pull_faults);
        world.tell(Input::Started);
        for count in sales {
            world.sell(count);
            world.tell(Input::Recorded);
            world.pass_time();
        }
        for _ in 0..=faulty {
            world.pass_time();
        }
        world.tell(Input::Asked);
        prop_assert_eq!(world.unsent(), Vec::<i64>::new());
        prop_assert_eq!(world.recorded_on_server() + world.rejected(), world.journal.len());
        prop_assert_eq!(world.products(), 4);
        prop_assert!(world.content_never_changed);
        prop_assert!(world.biggest_push <= 200);
    }

    /// Waits never grow past the cap (above the server's own floor), and there is always a next try but when paused.
    #[test]
    fn a_till_that_has_something_to_send_always_has_a_next_try(seed: u64, failures in 1..40_usize) {
        let mut world = World::new(seed);
        world.sell(1);
        world.faults(vec![Fault::NoAnswer; failures]);
        world.tell(Input::Started);
        for _ in 1..failures {
            let wait = world.wake_at.expect("a next try") - world.now;
            prop_assert!(wait.num_milliseconds() <= 60_000 + backoff::floor_ms(None) as i64);
            world.pass_time();
        }
        world.pass_time();
        prop_assert!(world.all_sent());
    }
}
