//! The targets, one function a decoder.

mod accounts;
mod files;
mod frames;
mod headers;
mod messages;
mod records;
mod rooms;

use crate::{Protection, Target, Verdict};

const fn layout(name: &'static str, run: fn(&[u8]) -> Verdict) -> Target {
    Target {
        name,
        run,
        protection: Protection::Layout,
    }
}

const fn sealed(name: &'static str, run: fn(&[u8]) -> Verdict) -> Target {
    Target {
        name,
        run,
        protection: Protection::Sealed,
    }
}

/// Every target.
pub const ALL: &[Target] = &[
    layout("codec", frames::codec),
    layout("client_frame", frames::client_frame),
    layout("server_frame", frames::server_frame),
    layout("command", headers::command),
    layout("parts", headers::parts),
    layout("event", headers::event),
    layout("reply", headers::reply),
    layout("announcement", records::announcement),
    sealed("announcement_verified", records::announcement_verified),
    layout("epoch_start", records::epoch_start),
    layout("bundle", records::bundle),
    sealed("bundle_verified", records::bundle_verified),
    sealed("share", records::share),
    layout("envelope", messages::envelope),
    sealed("envelope_opened", messages::envelope_opened),
    sealed("seal", messages::seal),
    layout("padding", messages::padding),
    layout("content", messages::content),
    layout("opened", messages::opened),
    layout("clear", messages::clear),
    layout("keyset", accounts::keyset),
    layout("wrap_key", accounts::wrap_key),
    layout("keys_proof", accounts::keys_proof),
    layout("vault_root", accounts::vault_root),
    layout("root_content", accounts::root_content),
    layout("vault_item", accounts::vault_item),
    layout("item_content", accounts::item_content),
    layout("records", accounts::records),
    layout("recovery_code", accounts::recovery_code),
    layout("qr_text", accounts::qr_text),
    layout("password", accounts::password),
    layout("room_record", rooms::room_record),
    layout("commit", rooms::commit),
    layout("commit_tail", rooms::commit_tail),
    layout("request", rooms::request),
    layout("invitation", rooms::invitation),
    layout("signed_envelope", rooms::signed_envelope),
    layout("key_request", rooms::key_request),
    layout("grant", rooms::grant),
    layout("room_settings", rooms::room_settings),
    layout("room_settings_content", rooms::room_settings_content),
    layout("room_state", rooms::room_state),
    layout("room_state_content", rooms::room_state_content),
    layout("room_content", rooms::room_content),
    layout("report", rooms::report),
    layout("erased", rooms::erased),
    layout("file_chunk", files::file_chunk),
    sealed("file_chunk_opened", files::file_chunk_opened),
];

/// The target of that name.
pub fn named(name: &str) -> Option<Target> {
    ALL.iter().copied().find(|target| target.name == name)
}

/// Runs a target for libFuzzer, which knows no verdict.
///
/// # Panics
/// If there is no target of that name, or if the target finds something.
pub fn drive(name: &str, input: &[u8]) {
    let target = named(name).expect("a target of that name");
    (target.run)(input);
}
