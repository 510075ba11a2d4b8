//! Publishes in end-to-end rooms: handed to the post, which answers them.

use std::sync::Arc;

use wire_format::{EpochNumber, ErrorCode, Publish, Refusal};

use super::{
    Connection,
    frames::{Batch, Next, Replies},
};
use crate::{
    conversation::Conversation,
    phase::Phase,
    post::{Letter, Sealed},
};

impl Connection {
    /// Hands over a publish of a channel that no entered room has.
    pub(super) fn post(&mut self, publish: Publish, batch: Batch, replies: &mut Replies) -> Next {
        let Phase::Account(proven) = &self.phase else {
            replies.push(self.refusal(publish.request, &ErrorCode::NotInRoom.into()));
            return Next::Read;
        };
        let followed = proven.member.followed(publish.channel);
        let room = followed.map(|(room, _)| room).or_else(|| {
            let accounts = self.node.accounts.as_ref()?;
            accounts.conversations.loaded_with(publish.channel)
        });
        match room {
            Some(room) => {
                self.post_in(&room, publish, batch, replies);
                Next::Read
            }
            None => Next::Find(publish),
        }
    }

    /// Hands a publish over once its room was loaded.
    pub(super) async fn publish_when_found(&mut self, publish: Publish) {
        let (request, channel) = (publish.request, publish.channel);
        let found = match (&self.phase, self.node.accounts.clone()) {
            (Phase::Account(proven), Some(accounts)) => {
                let account = proven.presence.session().account;
                accounts.conversation_with(channel, account).await
            }
            _ => Ok(None),
        };
        let mut replies = Replies::default();
        match found {
            Ok(Some(room)) => {
                self.post_in(&room, publish, Batch::begin(&self.node), &mut replies);
            }
            Ok(None) => replies.push(self.refusal(request, &ErrorCode::NotInRoom.into())),
            Err(refusal) => {
                self.phase.refused_publish(channel);
                replies.push(self.refusal(request, &refusal));
            }
        }
        replies.send(&self.outbox);
    }

    fn post_in(
        &mut self,
        room: &Arc<Conversation>,
        publish: Publish,
        batch: Batch,
        replies: &mut Replies,
    ) {
        let (request, channel) = (publish.request, publish.channel);
        if let Err(refusal) = self.posted(room, publish, batch) {
            self.phase.refused_publish(channel);
            replies.push(self.refusal(request, &refusal));
        }
    }

    fn posted(
        &mut self,
        room: &Arc<Conversation>,
        publish: Publish,
        batch: Batch,
    ) -> Result<(), Refusal> {
        let (Phase::Account(proven), Some(accounts)) = (&mut self.phase, &self.node.accounts)
        else {
            return Err(ErrorCode::NotInRoom.into());
        };
        let own = Arc::clone(proven.presence.session());
        let (request, is_following) = (publish.request, publish.flags.is_following());
        let lane = proven.lanes.enter(publish.channel, is_following);
        let lane = lane.ok_or(ErrorCode::OutOfTurn)?;
        if publish.epoch == EpochNumber::new(0) {
            return Err(ErrorCode::StaleEpoch.into());
        }
        let sealed = Sealed::read(publish, room.id(), own.account, &own.name)?;
        accounts.post.take(Letter {
            room: Arc::clone(room),
            account: own.account,
            name: own.name.clone(),
            at: batch.time,
            hash: sealed.hash(),
            sealed,
            is_following,
            lane,
            outbox: Arc::clone(&self.outbox),
            request,
            weight: None,
        })
    }
}
