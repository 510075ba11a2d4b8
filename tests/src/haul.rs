//! Everything about end-to-end rooms that clients handed to a server, as a server that keeps it all has
//! it.

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use wire_format::{
    ClientFrame, FrameCodec,
    limits::FRAME_BYTES,
    room::{CommitTail, UnverifiedCommit},
};

use crate::relay::Relay;

/// Records, in the order in which connections were opened and each was sent over its own.
#[derive(Clone, Debug, Default)]
pub struct Haul {
    /// Envelopes.
    pub envelopes: Vec<Bytes>,
    /// Commits with the shares of all members.
    pub commits: Vec<CommitTail>,
    /// Room states.
    pub states: Vec<Bytes>,
    /// Grants.
    pub grants: Vec<Bytes>,
    /// Invitations.
    pub invitations: Vec<Bytes>,
}

impl Haul {
    /// What passed a relay in front of a server so far.
    ///
    /// # Panics
    /// If what was sent is not of the protocol.
    pub fn of(relay: &Relay) -> Self {
        let mut haul = Self::default();
        for passed in relay.passed() {
            let mut buffer = BytesMut::from(&passed.sent[..]);
            let codec = FrameCodec::new(FRAME_BYTES);
            while let Some(raw) = codec.cut(&mut buffer).expect("frames") {
                haul.take(ClientFrame::parse(raw).expect("a frame"));
            }
        }
        haul
    }

    fn take(&mut self, frame: ClientFrame) {
        match frame {
            ClientFrame::Publish(publish) => self.envelopes.push(publish.payload),
            ClientFrame::Command(command) => {
                let header: Value = serde_json::from_slice(&command.header).expect("a header");
                match header["command"].as_str().expect("a name") {
                    "rooms.create" | "epochs.commit" => {
                        let tail = CommitTail::parse(command.tail);
                        self.commits.push(tail.expect("a commit and its shares"));
                    }
                    "rooms.set_state" => self.states.push(command.tail),
                    "rooms.invite" => self.invitations.push(command.tail),
                    "epochs.grant" => self.grants.push(command.tail),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// The commits in the order of their numbers; of those with one number, which may have lost the
    /// race for it, in the order in which they were sent.
    ///
    /// # Panics
    /// If one is none.
    pub fn ordered(&self) -> Vec<Bytes> {
        let number = |commit: &Bytes| {
            UnverifiedCommit::parse(commit.clone())
                .expect("a commit")
                .n()
        };
        let commits = self.commits.iter().map(|tail| tail.commit.clone());
        let mut commits: Vec<Bytes> = commits.collect();
        commits.sort_by_key(number);
        commits
    }
}
