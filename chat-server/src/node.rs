//! What all tasks of one server share.

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::{Notify, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wire_format::ProxyKey;

use crate::{
    account::{Accounts, Departure, Presence},
    admission::{Admission, SignIns},
    alert::{Alerts, Notice},
    directory::Directory,
    figures::Figures,
    outbox::{Outbox, Outboxes, WhenFull},
    room::Rooms,
    settings::{Limits, Settings},
    tls::Certificates,
};

/// The parts of a server.
pub(crate) struct Node {
    pub(crate) limits: Limits,
    pub(crate) proxy_key: Option<ProxyKey>,
    pub(crate) admission: Admission,
    pub(crate) sign_ins: SignIns,
    pub(crate) directory: Arc<Directory>,
    /// `None` without a place for data: then there are guests only.
    pub(crate) accounts: Option<Arc<Accounts>>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) outboxes: Arc<Outboxes>,
    pub(crate) connections: Connections,
    pub(crate) figures: Arc<Figures>,
    pub(crate) alerts: Alerts,
    pub(crate) certificates: Option<Arc<Certificates>>,
    /// The tasks of connections and their outboxes.
    pub(crate) tracker: TaskTracker,
    /// Nothing is accepted any more.
    pub(crate) stopping: CancellationToken,
    /// Every connection has ended, or must.
    pub(crate) gone: CancellationToken,
}

impl Node {
    pub(crate) fn new(
        settings: &Settings,
        certificates: Option<Arc<Certificates>>,
        directory: Arc<Directory>,
        accounts: Option<Arc<Accounts>>,
        figures: Arc<Figures>,
        webhook: Option<mpsc::Sender<Notice>>,
    ) -> Self {
        let limits = settings.limits.clone();
        let told = Arc::clone(&figures);
        let alerts = Alerts::new(&settings.alerts, settings.location(), told, webhook);
        let tracker = TaskTracker::new();
        let outboxes = Outboxes {
            tracker: tracker.clone(),
            figures: Arc::clone(&figures),
            when_full: WhenFull::Cut,
            bytes: limits.outbox_bytes,
            deadline: limits.outbox_deadline,
        };
        Self {
            admission: Admission::new(&limits),
            sign_ins: SignIns::new(limits.sign_ins),
            directory,
            accounts,
            rooms: Rooms::with_lobby(limits.rooms, limits.members_per_room, Arc::clone(&figures)),
            outboxes: Arc::new(outboxes),
            connections: Connections::default(),
            certificates,
            tracker,
            stopping: CancellationToken::new(),
            gone: CancellationToken::new(),
            proxy_key: settings.proxy_key.clone(),
            limits,
            figures,
            alerts,
        }
    }

    /// How many sessions are live, of guests and of accounts.
    pub(crate) fn sessions(&self) -> usize {
        let accounts = self.accounts.as_ref();
        self.directory.guests() + accounts.map_or(0, |accounts| accounts.online.len())
    }

    /// Takes note of how many sessions there are.
    pub(crate) fn count_sessions(&self) {
        self.figures.sessions(self.sessions());
    }

    /// Ends an account's connection; its session goes on, and was seen until now.
    pub(crate) fn leave(&self, presence: Presence, departure: Departure) {
        let session = presence.session().id;
        presence.leave(departure);
        if let Some(accounts) = self.accounts.clone() {
            self.tracker
                .spawn(async move { accounts.touch(&[session]).await });
        }
    }
}

/// The outboxes of all connections, signed in or not.
#[derive(Default)]
pub(crate) struct Connections {
    next: AtomicU64,
    /// Held to add, remove or copy, never across an await.
    open: Mutex<HashMap<u64, Arc<Outbox>>>,
    removed: Notify,
}

impl Connections {
    /// Adds a connection; the number removes it.
    pub(crate) fn add(&self, outbox: Arc<Outbox>) -> u64 {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(number, outbox);
        number
    }

    pub(crate) fn remove(&self, number: u64) {
        self.lock().remove(&number);
        self.removed.notify_waiters();
    }

    /// Waits until no connection is open.
    ///
    /// May be dropped.
    pub(crate) async fn until_empty(&self) {
        loop {
            let mut removed = pin!(self.removed.notified());
            removed.as_mut().enable();
            if self.lock().is_empty() {
                return;
            }
            removed.await;
        }
    }

    pub(crate) fn all(&self) -> Vec<Arc<Outbox>> {
        self.lock().values().map(Arc::clone).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Outbox>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
