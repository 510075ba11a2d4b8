//! Keys of older epochs: asking for them, granting them, taking them
//! (docs/protocol.md#1413-history-key-requests-and-grants).

use rand::CryptoRng;
use wire_format::{
    EpochNumber, EpochSecret, WrapNumber,
    identity::AccountWrapKey,
    limits::EPOCHS_ASKED,
    room::{
        Claim, ClaimError, GrantError, Granted, KeyRequest, KeyRequestError, Keysets,
        UnverifiedGrant, UnverifiedKeyRequest,
    },
};

use super::Conversation;

/// A key request by a member, and what of it can be answered here.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request, verified.
    pub request: KeyRequest,
    /// Epochs that are granted whoever is asked: the asker was in them, or the room shares its past.
    pub free: Vec<EpochNumber>,
    /// Epochs that an owner or admin decides about.
    pub to_decide: Vec<EpochNumber>,
}

impl Conversation {
    /// Judges a key request; `newest` is the asker's newest wrap key.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn asked(
        &self,
        request: UnverifiedKeyRequest,
        keysets: &dyn Keysets,
        newest: WrapNumber,
    ) -> Result<Asked, KeyRequestError> {
        let request = request.verify(&self.chain, keysets, newest)?;
        let claims = self.claims(&request, keysets);
        let (free, to_decide) = claims.map_err(|error| match error {
            ClaimError::UnknownKeys(keys) => KeyRequestError::UnknownKeys(keys),
            // Never: this chain is known from commit 1.
            _ => KeyRequestError::Older,
        })?;
        Ok(Asked {
            request,
            free,
            to_decide,
        })
    }

    /// Of the epochs that are asked for and held here: those that are free, and the others.
    fn claims(
        &self,
        request: &KeyRequest,
        keysets: &dyn Keysets,
    ) -> Result<(Vec<EpochNumber>, Vec<EpochNumber>), ClaimError> {
        let (mut free, mut to_decide) = (Vec::new(), Vec::new());
        let epochs = request.epochs();
        for n in (epochs.start().value()..=epochs.end().value()).map(EpochNumber::new) {
            if self.epochs.secret(n).is_none() {
                continue;
            }
            match request.claim(n, &self.chain, keysets)? {
                Some(Claim::Always | Claim::SharedHistory) => free.push(n),
                Some(Claim::Decision) => to_decide.push(n),
                None => {}
            }
        }
        Ok((free, to_decide))
    }

    /// The secrets of these epochs, as far as they are held, ascending.
    pub fn secrets(&self, epochs: &[EpochNumber]) -> Vec<(EpochNumber, EpochSecret)> {
        let mut epochs = epochs.to_vec();
        epochs.sort_unstable();
        let held = epochs.into_iter().map(|n| (n, self.epochs.secret(n)));
        held.filter_map(|(n, secret)| Some((n, secret?.clone())))
            .collect()
    }

    /// Takes a grant for the own request that is pending, and holds the secrets that match.
    ///
    /// # Errors
    /// The typed cause, in the order of the document.
    pub fn granted<R: CryptoRng + ?Sized>(
        &mut self,
        grant: UnverifiedGrant,
        pending: &KeyRequest,
        key: &AccountWrapKey,
        keysets: &dyn Keysets,
        rng: &mut R,
    ) -> Result<Granted, GrantError> {
        let granted = grant.accept(pending, key, &self.chain, keysets, rng)?;
        for (n, secret) in &granted.secrets {
            // It was compared with its commit a moment ago.
            let _ = self.hold(*n, secret.clone());
        }
        Ok(granted)
    }

    /// The range of epochs to ask for: from the oldest to the newest whose secret is not held, the
    /// newest [`EPOCHS_ASKED`] of them; `None` if nothing is missing. What is forgotten is not.
    pub fn to_ask_for(&self) -> Option<(EpochNumber, EpochNumber)> {
        let oldest = self.epochs.forgotten().next().value();
        let all = (oldest..=self.chain.head().n().value()).map(EpochNumber::new);
        let mut missing = all.filter(|&n| self.epochs.secret(n).is_none());
        let first = missing.next()?;
        let last = missing.next_back().unwrap_or(first);
        let least = last.value().saturating_sub(EPOCHS_ASKED - 1);
        Some((first.max(EpochNumber::new(least)), last))
    }
}
