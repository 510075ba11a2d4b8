//! Announcements, epoch starts, bundles and shares.

use bytes::Bytes;
use wire_format::{
    announcement::UnverifiedAnnouncement,
    epoch::{UnverifiedBundle, UnverifiedEpochStart},
};

use crate::{Verdict, corpus};

/// The layout of an announcement.
pub(super) fn announcement(input: &[u8]) -> Verdict {
    let read = UnverifiedAnnouncement::parse(Bytes::copy_from_slice(input));
    if let Ok(announcement) = &read {
        assert_eq!(&announcement.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// Both signatures of an announcement.
pub(super) fn announcement_verified(input: &[u8]) -> Verdict {
    let read = UnverifiedAnnouncement::parse(Bytes::copy_from_slice(input));
    Verdict::of(&read.and_then(UnverifiedAnnouncement::verify))
}

/// The layout of an epoch start.
pub(super) fn epoch_start(input: &[u8]) -> Verdict {
    let read = UnverifiedEpochStart::parse(Bytes::copy_from_slice(input));
    if let Ok(start) = &read {
        assert_eq!(&start.bytes()[..], input);
    }
    Verdict::of(&read)
}

/// The layout of a bundle.
pub(super) fn bundle(input: &[u8]) -> Verdict {
    Verdict::of(&UnverifiedBundle::parse(Bytes::copy_from_slice(input)))
}

/// All four signatures of a bundle.
pub(super) fn bundle_verified(input: &[u8]) -> Verdict {
    let read = UnverifiedBundle::parse(Bytes::copy_from_slice(input));
    let verified = read.and_then(UnverifiedBundle::verify);
    if let Ok(bundle) = &verified {
        assert_eq!(&bundle.encode()[..], input);
    }
    Verdict::of(&verified)
}

/// A share opened by the keys it is for.
pub(super) fn share(input: &[u8]) -> Verdict {
    let world = corpus::world();
    Verdict::of(
        &world
            .keys
            .open_share(input, &world.start, &mut corpus::randomness()),
    )
}
