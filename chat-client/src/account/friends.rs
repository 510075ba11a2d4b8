//! Finding people, and who knows whom (docs/protocol.md#1417-people).

use bytes::Bytes;
use precis_profiles::{Nickname, precis_core::profile::Profile as _};
use wire_format::{
    AccountId,
    command::{
        Command, Done, Operation,
        accounts::{Find, Found},
        friends::{Accept, Add, Block, Decline, Friend, List, Remove, Unblock},
    },
};

use super::{
    Account,
    error::{AccountError, OwnFault, PeerFault},
};

/// A step between two accounts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FriendStep {
    /// Ask to be friends.
    Add,
    /// Say yes to a request.
    Accept,
    /// Say no to a request.
    Decline,
    /// End a friendship, or take a request back.
    Remove,
    /// Hear nothing more from somebody, who is not told.
    Block,
    /// Take a block back.
    Unblock,
}

impl Account {
    /// Finds the account with a user name, in any case. Whose keys it has is for
    /// [`Account::check_person`] to say.
    ///
    /// # Errors
    /// `no_such_account`; [`PeerFault::OtherName`] for an account of another name; the typed cause.
    pub async fn find(&mut self, typed: &str) -> Result<Found, AccountError> {
        let name = Nickname::new().enforce(typed);
        let name = name.map_err(|_| OwnFault::Name)?.into_owned();
        let find = Find { name: name.clone() };
        let (found, _) = self.line.call(&find, Bytes::new()).await?;
        if fold(&found.name) != fold(&name) {
            return Err(PeerFault::OtherName.into());
        }
        Ok(found)
    }

    /// The people this account knows.
    ///
    /// # Errors
    /// [`PeerFault::Pages`] for pages that do not lead on; the typed cause otherwise.
    pub async fn friends(&mut self) -> Result<Vec<Friend>, AccountError> {
        let mut friends: Vec<Friend> = Vec::new();
        loop {
            let after = friends.last().map(|last| last.account);
            let (page, _) = self.line.call(&List { after }, Bytes::new()).await?;
            let ids = page.friends.iter().map(|friend| Some(friend.account));
            let ascends = std::iter::once(after).chain(ids).is_sorted_by(|a, b| a < b);
            if !ascends || (page.more && page.friends.is_empty()) || friends.len() > FRIENDS_MOST {
                return Err(PeerFault::Pages.into());
            }
            friends.extend(page.friends);
            if !page.more {
                return Ok(friends);
            }
        }
    }

    /// Takes a step towards somebody, or away. A dropped future leaves it taken or not.
    ///
    /// # Errors
    /// The refusal, or why the connection is over.
    pub async fn friend(
        &mut self,
        step: FriendStep,
        account: AccountId,
    ) -> Result<(), AccountError> {
        match step {
            FriendStep::Add => {
                let room = None;
                self.done(&Add { account, room }).await
            }
            FriendStep::Accept => self.done(&Accept { account }).await,
            FriendStep::Decline => self.done(&Decline { account }).await,
            FriendStep::Remove => self.done(&Remove { account }).await,
            FriendStep::Block => self.done(&Block { account }).await,
            FriendStep::Unblock => self.done(&Unblock { account }).await,
        }
    }

    async fn done<O>(&mut self, operation: &O) -> Result<(), AccountError>
    where
        O: Operation<Ok = Done> + Clone + Into<Command>,
    {
        self.line.call(operation, Bytes::new()).await?;
        Ok(())
    }
}

/// Case folding as the chat-server does it: by way of upper case, which joins ß and ss.
fn fold(name: &str) -> String {
    let upper = name.chars().flat_map(char::to_uppercase);
    upper.flat_map(char::to_lowercase).collect()
}

/// People whom an account knows or who ask it, 1 000 each: a server that goes on does not tell the truth.
const FRIENDS_MOST: usize = 2_000;
