//! The contract of `Store`, on SQLite and on a real PostgreSQL, that of `Blobs`, in a folder and in a real S3
//! service, and what only one of them promises.

mod cluster;
mod disk;
mod kill;
mod lock_order;
mod many;
mod owner;
mod place;
mod postgres;
mod program;
mod service;
mod sqlite;
mod support;

mod accounts;
mod asked;
mod audit;
mod auditors;
mod backups;
mod blobs;
mod channels;
mod damage;
mod emergencies;
mod files;
mod forgetting;
mod friends;
mod keys;
mod messages;
mod races;
mod reports;
mod rooms;
mod server;
mod sessions;
mod standing;
mod storage;
mod users;
mod vault;

/// Runs every case on both databases, each on data of its own. On PostgreSQL they are one test, so
/// that they share one database server even where every test is a process.
macro_rules! contract {
    ($($noun:ident: $($case:ident)+;)+) => {
        mod on_sqlite {
            $(mod $noun {
                $(#[tokio::test]
                async fn $case() {
                    let house = crate::support::House::sqlite().await;
                    crate::$noun::$case(&house).await;
                    house.close().await;
                })+
            })+
        }

        #[tokio::test]
        async fn postgres_keeps_the_contract() {
            let cluster = cluster::Cluster::start();
            $($(
                eprintln!("{}::{}", stringify!($noun), stringify!($case));
                let house = support::House::postgres(&cluster).await;
                // On the heap: all of them together are more than a stack takes.
                Box::pin($noun::$case(&house)).await;
                house.close().await;
            )+)+
        }
    };
}

contract! {
    accounts:
        an_account_begins_with_its_first_records
        a_name_or_id_is_taken_once
        registration_follows_its_mode
        a_password_changes_with_the_root_and_ends_other_sessions
        names_are_found_by_how_they_begin
        accounts_are_listed_in_pages;
    asked:
        requests_wait_in_their_order
        two_have_one_direct_conversation
        a_block_hides_where_one_was_placed
        who_is_in_may_ask_to_come_in_anew
        invitations_wait_until_they_end
        grants_belong_to_one_request
        a_state_is_replaced_by_its_number
        keysets_that_rooms_name_outlive_their_account;
    audit:
        every_change_continues_the_chain
        a_refusal_leaves_no_row
        the_first_altered_row_is_named
        a_missing_row_is_named
        a_row_chained_to_another_is_named;
    auditors:
        the_head_of_a_whole_log_is_printed
        the_first_wrong_row_is_named
        a_tail_that_was_cut_off_shows_against_a_noted_head
        rows_are_printed;
    backups:
        a_restored_backup_is_equal_whatever_keeps_it
        a_backup_under_load_is_of_one_moment
        what_is_there_is_replaced_only_when_told
        backups_are_their_owners_and_the_oldest_go
        one_is_made_again_and_again_until_a_signal;
    channels:
        a_commit_stands_in_every_channel_that_is_written_in
        a_channel_that_comes_back_begins_with_the_newest_commit
        a_change_follows_the_newest_or_changes_nothing
        of_many_at_once_one_change_follows
        public_rooms_have_names_of_their_own
        public_rooms_are_listed_in_pages;
    damage:
        nothing_is_written_from_what_is_no_whole_backup
        tampering_shows_after_a_restore;
    emergencies:
        nobody_registers_in_an_emergency
        an_operator_turns_it_on_and_off;
    files:
        chunks_are_held_in_ranges_until_the_file_is_whole
        a_chunk_is_refused_where_it_does_not_belong
        what_a_file_takes_is_counted_until_it_goes
        a_file_goes_with_its_message_or_after_a_while;
    forgetting:
        what_is_due_goes_from_the_front_and_the_rest_stays
        a_shorter_policy_holds_for_what_is_there
        shares_and_grants_go_when_their_epoch_is_due
        rooms_that_forget_are_found_in_pages
        a_restored_backup_holds_nothing_that_is_due;
    friends:
        asking_and_accepting_make_friends_of_both
        a_block_is_silent
        declining_and_removing_leave_nothing
        steps_need_two_accounts
        a_list_has_a_most
        a_full_list_of_requests_tells_nothing_of_a_block
        friends_of_several_are_found_at_once
        friends_are_listed_in_pages;
    keys:
        a_keyset_is_appended_to_the_expected_head
        nothing_of_an_append_stands_alone
        a_wrap_key_takes_the_next_number
        newest_wrap_keys_come_in_the_order_asked
        a_chain_is_read_in_pages;
    messages:
        every_room_is_numbered_without_gaps
        a_repetition_has_the_place_of_the_first
        pages_are_bounded_by_count_and_by_bytes
        an_erased_message_leaves_its_hash_and_its_tombstone;
    races:
        one_of_many_replaces_a_root
        one_of_many_takes_a_name
        one_of_many_uses_a_token
        everyone_gets_a_row_in_the_audit_log
        refusals_undo_nobody_else;
    reports:
        a_report_is_kept_once_for_each_message
        reports_are_listed_in_pages_to_administrators
        a_settled_report_leaves_its_trace;
    server:
        an_identity_is_kept_as_it_was_founded
        the_registration_mode_is_kept;
    sessions:
        a_session_lives_until_it_is_idle_or_expires
        a_touch_keeps_a_session_alive
        sessions_end_one_at_a_time_or_all_but_one
        expired_sessions_are_deleted
        the_least_seen_session_makes_room
        a_session_that_ended_changes_nothing
        a_one_time_token_is_used_once
        a_later_token_replaces_an_earlier_one;
    standing:
        the_last_administrator_stays
        a_disabled_account_has_no_session
        a_deleted_account_leaves_nothing_and_its_name_is_free;
    storage:
        an_account_has_so_many_bytes_and_no_more
        nothing_is_kept_behind_what_finds_no_space
        many_senders_are_counted_at_once
        what_is_erased_gives_its_space_back
        what_a_deleted_account_took_is_forgotten
        older_data_are_counted_once;
    users:
        an_invitation_registers_once
        no_invitation_is_made_while_registration_is_closed
        accounts_are_listed
        a_disabled_account_is_out_until_it_is_enabled
        a_reset_begins_one_session
        nothing_is_made_where_nothing_is;
    rooms:
        a_room_begins_with_its_first_commit
        a_commit_follows_the_head_or_changes_nothing
        of_many_at_once_one_commit_follows
        who_comes_and_goes_is_found_so
        being_placed_takes_no_space_of_ones_own;
    vault:
        a_root_is_replaced_by_its_number
        an_item_replaces_a_lower_number
        items_are_put_all_or_none
        a_vault_has_a_most
        a_page_has_at_most_a_mebibyte
        items_of_one_kind_are_read_alone
        new_keys_begin_with_an_empty_vault
        due_items_are_forgotten
        numbers_too_large_are_errors;
}
