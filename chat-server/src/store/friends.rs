//! Who is whose friend (docs/protocol.md#1417-people): one row for each side of a pair.

mod rules;
mod side;

use wire_format::MemberId;

use self::side::Side;
use super::{
    Change, Query, Refusal, Stop, StoreError, Trace, Transaction, accounts,
    transaction::{Row, coded},
};

pub use rules::FriendStep;

/// How an account stands to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FriendState {
    /// It has asked, and waits for the other.
    Asked,
    /// The other has asked it.
    Asking,
    /// They are friends.
    Friend,
    /// It has blocked the other.
    Blocked,
}

coded!(FriendState: Asked = 1, Asking = 2, Friend = 3, Blocked = 4);

/// Takes one step of one side towards the other; both sides' rows change together.
///
/// Refused: [`Refusal::Oneself`]; [`Refusal::NoSuchAccount`] for either;
/// [`Refusal::Blocked`] to ask somebody whom the account has blocked; [`Refusal::NotAsked`] to
/// accept or decline nothing; [`Refusal::OverQuota`] if either has no room for the other.
#[derive(Clone, Copy, Debug)]
pub struct TakeFriendStep {
    /// Who takes it.
    pub account: MemberId,
    /// Towards whom.
    pub other: MemberId,
    /// Which step.
    pub step: FriendStep,
    /// The most others that an account may be friends with, have asked or block; and as many may ask
    /// it, so that strangers do not use its own places up.
    pub most: u64,
}

/// How a pair stands after a step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Friendship {
    /// The other's name.
    pub name: String,
    /// How the account stood to the other before.
    pub before: Option<FriendState>,
    /// How the account stands to the other.
    pub own: Option<FriendState>,
    /// What the other side is to be told.
    pub other: OtherSide,
}

/// What a step means for the other side.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OtherSide {
    /// Nothing that it could notice.
    Unchanged,
    /// How it stands to the account now.
    Changed(Option<FriendState>),
}

impl Change for TakeFriendStep {
    type Answer = Friendship;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Friendship, Stop> {
        let (account, other) = (self.account, self.other);
        if account == other {
            return Err(Refusal::Oneself.into());
        }
        accounts::require(transaction, account).await?;
        let named = accounts::require(transaction, other).await?;
        let own = Side::read(transaction, account, other).await?;
        let theirs = Side::read(transaction, other, account).await?;
        let (own_next, theirs_next) = rules::step(self.step, own.state, theirs.state)?;
        if own.state.is_none() && (own_next, theirs_next) == ASKS_WHO_BLOCKS {
            // An answer that only others get would tell of the block.
            let asking = FriendState::Asking;
            theirs.require_room(transaction, asking, self.most).await?;
        }
        own.write(transaction, own_next, self.most).await?;
        theirs.write(transaction, theirs_next, self.most).await?;
        let other = if theirs_next == theirs.state {
            OtherSide::Unchanged
        } else {
            OtherSide::Changed(theirs_next)
        };
        Ok(Friendship {
            name: named.name,
            before: own.state,
            own: own_next,
            other,
        })
    }
}

/// How a pair stands when one side asks the other, who has blocked it.
const ASKS_WHO_BLOCKS: (Option<FriendState>, Option<FriendState>) =
    (Some(FriendState::Asked), Some(FriendState::Blocked));

/// Lists with whom an account has anything to do, a page at a time, by id.
#[derive(Clone, Copy, Debug)]
pub struct ListFriends {
    /// Whose.
    pub account: MemberId,
    /// The other after whom to begin; `None` for the first page.
    pub after: Option<MemberId>,
    /// The most to give.
    pub limit: u32,
}

/// One of an account's friends, or of those who may become one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Friend {
    /// Who.
    pub account: MemberId,
    /// Its name.
    pub name: String,
    /// The name that it shows.
    pub display: String,
    /// How the account stands to it.
    pub state: FriendState,
}

impl Query for ListFriends {
    type Answer = Vec<Friend>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<Friend>, StoreError> {
        let after = self.after.as_ref().map_or(&[][..], |id| id.as_bytes());
        let sql = "SELECT f.other, a.name, a.display, f.state \
                   FROM friends f JOIN accounts a ON a.id = f.other \
                   WHERE f.account = $1 AND f.other > $2 ORDER BY f.other LIMIT $3";
        let limit = u64::from(self.limit);
        let values = [(&self.account).into(), after.into(), limit.into()];
        let rows = transaction.rows(sql, &values).await?;
        rows.iter().map(read_friend).collect()
    }
}

fn read_friend(row: &Row) -> Result<Friend, StoreError> {
    Ok(Friend {
        account: row.account(0)?,
        name: row.text(1)?,
        display: row.text(2)?,
        state: FriendState::of_code(row.number(3)?)?,
    })
}

/// Finds who has an account for a friend, has asked it or is asked by it; not who has blocked it.
#[derive(Clone, Copy, Debug)]
pub struct WhoKnows {
    /// Whom.
    pub account: MemberId,
}

impl Query for WhoKnows {
    type Answer = Vec<MemberId>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let sql = "SELECT account FROM friends WHERE other = $1 AND state <> $2";
        let values = [(&self.account).into(), FriendState::Blocked.code().into()];
        let rows = transaction.rows(sql, &values).await?;
        rows.iter().map(|row| row.account(0)).collect()
    }
}
