//! Beginning a session.

use wire_format::{MemberId, Millis};

use super::{Means, SessionId, end};
use crate::store::{
    Change, Refusal, Stop, TokenHash, Trace, Transaction,
    accounts::{self, Standing},
    audit::{Actor, Entry},
    tokens::{self, Purpose},
};

/// What a session is begun with; password and recovery code were checked by who calls.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof {
    /// The password.
    Password,
    /// The recovery code.
    Recovery,
    /// A one-time token, which is used up.
    Fresh(TokenHash),
}

impl Proof {
    /// What the session is remembered as.
    pub const fn means(self) -> Means {
        match self {
            Self::Password => Means::Password,
            Self::Recovery => Means::Recovery,
            Self::Fresh(_) => Means::Fresh,
        }
    }
}

/// Begins a session. If the account has `most` already, those that were not seen for the longest
/// time end; the answer is which.
///
/// Refused: [`Refusal::TokenInvalid`], [`Refusal::NoSuchAccount`], [`Refusal::AccountDisabled`],
/// [`Refusal::SessionTaken`], in this order: by a one-time token nobody learns whether an account is
/// there.
#[derive(Clone, Debug)]
pub struct StartSession {
    /// Its id.
    pub session: SessionId,
    /// Whose it is.
    pub account: MemberId,
    /// What it is begun with.
    pub proof: Proof,
    /// The program that begins it, in its own words, without control characters.
    pub client: String,
    /// The address from which it is begun.
    pub address: String,
    /// How long it may be idle.
    pub idle_ms: u64,
    /// When it ends in any case.
    pub expires_at: Millis,
    /// The most sessions of an account, this one included.
    pub most: u32,
    /// The present time.
    pub now: Millis,
}

impl Change for StartSession {
    type Answer = Vec<SessionId>;
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<SessionId>, Stop> {
        if let Proof::Fresh(token) = self.proof {
            let purpose = Purpose::Fresh(self.account);
            tokens::consume(transaction, token, purpose, self.now).await?;
        }
        let account = accounts::require(transaction, self.account).await?;
        if account.standing == Standing::Disabled {
            return Err(Refusal::AccountDisabled.into());
        }
        let sql = "SELECT account FROM sessions WHERE id = $1";
        let values = [self.session.as_bytes().into()];
        if transaction.row(sql, &values).await?.is_some() {
            return Err(Refusal::SessionTaken.into());
        }
        let kept = self.most.saturating_sub(1);
        let ended = end::end_least_seen(transaction, self.account, kept).await?;
        self.insert(transaction).await?;
        let means = match self.proof {
            Proof::Password => "password",
            Proof::Recovery => "recovery",
            Proof::Fresh(_) => "fresh",
        };
        Entry::about(Actor::Account(self.account), "session.start", self.account)
            .detail(means)
            .append(transaction, self.now)
            .await?;
        Ok(ended)
    }
}

impl StartSession {
    async fn insert(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let idle_at = self.now.value().saturating_add(self.idle_ms);
        transaction
            .execute(
                "INSERT INTO sessions (id, account, means, client, address, \
                 started_at, seen_at, idle_ms, idle_at, expires_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9)",
                &[
                    self.session.as_bytes().into(),
                    (&self.account).into(),
                    self.proof.means().code().into(),
                    self.client.as_str().into(),
                    self.address.as_str().into(),
                    self.now.into(),
                    self.idle_ms.into(),
                    idle_at.into(),
                    self.expires_at.into(),
                ],
            )
            .await?;
        Ok(())
    }
}
