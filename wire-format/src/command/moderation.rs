//! `reports.*` and `server.mode`: what the server's administrators do (docs/protocol.md#1415-reports).

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::ids::{
    AccountId, ChannelId, EnvelopeHash, Millis, ReportHash, ReportNumber, RoomId, Sequence,
};

/// `reports.list`: those that are pending, the oldest first. The reply's tail is a record list of them,
/// in the same order, at most 1 MiB, or one that is larger.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListReports {
    /// The last one that the client has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<ReportNumber>,
}

/// Reports that are pending.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ReportPage {
    /// Ascending by number.
    pub reports: Vec<ListedReport>,
    /// Whether there are more.
    pub more: bool,
}

/// What the server says of a report, beside the record.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ListedReport {
    /// Its place among all reports.
    pub number: ReportNumber,
    /// The report.
    pub report: ReportHash,
    /// When the server took it.
    pub received_at: Millis,
    /// The room of the message.
    pub room: RoomId,
    /// Its channel.
    pub channel: ChannelId,
    /// Its place there.
    pub sequence: Sequence,
    /// Of the envelope that the server had at this place.
    pub hash: EnvelopeHash,
    /// Who sent that envelope, by the server's word.
    pub sender: AccountId,
}

/// `reports.settle`: an administrator has looked at a report.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleReport {
    /// Which.
    pub report: ReportHash,
    /// What came of it.
    pub verdict: Verdict,
}

/// What came of a report; it travels as a number.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "u8", into = "u8")]
#[repr(u8)]
pub enum Verdict {
    /// Nothing is done about the message.
    Dismissed = 1,
    /// The reporter is right.
    Upheld = 2,
}

/// A number that no verdict has.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no verdict has the number {0}")]
pub struct NoVerdict(u8);

impl Verdict {
    /// The verdict in a word, for the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dismissed => "dismissed",
            Self::Upheld => "upheld",
        }
    }
}

impl TryFrom<u8> for Verdict {
    type Error = NoVerdict;

    fn try_from(number: u8) -> Result<Self, NoVerdict> {
        Ok(match number {
            1 => Self::Dismissed,
            2 => Self::Upheld,
            _ => return Err(NoVerdict(number)),
        })
    }
}

impl From<Verdict> for u8 {
    fn from(verdict: Verdict) -> Self {
        verdict as Self
    }
}

impl PartialSchema for Verdict {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(2))
            .description(Some("1: dismissed, 2: upheld"))
            .into()
    }
}

impl ToSchema for Verdict {}

/// `server.mode`: whether nobody new comes in for the moment; with `emergency`, an administrator says so.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// From now on; left out, the mode is only told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<bool>,
}

/// How the server stands.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ModeState {
    /// Nobody registers, makes a room, or joins one without an invitation.
    pub emergency: bool,
    /// Whether this account administrates the server.
    pub administers: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_travel_as_their_numbers_and_no_other_does() {
        for (number, verdict) in [(1, Verdict::Dismissed), (2, Verdict::Upheld)] {
            assert_eq!(
                serde_json::to_string(&verdict).ok(),
                Some(number.to_string())
            );
            assert_eq!(Verdict::try_from(number), Ok(verdict));
        }
        for number in [0, 3, u8::MAX] {
            assert_eq!(Verdict::try_from(number), Err(NoVerdict(number)));
        }
    }
}
