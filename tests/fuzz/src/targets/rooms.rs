//! The records of end-to-end rooms.

use bytes::Bytes;
use wire_format::{
    envelope::UnverifiedSignedEnvelope,
    room::{
        CommitTail, Erased, RoomContent, RoomRecord, RoomSettingsContent, RoomStateContent,
        UnverifiedCommit, UnverifiedGrant, UnverifiedInvitation, UnverifiedKeyRequest,
        UnverifiedReport, UnverifiedRequest, UnverifiedRoomSettings, UnverifiedRoomState,
    },
};

use crate::Verdict;

/// A room record.
pub(super) fn room_record(input: &[u8]) -> Verdict {
    let read = RoomRecord::parse(Bytes::copy_from_slice(input));
    if let Ok(record) = &read {
        assert_eq!(&record.encode()[..], input);
    }
    Verdict::of(&read)
}

/// The layout of a commit, and of the records in its changes.
pub(super) fn commit(input: &[u8]) -> Verdict {
    let read = UnverifiedCommit::parse(Bytes::copy_from_slice(input));
    if let Ok(commit) = &read {
        assert_eq!(&commit.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// A commit and its shares.
pub(super) fn commit_tail(input: &[u8]) -> Verdict {
    let read = CommitTail::parse(Bytes::copy_from_slice(input));
    if let Ok(tail) = &read {
        let shares = tail.shares.iter().map(Bytes::len).sum::<usize>();
        assert_eq!(4 + tail.commit.len() + shares, input.len());
    }
    Verdict::of(&read)
}

/// The layout of a request.
pub(super) fn request(input: &[u8]) -> Verdict {
    let read = UnverifiedRequest::parse(Bytes::copy_from_slice(input));
    if let Ok(request) = &read {
        assert_eq!(&request.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// The layout of an invitation.
pub(super) fn invitation(input: &[u8]) -> Verdict {
    let read = UnverifiedInvitation::parse(Bytes::copy_from_slice(input));
    if let Ok(invitation) = &read {
        assert_eq!(&invitation.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// The layout of an envelope of an end-to-end room.
pub(super) fn signed_envelope(input: &[u8]) -> Verdict {
    let read = UnverifiedSignedEnvelope::parse(Bytes::copy_from_slice(input));
    if let Ok(envelope) = &read {
        assert_eq!(&envelope.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// The layout of a key request.
pub(super) fn key_request(input: &[u8]) -> Verdict {
    let read = UnverifiedKeyRequest::parse(Bytes::copy_from_slice(input));
    if let Ok(request) = &read {
        assert_eq!(&request.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// The layout of a grant.
pub(super) fn grant(input: &[u8]) -> Verdict {
    let read = UnverifiedGrant::parse(Bytes::copy_from_slice(input));
    if let Ok(grant) = &read {
        assert_eq!(&grant.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// The layout of a room state.
pub(super) fn room_state(input: &[u8]) -> Verdict {
    let read = UnverifiedRoomState::parse(Bytes::copy_from_slice(input));
    if let Ok(state) = &read {
        assert_eq!(&state.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// The layout of room settings.
pub(super) fn room_settings(input: &[u8]) -> Verdict {
    let read = UnverifiedRoomSettings::parse(Bytes::copy_from_slice(input));
    if let Ok(settings) = &read {
        assert_eq!(&settings.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// What room settings say.
pub(super) fn room_settings_content(input: &[u8]) -> Verdict {
    let read = RoomSettingsContent::parse(input);
    if let Ok(content) = &read {
        let written = content.encode().expect("what was read is written");
        assert_eq!(RoomSettingsContent::parse(&written).as_ref(), Ok(content));
    }
    Verdict::of(&read)
}

/// What a room state holds beside them.
pub(super) fn room_state_content(input: &[u8]) -> Verdict {
    let read = RoomStateContent::parse(input);
    if let Ok(content) = &read {
        let written = content.encode().expect("what was read is written");
        assert_eq!(RoomStateContent::parse(&written).as_ref(), Ok(content));
    }
    Verdict::of(&read)
}

/// What is inside an envelope of an end-to-end room.
pub(super) fn room_content(input: &[u8]) -> Verdict {
    let read = RoomContent::parse(input);
    match &read {
        Ok(RoomContent::Unknown(_)) | Err(_) => {}
        Ok(content) => {
            let written = content.encode().expect("what was read is written");
            assert_eq!(RoomContent::parse(&written).as_ref(), Ok(content));
        }
    }
    Verdict::of(&read)
}

/// The layout of a report.
pub(super) fn report(input: &[u8]) -> Verdict {
    let read = UnverifiedReport::parse(Bytes::copy_from_slice(input));
    if let Ok(report) = &read {
        assert_eq!(&report.unsigned().bytes()[..], input);
    }
    Verdict::of(&read)
}

/// What stands in a deleted message's place.
pub(super) fn erased(input: &[u8]) -> Verdict {
    let read = Erased::parse(Bytes::copy_from_slice(input));
    if let Ok(erased) = &read {
        assert_eq!(&erased.encode()[..], input);
    }
    Verdict::of(&read)
}
