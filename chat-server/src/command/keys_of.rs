//! `keys.of`.

use wire_format::{
    ErrorCode,
    command::{Done, keys::Of},
};

use super::{Answered, Call};

/// Gives the announcement of a live session.
pub(super) fn run(call: &Call<'_>, of: Of) -> Answered {
    let session = call.node.directory.find(of.member);
    let kept = session.and_then(|session| session.announcement());
    let kept = kept.ok_or(ErrorCode::NoSuchMember)?;
    call.ok_with(&Done {}, kept.bytes)
}
