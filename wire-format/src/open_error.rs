//! Why something that a peer sealed or signed is not opened, and why something of one's own is not sealed.

use crate::{error::ErrorCode, ids::EpochNumber, rsa_keys::RsaKeyError};

/// The typed cause, for the local user and the log; towards the peer every one of them is the same
/// code (docs/protocol.md#9-the-envelope, *Receiver order*). Nothing has changed when it is returned.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Larger than anything of its kind may be.
    #[error("{length} bytes, above the limit of {limit}")]
    TooLarge {
        /// Bytes that came.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Shorter than its fields.
    #[error("truncated")]
    Truncated,
    /// Longer than its fields.
    #[error("{0} bytes left over")]
    LeftOver(usize),
    /// A version that is not spoken here.
    #[error("record version {0}")]
    Version(u8),
    /// A record of another type than the one expected.
    #[error("record type {0:#04x}")]
    RecordType(u8),
    /// A field holds what it must not hold.
    #[error("{0} holds a value that is not allowed")]
    Field(Field),
    /// An RSA key that is not the exact SubjectPublicKeyInfo asked for.
    #[error("an RSA key is refused")]
    RsaKey(#[from] RsaKeyError),
    /// A DSA key outside the pinned group.
    #[error("a DSA key is outside the pinned group")]
    DsaKey,
    /// The PSS signature does not have the length of its key's modulus.
    #[error("the PSS signature has {0} bytes")]
    PssLength(usize),
    /// The PSS signature does not verify; the DSA signature was not looked at.
    #[error("the PSS signature does not verify")]
    PssSignature,
    /// The PSS signature verifies and the DSA signature does not.
    #[error("the DSA signature does not verify")]
    DsaSignature,
    /// An epoch start that its bundle's announcement did not make.
    #[error("the epoch start is by another member or other keys than its announcement")]
    NotTheStarter,
    /// An envelope of another room, epoch or commit than the keys it is opened with.
    #[error("sealed for another room or epoch (it says epoch {0})")]
    OtherEpoch(EpochNumber),
    /// Zeros where a share would be: the room's list has other keys than the account has now.
    #[error("there is no share for these keys")]
    Placeholder,
    /// A share that this session's wrap key does not open.
    #[error("the share does not open")]
    Share,
    /// A share whose secret is not the one that the epoch's start commits to.
    #[error("the share's secret is not the epoch's")]
    ShareCommitment,
    /// A root whose wrap opens and holds something else than a vault key.
    #[error("the wrap holds no vault key")]
    VaultKey,
    /// An item sealed under another key than the one it is opened with, or of another account.
    #[error("sealed under another item key or for another account")]
    OtherItemKey,
    /// The derived message key is not the one that the header commits to.
    #[error("the key commitment does not match")]
    KeyCommitment,
    /// The authentication tag does not match: header, IV or ciphertext were changed.
    #[error("the tag does not match")]
    Tag,
    /// The CBC padding is wrong under a right tag: a sender that breaks the protocol.
    #[error("the CBC padding is wrong")]
    CbcPadding,
    /// The padding to buckets is wrong under a right tag: a sender that breaks the protocol.
    #[error("the padding to buckets is wrong")]
    BucketPadding,
    /// Text that is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Content that is not the JSON object of docs/protocol.md#10-content.
    #[error("the content cannot be read")]
    Content,
}

impl OpenError {
    /// The one code that a peer gets for all of them.
    pub const fn code(self) -> ErrorCode {
        ErrorCode::NotOpened
    }
}

/// A field that holds what it must not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Field {
    /// A name that is empty, too long or not UTF-8.
    Name,
    /// An epoch number outside 1 … 2^53 − 1.
    EpochNumber,
    /// A reason that no epoch has.
    EpochReason,
    /// Flag or mark bits that this version does not have.
    Flags,
    /// A ciphertext length that is not a multiple of 16.
    CiphertextLength,
    /// A text that is empty or above its limit.
    Text,
    /// A number that counts from 1 and is 0, or is not the one it must be.
    Number,
    /// A link that no keyset has, or that follows nothing.
    Link,
    /// A name that no server has.
    ServerName,
    /// A length of zero where something must be.
    Length,
    /// A kind that no vault item has.
    ItemKind,
    /// A name that its kind of vault item cannot have.
    ItemName,
    /// A policy that no room has.
    Policy,
    /// A role that no member has.
    Role,
    /// A count of entries that is too low or too high.
    Count,
    /// An account that stands twice or out of order.
    Account,
    /// Something else than the two things that a request asks for, or one where the other must be.
    Action,
    /// A time that cannot be after, or so long after, another one.
    Time,
    /// An invitation where none belongs.
    Invitation,
    /// A change that no commit has.
    Change,
    /// A list of epochs that is empty, too long, or out of order.
    Epochs,
    /// Another secret than the one that was committed to.
    Secret,
    /// A wrap key by other identity keys than those that are meant.
    WrapKey,
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Name => "the name",
            Self::EpochNumber => "the epoch number",
            Self::EpochReason => "the epoch's reason",
            Self::Flags => "the flags",
            Self::CiphertextLength => "the ciphertext length",
            Self::Text => "the text",
            Self::Number => "the number",
            Self::Link => "the link",
            Self::ServerName => "the server's name",
            Self::Length => "the length",
            Self::ItemKind => "the item's kind",
            Self::ItemName => "the item's name",
            Self::Policy => "the policy",
            Self::Role => "the role",
            Self::Count => "the count",
            Self::Account => "the account",
            Self::Action => "the action",
            Self::Time => "the time",
            Self::Invitation => "the invitation",
            Self::Change => "the change",
            Self::Epochs => "the list of epochs",
            Self::Secret => "the secret",
            Self::WrapKey => "the wrap key",
        })
    }
}

/// Why something of one's own could not be signed, sealed or wrapped; never a peer's fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The content does not fit the largest bucket.
    #[error("{length} bytes of content, above the limit of {limit}")]
    TooLarge {
        /// Bytes of content.
        length: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// The value does not fit its field.
    #[error("{0} holds a value that is not allowed")]
    Field(Field),
    /// A key refused to work: a fault in memory or a broken random source.
    #[error("a key operation failed")]
    KeyOperation,
}
