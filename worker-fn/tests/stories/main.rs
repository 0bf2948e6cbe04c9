//! The ledger's stories: each is told once, step by step, and holds by the rules alone and on a DynamoDB engine.
//!
//! The engine is dynoxide, unless `TIDEGATE_ENGINE_URL` names another endpoint, as `.ci/engines.sh` does.
//! Time is a number that only a story moves, so nothing here waits.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may panic, and says where it ran")]

mod call;
mod engine;
mod story;
mod table;
mod work;

mod at_once;
mod claimed;
mod letters;
mod race;
mod switched;
mod writes;

use webhook::protocol::Way;

use engine::Engine;
use story::Story;

fn tell(engine: Engine, way: Way, told: fn(&Story)) {
    let story = Story::begin(engine, way);
    told(&story);
    story.end();
}

macro_rules! stories {
    ($($file:ident, $way:expr => $($story:ident)*;)*) => {
        stories!(by_the_rules, Engine::Rules, $($file, $way => $($story)*;)*);
        stories!(in_dynamodb, Engine::DynamoDb, $($file, $way => $($story)*;)*);
    };
    ($on:ident, $engine:expr, $($file:ident, $way:expr => $($story:ident)*;)*) => {
        mod $on {
            $(mod $file {
                use crate::*;
                $(#[test]
                fn $story() {
                    tell($engine, $way, crate::$file::$story);
                })*
            })*
        }
    };
}

stories! {
    at_once, Way::AtOnce =>
        a_duplicate_is_acknowledged_and_changes_nothing
        of_two_workers_that_have_acted_one_commits
        a_commit_whose_answer_was_lost_is_known_by_its_owner
        a_commit_without_an_answer_makes_its_message_a_duplicate
        a_commit_that_never_arrived_is_made_at_the_next_receive
        attempts_are_counted_one_by_one
        of_two_failures_with_the_same_number_one_counts
        an_expired_row_counts_as_absent_before_it_is_removed
        another_body_under_the_same_id_is_told
        with_strict_ids_another_body_is_a_letter_and_the_row_is_left_alone
        a_result_that_fits_no_item_is_dead;
    claimed, Way::Claimed =>
        a_claim_is_made_before_the_effect_and_completed_after_it
        a_live_lease_is_waited_for
        a_clock_that_is_ahead_takes_no_live_lease
        a_late_completion_is_refused
        a_late_completion_is_refused_while_the_other_still_acts
        a_late_completion_that_nobody_overtook_is_taken
        a_lease_that_ended_before_its_claim_was_answered_starts_no_effect
        a_claim_whose_answer_was_lost_is_known_by_its_owner
        a_claim_without_an_answer_keeps_others_away_until_its_lease_ends
        a_completion_whose_answer_was_lost_is_known_by_its_owner
        a_completion_without_an_answer_makes_its_message_a_duplicate
        a_completion_that_reached_nobody_is_tried_again_while_the_lease_lives
        a_completion_that_reached_nobody_is_not_tried_again_after_the_lease
        a_crash_between_claim_and_effect_leaves_the_effect_to_the_next
        a_crash_between_effect_and_completion_repeats_the_effect_under_another_number
        a_number_that_two_have_learned_is_sent_once
        a_failure_releases_the_claim_and_counts
        a_release_whose_answer_was_lost_counts_once
        a_late_failure_leaves_the_row_to_its_new_owner
        a_release_that_was_overtaken_is_refused
        an_event_whose_attempts_all_crash_is_given_up
        a_dead_event_that_is_redriven_begins_anew;
    letters, Way::AtOnce =>
        a_letter_is_durable_before_its_row_says_so
        a_crash_between_letter_and_mark_repeats_the_letter
        a_crash_between_mark_and_acknowledgement_is_no_second_letter
        a_letter_that_was_not_sent_leaves_the_event_open
        a_letter_without_an_answer_is_sent_again
        an_event_that_is_done_gets_no_letter
        a_dead_mark_never_goes_over_done
        a_dead_mark_goes_over_its_own_claim_and_over_no_other
        a_redriven_event_can_be_done_and_its_attempts_begin_anew
        the_last_attempt_that_fails_is_a_letter
        a_message_that_never_lives_to_be_counted_is_given_up;
    switched, Way::Claimed =>
        a_live_claim_keeps_a_single_write_away
        a_single_write_over_an_ended_lease_refuses_its_late_completion
        what_waits_after_single_writes_is_claimed_as_the_next_attempt
        what_one_write_has_done_is_not_claimed;
    writes, Way::AtOnce =>
        the_mark_and_a_handlers_write_commit_together
        a_write_that_comes_after_a_newer_one_is_superseded
        a_supersession_whose_answer_was_lost_is_known_by_its_owner
        a_refused_write_may_mean_to_try_again
        a_refused_write_may_mean_that_the_event_is_dead
        a_duplicates_write_is_not_made
        a_transaction_whose_answer_was_lost_is_made_once
        a_late_completion_takes_its_write_with_it;
    race, Way::AtOnce =>
        of_64_workers_that_write_at_once_one_commits
        of_64_workers_with_a_write_of_their_handlers_one_commits
        of_64_workers_that_claim_one_acts
        of_64_workers_that_take_over_an_ended_lease_one_acts;
}
