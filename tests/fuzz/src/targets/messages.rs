//! Envelopes, the seal, padding, content and the records of the browser's tier.

use bytes::Bytes;
use wire_format::{
    content::Content,
    envelope::Envelope,
    opened::{ClearMessage, OpenedMessage},
    padding,
    seal::{self, IV_BYTES, TAG_BYTES},
};

use crate::{Verdict, corpus};

/// The layout of an envelope.
pub(super) fn envelope(input: &[u8]) -> Verdict {
    Verdict::of(&Envelope::parse(Bytes::copy_from_slice(input)))
}

/// An envelope opened with the keys it was sealed with.
pub(super) fn envelope_opened(input: &[u8]) -> Verdict {
    let opened = Envelope::parse(Bytes::copy_from_slice(input))
        .and_then(|envelope| envelope.open(&corpus::world().epoch));
    Verdict::of(&opened)
}

/// `IV | ciphertext | tag` under a known key and no associated data.
pub(super) fn seal(input: &[u8]) -> Verdict {
    let Some((iv, rest)) = input.split_first_chunk::<IV_BYTES>() else {
        return Verdict::Refused;
    };
    let Some((ciphertext, tag)) = rest.split_last_chunk::<TAG_BYTES>() else {
        return Verdict::Refused;
    };
    Verdict::of(&seal::open(&corpus::SEAL_KEY, iv, b"", ciphertext, tag))
}

/// The content length that padding marks.
pub(super) fn padding(input: &[u8]) -> Verdict {
    let read = padding::content_bytes(input);
    if let Ok(length) = &read {
        assert!(*length < input.len());
        assert_eq!(padding::bucket(*length).ok(), Some(input.len()));
    }
    Verdict::of(&read)
}

/// The JSON inside an envelope.
pub(super) fn content(input: &[u8]) -> Verdict {
    let read = Content::parse(input);
    if let Ok(Content::Text(text)) = &read {
        let again = Content::encode_text(text).expect("a text that was read can be written");
        assert_eq!(Content::parse(&again), read);
    }
    Verdict::of(&read)
}

/// A message on its way to the page.
pub(super) fn opened(input: &[u8]) -> Verdict {
    let read = OpenedMessage::parse(Bytes::copy_from_slice(input));
    if let Ok(message) = &read {
        assert_eq!(&message.encode()[..], input);
    }
    Verdict::of(&read)
}

/// A message on its way from the page.
pub(super) fn clear(input: &[u8]) -> Verdict {
    let read = ClearMessage::parse(Bytes::copy_from_slice(input));
    if let Ok(message) = &read {
        assert_eq!(&message.encode()[..], input);
    }
    Verdict::of(&read)
}
