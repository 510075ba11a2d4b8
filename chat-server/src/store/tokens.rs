//! One-time tokens: kept as hashes, good until they expire or are used.

use wire_format::{MemberId, Millis};

use super::{
    Change, Refusal, Stop, StoreError, TokenHash, Trace, Transaction, accounts,
    audit::{Actor, Entry},
    transaction::Value,
};

/// What a token is good for, once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// To make the first administrator's account.
    Setup,
    /// To make an account.
    Invitation,
    /// To sign in to this account without its password (`auth.fresh`).
    Fresh(MemberId),
}

impl Purpose {
    const fn code(self) -> u64 {
        match self {
            Self::Setup => 1,
            Self::Invitation => 2,
            Self::Fresh(_) => 3,
        }
    }

    const fn account(&self) -> Value<'_> {
        match self {
            Self::Setup | Self::Invitation => Value::NoBytes,
            Self::Fresh(account) => Value::Bytes(account.as_bytes()),
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Invitation => "invitation",
            Self::Fresh(_) => "fresh",
        }
    }
}

/// Keeps a new token. One for setup, or for the same account, takes the place of an earlier one.
///
/// Refused: [`Refusal::NoSuchAccount`]; [`Refusal::TokenInvalid`] if the hash is another token's.
#[derive(Clone, Copy, Debug)]
pub struct IssueToken {
    /// SHA-256 of the token.
    pub hash: TokenHash,
    /// What it is good for.
    pub purpose: Purpose,
    /// When it stops being good.
    pub expires_at: Millis,
    /// Who issues it.
    pub actor: Actor,
    /// The present time.
    pub now: Millis,
}

impl Change for IssueToken {
    type Answer = ();
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let subject = match self.purpose {
            Purpose::Setup => {
                let sql = "DELETE FROM tokens WHERE purpose = $1";
                let values = [self.purpose.code().into()];
                transaction.execute(sql, &values).await?;
                String::new()
            }
            Purpose::Invitation => String::new(),
            Purpose::Fresh(account) => {
                accounts::require(transaction, account).await?;
                let sql = "DELETE FROM tokens WHERE account = $1";
                transaction.execute(sql, &[(&account).into()]).await?;
                account.to_string()
            }
        };
        let sql = "SELECT 1 FROM tokens WHERE hash = $1";
        let values = [self.hash.as_bytes().into()];
        if transaction.row(sql, &values).await?.is_some() {
            return Err(Refusal::TokenInvalid.into());
        }
        let sql = "INSERT INTO tokens (hash, purpose, account, expires_at) VALUES ($1, $2, $3, $4)";
        let values = [
            self.hash.as_bytes().into(),
            self.purpose.code().into(),
            self.purpose.account(),
            self.expires_at.into(),
        ];
        transaction.execute(sql, &values).await?;
        Entry::new(self.actor, "token.issue", &subject)
            .detail(self.purpose.as_str())
            .append(transaction, self.now)
            .await?;
        Ok(())
    }
}

/// Deletes tokens that are no longer good; gives how many.
#[derive(Clone, Copy, Debug)]
pub struct ExpireTokens {
    /// The present time.
    pub now: Millis,
}

impl Change for ExpireTokens {
    type Answer = u64;
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<u64, Stop> {
        let sql = "DELETE FROM tokens WHERE expires_at <= $1";
        Ok(transaction.execute(sql, &[self.now.into()]).await?)
    }
}

/// Whether a token is the one that makes the first administrator's account.
pub(super) async fn is_for_setup(
    transaction: &mut Transaction<'_>,
    hash: TokenHash,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM tokens WHERE hash = $1 AND purpose = $2";
    let values = [hash.as_bytes().into(), Purpose::Setup.code().into()];
    Ok(transaction.row(sql, &values).await?.is_some())
}

/// Uses a token up: it must be for this and not have expired.
pub(super) async fn consume(
    transaction: &mut Transaction<'_>,
    hash: TokenHash,
    purpose: Purpose,
    now: Millis,
) -> Result<(), Stop> {
    let sql = "SELECT purpose, account FROM tokens WHERE hash = $1 AND expires_at > $2";
    let values = [hash.as_bytes().into(), now.into()];
    let row = transaction.row(sql, &values).await?;
    let row = row.ok_or(Refusal::TokenInvalid)?;
    let is_for = |account: Option<Vec<u8>>| match purpose {
        Purpose::Fresh(expected) => account.is_some_and(|id| id == expected.as_bytes()),
        Purpose::Setup | Purpose::Invitation => account.is_none(),
    };
    if row.number(0)? != purpose.code() || !is_for(row.maybe_bytes(1)?) {
        return Err(Refusal::TokenInvalid.into());
    }
    let sql = "DELETE FROM tokens WHERE hash = $1";
    transaction.execute(sql, &[hash.as_bytes().into()]).await?;
    Ok(())
}
