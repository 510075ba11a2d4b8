//! End-to-end rooms: who is in one, and what all its members agree on
//! (docs/protocol.md#147-rooms-roles-and-policy and the sections after it).
//!
//! ```text
//!  requests, invitations ──▶ changes ──commit──▶ RoomChain ──▶ RoomRecord, ChainEntry
//!                                                   │
//!                       envelopes, key requests, grants, room states are judged by it
//! ```
//!
//! Nothing here is taken on a server's word: the room record is computed from signed commits, and
//! whose keys signed them comes from keyset chains that were read and verified ([`Keysets`]).

/// Enums that are one byte in a record.
macro_rules! byte_enum {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident {$(
            $(#[doc = $variant_doc:literal])*
            $variant:ident = $byte:literal,
        )*}
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[repr(u8)]
        pub enum $name {
            $($(#[doc = $variant_doc])* $variant = $byte,)*
        }

        impl $name {
            /// The one with this byte in a record.
            pub const fn from_byte(byte: u8) -> Option<Self> {
                Some(match byte {
                    $($byte => Self::$variant,)*
                    _ => return None,
                })
            }

            /// The byte in a record.
            pub const fn byte(self) -> u8 {
                self as u8
            }
        }
    )*};
}

mod admission;
mod chain;
mod change;
mod commit;
mod content;
mod draft;
mod erased;
mod error;
mod forgetting;
mod grant;
mod history;
mod invitation;
mod key_request;
mod keys;
mod limited;
mod pending;
mod placeholder;
mod policy;
mod record;
mod report;
mod request;
mod rules;
mod settings;
mod standing;
mod state;
mod steps;

pub use admission::{Admission, AdmissionError, Admitted, PublishedWrap};
pub use chain::{Extended, RoomChain};
pub use change::{AfterRemoval, Change};
pub use commit::{CommitReason, UnverifiedCommit};
pub use content::{
    Edit, FileNote, Reaction, Receipt, ReceiptKind, Reply, ResourceAction, ResourceLine,
    RoomContent, Text, Tombstone, Typing,
};
pub use draft::{CommitDraft, CommitTail, SignedCommit};
pub use erased::Erased;
pub use error::{ChangeError, CommitError, DraftError, TakeUpError};
pub use grant::{GrantDraft, GrantError, Granted, UnverifiedGrant};
pub use history::{ChainEntry, History};
pub use invitation::{InvitationDraft, InvitationError, UnverifiedInvitation};
pub use key_request::{
    Claim, ClaimError, KeyRequest, KeyRequestDraft, KeyRequestError, UnverifiedKeyRequest,
};
pub use keys::{Keysets, Newcomers, UnknownKeys};
pub use pending::PendingRequest;
pub use placeholder::{NO_WRAP, PLACEHOLDER, is_placeholder};
pub use policy::{HistoryPolicy, InvitePolicy, JoinPolicy, KeepDays, Policy, RoomKind};
pub use record::{Member, Role, RoomRecord};
pub use report::{Report, ReportDraft, ReportError, StoredMessage, UnverifiedReport};
pub use request::{Action, RequestDraft, RequestError, UnverifiedRequest};
pub use settings::{
    KnownSettings, Pin, RoomSettings, RoomSettingsContent, RoomSettingsDraft, RoomSettingsError,
    StateChannel, UnverifiedRoomSettings,
};
pub use standing::Standing;
pub use state::{
    OpenedRoomState, Resource, RoomState, RoomStateContent, RoomStateDraft, RoomStateError,
    SeenState, UnverifiedRoomState,
};
