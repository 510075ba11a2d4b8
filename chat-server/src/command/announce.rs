//! `keys.announce`.

use wire_format::{ErrorCode, UnverifiedAnnouncement, command::keys::Announced};

use super::{Answered, Call, unreadable};
use crate::session::{Kept, Session};

/// Keeps an announcement whose layout, member and name are right; signatures are for those who use
/// it.
pub(super) fn run(session: &Session, mut call: Call<'_>) -> Answered {
    let tail = std::mem::take(&mut call.tail);
    let announcement = UnverifiedAnnouncement::parse(tail).map_err(|error| unreadable(&error))?;
    let is_own =
        announcement.member() == session.member() && announcement.name() == session.name().as_str();
    if !is_own {
        return Err(ErrorCode::NotAllowed.into());
    }
    let fingerprint = announcement.fingerprint();
    session.announce(Kept {
        fingerprint,
        // A copy: the bytes as they came share their memory with whatever came along.
        bytes: bytes::Bytes::copy_from_slice(announcement.bytes()),
    });
    call.ok(&Announced { fingerprint })
}
