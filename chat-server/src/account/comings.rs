//! The task that tells friends who has come or gone.

use std::{collections::HashSet, sync::Arc, time::Duration};

use tokio::{task::yield_now, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::error;
use wire_format::{Event, MemberId};

use super::{Accounts, account_id, attendance::Coming};
use crate::store::{
    Store as _, StoreError,
    rooms::{Company, CompanyOf},
};

impl Accounts {
    /// Tells who comes and goes, to friends and to who follows a room that they are in, until the server
    /// stops or the store is closed.
    ///
    /// However many know an account, its coming is one read, and one event for those of them who
    /// are connected, into outboxes that are bounded. A dropped future leaves some of them untold.
    pub(crate) async fn tell_comings(self: Arc<Self>, stopping: CancellationToken) {
        let telling = async {
            loop {
                let comings = self.online.attendance.comings(COMINGS_AT_ONCE).await;
                let Some(companies) = self.company_of(&comings).await else {
                    return;
                };
                for (coming, company) in comings.into_iter().zip(companies) {
                    self.tell_coming(coming, company);
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

    fn tell_coming(&self, coming: Coming, company: Company) {
        let changed = Event::PresenceChanged {
            account: coming.account,
            online: coming.is_here,
        };
        let apart: HashSet<_> = company.apart.into_iter().map(account_id).collect();
        let followers = self.conversations.followers(&company.shown).into_values();
        let followers = followers.filter(|account| !apart.contains(account));
        let friends = company.friends.into_iter().map(account_id);
        let mut told: HashSet<_> = friends.chain(followers).collect();
        told.remove(&coming.account);
        self.online.attendance.tell(told, &changed);
    }

    /// Who knows each, read again until that succeeds; `None` if the store is closed.
    async fn company_of(&self, comings: &[Coming]) -> Option<Vec<Company>> {
        let accounts: Vec<MemberId> = comings.iter().map(|one| one.account.into()).collect();
        loop {
            let accounts = accounts.clone();
            match self.store.read(CompanyOf { accounts }).await {
                Ok(companies) => return Some(companies),
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
