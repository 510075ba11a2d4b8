//! Signing an account in, and what its password is made of.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::{AccountId, Challenge, Millis, RootNumber, Salt, SessionId},
    secret::{GuestToken, LoginHalf, OneTimeToken, RecoveryLogin, SessionToken},
};

/// `auth.params`: what the password of a name is stretched with.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// The name as it was typed.
    pub name: String,
}

/// What a password is stretched with; for an unknown name a decoy, always the same.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct SignInParams {
    /// The server's name. A client refuses one that it did not expect.
    pub server: String,
    /// The account's id.
    pub account: AccountId,
    /// Made with the password.
    pub salt: Salt,
    /// A client refuses what [`Rounds`](crate::passwords::Rounds) does not take.
    pub rounds: u32,
}

/// `auth.register`: the tail is a record list: keyset 1, wrap key 1, vault root 1.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Drawn by the client.
    pub account: AccountId,
    /// The name as it was typed; its prepared form is that of the keyset.
    pub name: String,
    /// Drawn by the client.
    pub salt: Salt,
    /// Rounds of the stretching.
    pub rounds: u32,
    /// The password's login half.
    pub login: LoginHalf,
    /// The recovery code's login half.
    pub recovery: RecoveryLogin,
    /// Whether the recovery code was typed back.
    pub rehearsed: bool,
    /// Of the live guest who has this name: it passes over to the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<GuestToken>,
    /// What the server's operator handed out; needed where registration is not open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<OneTimeToken>,
}

/// `auth.login`: signs in with the password.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The name as it was typed.
    pub name: String,
    /// The password's login half.
    pub login: LoginHalf,
}

/// What every way of signing an account in answers.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct SignedInAccount {
    /// The account's id.
    pub account: AccountId,
    /// The prepared name.
    pub name: String,
    /// This session.
    pub session: SessionId,
    /// What the keys are to answer in `auth.prove`; new with every sign-in and resume.
    pub challenge: Challenge,
    /// What `auth.resume` takes. Absent after `auth.resume`, and over HTTP, where it is the cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SessionToken>,
    /// After how many milliseconds without a connection the session ends.
    pub idle_ms: u32,
    /// When it ends whatever happens.
    pub expires_at: Millis,
}

/// `auth.resume`: continues an account's session on a new connection.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Resume {
    /// What the sign-in answered. Absent only between a browser and its proxy, which has the cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<SessionToken>,
}

/// `auth.recover`: signs in with the recovery code.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Recover {
    /// The name as it was typed.
    pub name: String,
    /// The recovery code's login half.
    pub recovery: RecoveryLogin,
}

/// `auth.fresh`: signs in to start with new keys, without password and recovery code.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    /// The name as it was typed.
    pub name: String,
    /// What an administrator handed out.
    pub token: OneTimeToken,
}

/// `auth.prove`: the tail is the proof of keys.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prove {}

/// `auth.password`: changes password and recovery code; the tail is the new vault root.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Password {
    /// The old password's login half. Absent after `auth.recover` and `auth.fresh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginHalf>,
    /// Drawn by the client.
    pub salt: Salt,
    /// Rounds of the stretching.
    pub rounds: u32,
    /// The new password's login half.
    pub new_login: LoginHalf,
    /// The login half of the recovery code that opens the new root.
    pub recovery: RecoveryLogin,
    /// The root that is replaced.
    pub expected: RootNumber,
}

/// `auth.rehearsed`: the present recovery code was typed back.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rehearsed {}
