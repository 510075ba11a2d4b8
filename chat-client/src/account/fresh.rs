//! Starting with new keys, where password and recovery code are lost: whoever knew the old keys is
//! told, and what the old vault held stays closed.

use std::sync::Arc;

use bytes::Bytes;
use wire_format::{
    AccountId, KeysetNumber, Millis, OneTimeToken, RootNumber, SealError, WrapNumber,
    command::{
        auth::{Fresh, Password as ChangePassword},
        keys::{Accounts, Reset, Wraps},
    },
    identity::{Chain, IdentityKeys, UnverifiedWrapKey},
    passwords::{Password, RecoveryCode, ServerName},
    record_list,
    vault::{IdentityEntry, ItemKeyEntry, OpenedRoot, RootContent, WrapEntry},
};

use super::{
    Account, SignIn,
    blocking::blocking,
    entering::{Entered, own_chain},
    error::{AccountError, OwnFault},
    line::Line,
    records::{NewSecrets, wrap_key},
    root,
    sign_in::{ask, entered},
};
use crate::clock::Clock;

impl SignIn {
    /// Signs in with a one-time token of the server's operator, and starts with new keys, a new
    /// password and an empty vault. The caller has shown or kept the recovery code.
    ///
    /// A dropped future may leave the token used up, or the keys new and the password the old one.
    ///
    /// # Errors
    /// `login_failed` for another name or token; the typed cause otherwise.
    pub async fn fresh(
        self,
        token: OneTimeToken,
        password: Password,
        code: RecoveryCode,
    ) -> Result<Account, AccountError> {
        let Self { server, name, seen } = self;
        let (server_name, params) = ask(&server, &name).await?;
        let mut line = Line::open(&server).await?;
        let (signed_in, _) = line.call(&Fresh { name, token }, Bytes::new()).await?;
        let mut entered = entered(line, server, server_name, &params, signed_in)?;
        let chain = own_chain(&mut entered.line, &entered.who, seen).await?;
        let wrap = entered.published(&chain).await?;
        let least = seen.map_or_else(Default::default, |seen| seen.root);
        let root = root::read(&mut entered.line, params.account, least).await?;
        let start = Start {
            account: params.account,
            server: entered.who.server.clone(),
            chain,
            wrap: wrap.next(),
            root: root.number().next(),
            now: Clock::start().now().wall,
        };
        let made = blocking(move || start.make(&password, &code)).await??;
        entered.start(made).await
    }
}

impl Entered {
    /// The number of the own wrap key that is published.
    async fn published(&mut self, chain: &Chain) -> Result<WrapNumber, AccountError> {
        let own = Accounts::try_from(vec![self.who.account]).map_err(|_| OwnFault::Kept)?;
        let (_, tail) = self
            .line
            .call(&Wraps { accounts: own }, Bytes::new())
            .await?;
        let [record] = record_list::parse_exactly(tail)?;
        let key = UnverifiedWrapKey::parse(record)?;
        let head = chain.head().clone();
        let key = blocking(move || key.verify(&head, WrapNumber::default())).await??;
        Ok(key.number())
    }

    /// Resets the keys, then sets the password, each with a root; then proves the new keys.
    async fn start(mut self, made: Made) -> Result<Account, AccountError> {
        let reset = Reset {
            expected: made.before,
        };
        self.line.call(&reset, made.records).await?;
        let secrets = made.secrets;
        let number = made.root.next();
        let root = secrets
            .lock
            .seal_root(number, &made.content, &rand::random())?;
        let change = ChangePassword {
            login: None,
            salt: secrets.salt,
            rounds: secrets.rounds.value(),
            new_login: secrets.login,
            recovery: secrets.recovery,
            expected: made.root,
        };
        self.line.call(&change, root.bytes().clone()).await?;
        let opened = OpenedRoot {
            number,
            content: made.content,
            lock: secrets.lock,
        };
        self.prove(Arc::new(made.keys), made.chain, opened, None)
            .await
    }
}

/// From where the new keys go on.
struct Start {
    account: AccountId,
    server: ServerName,
    chain: Chain,
    wrap: WrapNumber,
    root: RootNumber,
    now: Millis,
}

/// New keys, and the records that publish them.
struct Made {
    keys: IdentityKeys,
    chain: Chain,
    before: KeysetNumber,
    root: RootNumber,
    content: RootContent,
    secrets: NewSecrets,
    /// Keyset, wrap key, root.
    records: Bytes,
}

impl Start {
    /// Makes all of it; takes seconds.
    fn make(mut self, password: &Password, code: &RecoveryCode) -> Result<Made, SealError> {
        let rng = &mut rand::rng();
        let secrets = NewSecrets::make(self.account, &self.server, password, code)?;
        let keys = IdentityKeys::generate(rng)?;
        let before = self.chain.head().number();
        let keyset = keys.reset_keyset(self.chain.head(), self.now, rng)?;
        let (wrap, wrap_record) = wrap_key(&keys, self.account, self.wrap, self.now)?;
        let content = RootContent::new(
            IdentityEntry::of(keyset.number(), &keys)?,
            WrapEntry::of(&wrap)?,
            ItemKeyEntry::generate(rng),
        );
        let root = secrets
            .lock
            .seal_root(self.root, &content, &rand::random())?;
        let record = keyset.bytes().clone();
        let records = record_list::encode(&[record.clone(), wrap_record, root.bytes().clone()])?;
        let extended = self.chain.extend(record);
        extended.map_err(|_| SealError::KeyOperation)?;
        Ok(Made {
            keys,
            chain: self.chain,
            before,
            root: self.root,
            content,
            secrets,
            records,
        })
    }
}
