//! Who is whose friend (docs/protocol.md#1417-people): one row for each side of a pair.

mod rules;

use wire_format::MemberId;

use super::{
    Change, Query, Refusal, Stop, StoreError, Trace, Transaction, accounts,
    transaction::{Row, Value, coded},
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
/// accept or decline nothing; [`Refusal::OverQuota`].
#[derive(Clone, Copy, Debug)]
pub struct TakeFriendStep {
    /// Who takes it.
    pub account: MemberId,
    /// Towards whom.
    pub other: MemberId,
    /// Which step.
    pub step: FriendStep,
    /// The most others with whom an account may have anything to do.
    pub most: u64,
}

/// How a pair stands after a step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Friendship {
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
        accounts::require(transaction, other).await?;
        let own = Side::read(transaction, account, other).await?;
        let theirs = Side::read(transaction, other, account).await?;
        let (own_next, theirs_next) = rules::step(self.step, own.state, theirs.state)?;
        own.write(transaction, own_next, self.most).await?;
        theirs.write(transaction, theirs_next, self.most).await?;
        let other = if theirs_next == theirs.state {
            OtherSide::Unchanged
        } else {
            OtherSide::Changed(theirs_next)
        };
        Ok(Friendship {
            own: own_next,
            other,
        })
    }
}

/// One row of a pair.
struct Side {
    account: MemberId,
    other: MemberId,
    state: Option<FriendState>,
}

impl Side {
    async fn read(
        transaction: &mut Transaction<'_>,
        account: MemberId,
        other: MemberId,
    ) -> Result<Self, StoreError> {
        let sql = "SELECT state FROM friends WHERE account = $1 AND other = $2";
        let values = [(&account).into(), (&other).into()];
        let row = transaction.row(sql, &values).await?;
        let state = match row {
            None => None,
            Some(row) => Some(FriendState::of_code(row.number(0)?)?),
        };
        Ok(Self {
            account,
            other,
            state,
        })
    }

    async fn write(
        &self,
        transaction: &mut Transaction<'_>,
        next: Option<FriendState>,
        most: u64,
    ) -> Result<(), Stop> {
        let pair: [Value<'_>; 2] = [(&self.account).into(), (&self.other).into()];
        match next {
            next if next == self.state => {}
            None => {
                let sql = "DELETE FROM friends WHERE account = $1 AND other = $2";
                transaction.execute(sql, &pair).await?;
            }
            Some(next) => {
                if self.state.is_none() {
                    let sql = "SELECT count(*) FROM friends WHERE account = $1";
                    if transaction.number(sql, &pair[..1]).await? >= most {
                        return Err(Refusal::OverQuota.into());
                    }
                }
                let sql = "INSERT INTO friends (account, other, state) VALUES ($1, $2, $3) \
                           ON CONFLICT (account, other) DO UPDATE SET state = excluded.state";
                let values = [pair[0], pair[1], next.code().into()];
                transaction.execute(sql, &values).await?;
            }
        }
        Ok(())
    }
}

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
