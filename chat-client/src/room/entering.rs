//! Entering, for the first time and again.

use bytes::Bytes;
use wire_format::{
    EpochNumber, Fingerprint, MemberId,
    command::rooms::{Entered, EpochState, Resume},
    event::EpochReason,
};

use super::{EpochFault, Happened, SealedRoom};
use crate::{clock::Now, keyring::Look};

impl SealedRoom {
    /// Takes the reply to `rooms.enter`; its ids were compared before.
    pub(super) fn entered(
        &mut self,
        now: Now,
        entered: &Entered,
        bundle: &Bytes,
        resumed: Option<Resume>,
    ) {
        let is_first = !self.is_connected;
        self.is_connected = true;
        self.sending.know_epoch();
        for member in &entered.members {
            if let Some(fingerprint) = member.fingerprint {
                self.saw(now, member.id, fingerprint);
            }
        }
        if let Some(reason) = self.reading.entered(entered, resumed) {
            self.tell(Happened::Missed(reason));
        }
        if is_first {
            self.sending.catch_up_to(now, entered.sequence);
        }
        match entered.epoch {
            None => self.found_no_epoch(),
            Some(state) => self.found_epoch(now, state, bundle, is_first),
        }
    }

    /// The server has no epoch: one that is held is offered, else the first is started.
    fn found_no_epoch(&mut self) {
        self.epochs.forget_refused();
        if self.epochs.current().is_some() {
            self.offer_held();
        } else {
            self.epochs.forget_head();
        }
    }

    fn found_epoch(&mut self, now: Now, state: EpochState, bytes: &Bytes, is_first: bool) {
        let bundle = match self.verified(bytes, state.n, None) {
            Ok(bundle) => bundle,
            Err(fault) => return self.refuse(now, state.n, fault),
        };
        let due = state.due.then_some(EpochReason::Left);
        self.epochs.forget_refused();
        let mine = self.epochs.current();
        let commit = bundle.start.commit_hash();
        let offers = mine.is_some_and(|mine| {
            // The same: the server may not know that this session holds it. A higher one: the
            // server has restarted and somebody was quicker with a lower one.
            mine.keys.commit_hash() == commit || mine.keys.n() > state.n
        });
        if is_first && offers {
            self.offer_held();
        }
        self.adopt(now, bundle, due);
    }

    /// Notes a member's keys, and says when they are others than before.
    pub(super) fn saw(&mut self, now: Now, member: MemberId, fingerprint: Fingerprint) {
        let look = self.seat.shelf().saw(member, fingerprint, now.at);
        if let Look::Changed(at) = look
            && at >= self.entered_at
            && self.reading.changed(member, at)
        {
            self.tell(Happened::MemberChanged(member));
        }
    }

    /// Verifies a bundle against what the server says about it.
    pub(super) fn verified(
        &self,
        bytes: &Bytes,
        n: EpochNumber,
        starter: Option<MemberId>,
    ) -> Result<std::sync::Arc<wire_format::Bundle>, EpochFault> {
        let bundle = self.seat.shelf().verify(bytes).map_err(EpochFault::Open)?;
        let start = &bundle.start;
        let is_other = start.room() != self.id
            || start.n() != n
            || starter.is_some_and(|starter| starter != start.starter());
        if is_other {
            Err(EpochFault::Other)
        } else {
            Ok(bundle)
        }
    }
}
