//! What the server knows of itself, and who may register.

use wire_format::Millis;

use super::{
    Change, Query, SecretBytes, Stop, StoreError, Trace, Transaction,
    audit::{Actor, Entry},
    transaction::{Row, coded},
};

/// What a server is and signs with, made once with its data.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The server name (docs/protocol.md#142-passwords-and-recovery-codes): ASCII, 1–255 bytes.
    pub name: String,
    /// `kid` of the key that signs sessions.
    pub key_id: String,
    /// The EdDSA key that signs sessions, PKCS #8.
    pub signing_key: SecretBytes,
    /// What decoys for unknown names are derived from.
    pub decoy_secret: SecretBytes,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Registration {
    /// Anyone.
    Open,
    /// Who brings an invitation.
    Invitation,
    /// Nobody.
    Closed,
}

coded!(Registration: Open = 1, Invitation = 2, Closed = 3);

impl Registration {
    /// The name of the mode in settings and in the audit log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invitation => "invitation",
            Self::Closed => "closed",
        }
    }
}

/// Keeps an identity and a registration mode if there are none yet. The answer is what holds, which
/// on data that were made before is what was kept then.
#[derive(Clone, Debug)]
pub struct Found {
    /// The identity of new data.
    pub identity: Identity,
    /// The registration mode of new data.
    pub registration: Registration,
    /// The present time.
    pub now: Millis,
}

impl Change for Found {
    type Answer = Identity;
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Identity, Stop> {
        if let Some(identity) = ReadIdentity.run(transaction).await? {
            return Ok(identity);
        }
        let identity = &self.identity;
        transaction
            .execute(
                "INSERT INTO server \
                 (only_row, name, key_id, signing_key, decoy_secret, registration, founded_at) \
                 VALUES (1, $1, $2, $3, $4, $5, $6)",
                &[
                    identity.name.as_str().into(),
                    identity.key_id.as_str().into(),
                    identity.signing_key.as_bytes().into(),
                    identity.decoy_secret.as_bytes().into(),
                    self.registration.code().into(),
                    self.now.into(),
                ],
            )
            .await?;
        Entry::new(Actor::Server, "server.found", &identity.name)
            .append(transaction, self.now)
            .await?;
        Ok(identity.clone())
    }
}

/// Reads the identity; `None` on data without one.
#[derive(Clone, Copy, Debug)]
pub struct ReadIdentity;

impl Query for ReadIdentity {
    type Answer = Option<Identity>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Self::Answer, StoreError> {
        let sql = "SELECT name, key_id, signing_key, decoy_secret FROM server";
        let row = transaction.row(sql, &[]).await?;
        row.as_ref().map(identity).transpose()
    }
}

/// Reads the registration mode; closed on data without an identity.
#[derive(Clone, Copy, Debug)]
pub struct ReadRegistration;

impl Query for ReadRegistration {
    type Answer = Registration;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Registration, StoreError> {
        let sql = "SELECT registration FROM server";
        match transaction.row(sql, &[]).await? {
            Some(row) => Registration::of_code(row.number(0)?),
            None => Ok(Registration::Closed),
        }
    }
}

/// Sets the registration mode.
#[derive(Clone, Copy, Debug)]
pub struct SetRegistration {
    /// The mode from now on.
    pub registration: Registration,
    /// Who sets it.
    pub actor: Actor,
    /// The present time.
    pub now: Millis,
}

impl Change for SetRegistration {
    type Answer = ();
    const TRACE: Trace = Trace::Audited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let sql = "UPDATE server SET registration = $1";
        let values = [self.registration.code().into()];
        transaction.execute(sql, &values).await?;
        Entry::new(self.actor, "server.registration", "")
            .detail(self.registration.as_str())
            .append(transaction, self.now)
            .await?;
        Ok(())
    }
}

fn identity(row: &Row) -> Result<Identity, StoreError> {
    Ok(Identity {
        name: row.text(0)?,
        key_id: row.text(1)?,
        signing_key: SecretBytes::new(row.bytes(2)?),
        decoy_secret: SecretBytes::new(row.bytes(3)?),
    })
}
