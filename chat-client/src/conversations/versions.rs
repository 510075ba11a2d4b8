//! The keys of a room, one an epoch: who started it, when and why, and whether it is held here.

use wire_format::{
    AccountId, CommitHash, EpochNumber, Millis, RoomId,
    room::{Change, CommitReason, UnverifiedCommit},
};

use super::{ConversationError, Conversations};

/// One key of a room, by the signed commit that started it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Version {
    /// Its number.
    pub n: EpochNumber,
    /// The commit.
    pub commit: CommitHash,
    /// Who made it.
    pub author: AccountId,
    /// When, by the author's clock.
    pub made_at: Millis,
    /// Why, by the author's word.
    pub reason: CommitReason,
    /// Whom it lets in.
    pub came: Vec<AccountId>,
    /// Who is out of the room by it.
    pub went: Vec<AccountId>,
    /// Whether the key is held here.
    pub is_held: bool,
}

impl Conversations {
    /// The keys of a room, the oldest first: from the commits that were verified.
    ///
    /// # Errors
    /// The typed cause.
    pub async fn versions(&mut self, id: RoomId) -> Result<Vec<Version>, ConversationError> {
        self.sync(id).await?;
        let records = self.commits(id, None).await?;
        let conversation = &self.room(id)?.conversation;
        let mut versions = Vec::new();
        for record in records {
            let commit = UnverifiedCommit::parse(record)?;
            // One that came since, or that is none of the verified ones, is nothing to show.
            let entry = conversation.chain().entry(commit.n());
            let Some(entry) = entry.filter(|entry| entry.hash() == commit.hash()) else {
                break;
            };
            let (came, went) = moves(commit.changes());
            versions.push(Version {
                n: entry.n(),
                commit: entry.hash(),
                author: entry.author(),
                made_at: entry.made_at(),
                reason: commit.reason(),
                came,
                went,
                is_held: conversation.secret(entry.n()).is_some(),
            });
        }
        Ok(versions)
    }
}

/// Who comes and who goes by changes.
fn moves(changes: &[Change]) -> (Vec<AccountId>, Vec<AccountId>) {
    let (mut came, mut went) = (Vec::new(), Vec::new());
    for change in changes {
        match change {
            Change::Placed { account, .. } => came.push(*account),
            Change::Joined(request) => came.push(request.account()),
            Change::Left(request) => went.push(request.account()),
            Change::Removed { account, .. } => went.push(*account),
            _ => {}
        }
    }
    (came, went)
}
