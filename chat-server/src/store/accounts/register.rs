//! Making an account.

use wire_format::{MemberId, Millis};

use super::{AccountName, Password, Recovery, Role, Standing, find};
use crate::store::{
    Change, Query as _, Refusal, Stop, TokenHash, Trace, Transaction,
    audit::{Actor, Entry},
    keys,
    moderation::IsEmergency,
    rooms,
    server::{ReadRegistration, Registration},
    tokens::{self, Purpose},
    vault,
};

/// What lets somebody make an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Entrance {
    /// The registration mode alone.
    Open,
    /// A one-time invitation, unless registration is closed.
    Invitation(TokenHash),
    /// The server's setup token, in any mode: it makes an administrator.
    Setup(TokenHash),
    /// One of the two, whichever it is.
    Token(TokenHash),
}

/// Makes an account with keyset 1, wrap key 1 and vault root 1, all at once.
///
/// Refused: [`Refusal::RegistrationClosed`], [`Refusal::TokenInvalid`], [`Refusal::AccountTaken`],
/// [`Refusal::NameTaken`], in this order. A token is used up only if the account is made.
#[derive(Clone, Debug)]
pub struct Register {
    /// Its id, drawn by the client.
    pub account: MemberId,
    /// Its name.
    pub name: AccountName,
    /// How it proves itself.
    pub password: Password,
    /// Keyset number 1.
    pub keyset: Vec<u8>,
    /// Wrap key number 1.
    pub wrap_key: Vec<u8>,
    /// Vault root number 1.
    pub vault_root: Vec<u8>,
    /// Whether its recovery code was tried out.
    pub recovery: Recovery,
    /// What lets it in.
    pub entrance: Entrance,
    /// The present time.
    pub now: Millis,
}

impl Change for Register {
    type Answer = Role;
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Role, Stop> {
        let entrance = self.entrance(transaction).await?;
        let role = self.admit(transaction, entrance).await?;
        let is_there = find::by_id(transaction, self.account).await?.is_some();
        // Chains of rooms may name one that is gone.
        if is_there || rooms::was_named(transaction, self.account).await? {
            return Err(Refusal::AccountTaken.into());
        }
        if find::is_held(transaction, &self.name).await? {
            return Err(Refusal::NameTaken.into());
        }
        self.insert(transaction, role).await?;
        for look in self.name.looks() {
            let sql = "INSERT INTO account_looks (look, account) VALUES ($1, $2)";
            let values = [look.into(), (&self.account).into()];
            transaction.execute(sql, &values).await?;
        }
        keys::insert_keyset(transaction, self.account, 1, &self.keyset).await?;
        keys::insert_wrap_key(transaction, self.account, 1, &self.wrap_key).await?;
        vault::create(transaction, self.account, &self.vault_root).await?;
        Entry::about(
            Actor::Account(self.account),
            "account.register",
            self.account,
        )
        .detail(entrance.as_str())
        .append(transaction, self.now)
        .await?;
        Ok(role)
    }
}

impl Register {
    /// What lets it in, with what a token is for.
    async fn entrance(&self, transaction: &mut Transaction<'_>) -> Result<Entrance, Stop> {
        Ok(match self.entrance {
            Entrance::Token(token) if tokens::is_for_setup(transaction, token).await? => {
                Entrance::Setup(token)
            }
            Entrance::Token(token) => Entrance::Invitation(token),
            known => known,
        })
    }

    async fn admit(
        &self,
        transaction: &mut Transaction<'_>,
        entrance: Entrance,
    ) -> Result<Role, Stop> {
        let mode = ReadRegistration.run(transaction).await?;
        let is_setup = matches!(entrance, Entrance::Setup(_));
        if !is_setup && IsEmergency.run(transaction).await? {
            return Err(Refusal::Closed.into());
        }
        match (entrance, mode) {
            (Entrance::Setup(token), _) => {
                tokens::consume(transaction, token, Purpose::Setup, self.now).await?;
                Ok(Role::Admin)
            }
            (Entrance::Invitation(token), Registration::Open | Registration::Invitation) => {
                tokens::consume(transaction, token, Purpose::Invitation, self.now).await?;
                Ok(Role::Member)
            }
            (Entrance::Open, Registration::Open) => Ok(Role::Member),
            _ => Err(Refusal::RegistrationClosed.into()),
        }
    }

    async fn insert(&self, transaction: &mut Transaction<'_>, role: Role) -> Result<(), Stop> {
        let name = self.name.name().as_str();
        transaction
            .execute(
                "INSERT INTO accounts (id, name, folded, display, salt, rounds, \
                 login_hash, recovery_hash, role, standing, recovery, created_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                &[
                    (&self.account).into(),
                    name.into(),
                    self.name.folded().into(),
                    // It shows nothing beside its name until its owner says what.
                    "".into(),
                    (&self.password.salt).into(),
                    u64::from(self.password.rounds).into(),
                    self.password.login.as_str().into(),
                    self.password.recovery.as_str().into(),
                    role.code().into(),
                    Standing::Active.code().into(),
                    self.recovery.code().into(),
                    self.now.into(),
                ],
            )
            .await?;
        Ok(())
    }
}

impl Entrance {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invitation(_) | Self::Token(_) => "invitation",
            Self::Setup(_) => "setup",
        }
    }
}
