//! The task that tells friends who has come or gone.

use std::{sync::Arc, time::Duration};

use tokio::{task::yield_now, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::error;
use wire_format::{Event, MemberId};

use super::{Accounts, account_id, attendance::Coming};
use crate::store::{Store as _, StoreError, friends::FriendsOf};

impl Accounts {
    /// Tells who comes and goes until the server stops or the store is closed. Members of rooms that
    /// accounts follow are to be told here, too, once there are such rooms.
    ///
    /// However many friends an account has, its coming is one read, and one event for those of them who
    /// are connected, into outboxes that are bounded. A dropped future leaves some of them untold.
    pub(crate) async fn tell_comings(self: Arc<Self>, stopping: CancellationToken) {
        let telling = async {
            loop {
                let comings = self.online.attendance.comings(COMINGS_AT_ONCE).await;
                let Some(friends) = self.friends_of(&comings).await else {
                    return;
                };
                for (coming, friends) in comings.into_iter().zip(friends) {
                    self.tell_coming(coming, friends);
                    // A thousand friends are a thousand writes to sockets.
                    yield_now().await;
                }
            }
        };
        tokio::select! {
            () = stopping.cancelled() => {}
            () = telling => {}
        }
    }

    fn tell_coming(&self, coming: Coming, friends: Vec<MemberId>) {
        let changed = Event::PresenceChanged {
            account: coming.account,
            online: coming.is_here,
        };
        let friends = friends.into_iter().map(account_id);
        self.online.attendance.tell(friends, &changed);
    }

    /// The friends of each, read again until that succeeds; `None` if the store is closed.
    async fn friends_of(&self, comings: &[Coming]) -> Option<Vec<Vec<MemberId>>> {
        let accounts: Vec<MemberId> = comings.iter().map(|one| one.account.into()).collect();
        loop {
            let accounts = accounts.clone();
            match self.store.read(FriendsOf { accounts }).await {
                Ok(friends) => return Some(friends),
                Err(StoreError::Closed) => return None,
                Err(error) => error!(%error, "friends are told later who came and went"),
            }
            sleep(RETRY_AFTER).await;
        }
    }
}

/// Comings in one read: their friends are at most 32 000 ids.
const COMINGS_AT_ONCE: usize = 32;
/// Rest after a failed read.
const RETRY_AFTER: Duration = Duration::from_secs(1);
