//! A TCP relay that keeps everything it passes on, and can cut it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Stands between two programs. Dropping it cuts what is left.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

#[derive(Debug)]
struct Shared {
    target: watch::Sender<SocketAddr>,
    /// Whether answers wait here.
    withholds: watch::Sender<bool>,
    /// What passed, by connection, in the order in which they were opened. Held to append or copy, never
    /// across an await.
    passed: Mutex<Vec<Passed>>,
    /// Cancelled and replaced at a cut; held to copy or replace, never across an await.
    connections: Mutex<CancellationToken>,
}

/// What passed over one connection.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    /// From whoever connected.
    pub sent: Vec<u8>,
    /// From where it was passed on to.
    pub answered: Vec<u8>,
}

impl Relay {
    /// Listens on a free loopback port and passes every connection on to `target`.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("the port's address");
        let shared = Arc::new(Shared {
            target: watch::Sender::new(target),
            withholds: watch::Sender::new(false),
            passed: Mutex::default(),
            connections: Mutex::default(),
        });
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let accept = accept(listener, Arc::clone(&shared), tasks.clone());
        let stopped = stop.clone();
        tasks.spawn(async move { stopped.run_until_cancelled(accept).await });
        Self {
            address,
            shared,
            tasks,
            stop,
        }
    }

    /// Where to connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that passed so far, both directions.
    pub fn seen(&self) -> Vec<u8> {
        let both = |passed: Passed| [passed.sent, passed.answered].concat();
        self.passed().into_iter().flat_map(both).collect()
    }

    /// Everything that passed so far, by connection.
    pub fn passed(&self) -> Vec<Passed> {
        self.shared.passed().clone()
    }

    /// How many bytes were sent so far, over all connections.
    pub fn sent_bytes(&self) -> usize {
        let passed = self.shared.passed();
        passed.iter().map(|passed| passed.sent.len()).sum()
    }

    /// How many bytes were answered so far, over all connections.
    pub fn answered_bytes(&self) -> usize {
        let passed = self.shared.passed();
        passed.iter().map(|passed| passed.answered.len()).sum()
    }

    /// Waits until nothing has passed for so long.
    pub async fn falls_silent_for(&self, long: Duration) {
        let passed = || self.sent_bytes() + self.answered_bytes();
        loop {
            let before = passed();
            tokio::time::sleep(long).await;
            if passed() == before {
                return;
            }
        }
    }

    /// Keeps back what is answered from now on, or passes it on again. What is sent goes through.
    pub fn withhold(&self, withholds: bool) {
        self.shared.withholds.send_replace(withholds);
    }

    /// Cuts all connections; new ones go through.
    pub fn cut(&self) {
        let mut connections = self
            .shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        connections.cancel();
        *connections = CancellationToken::new();
    }

    /// Sends connections from now on elsewhere: a restarted server has another port.
    pub fn retarget(&self, target: SocketAddr) {
        self.shared.target.send_replace(target);
    }

    /// Cuts everything and waits for its tasks.
    pub async fn stop(self) {
        self.stop.cancel();
        self.cut();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Shared {
    fn passed(&self) -> MutexGuard<'_, Vec<Passed>> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for what passes over another connection.
    fn begin(&self) -> usize {
        let mut passed = self.passed();
        passed.push(Passed::default());
        passed.len() - 1
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.cancel();
        self.cut();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, tasks: TaskTracker) {
    while let Ok((near, _)) = listener.accept().await {
        let target = *shared.target.borrow();
        let Ok(far) = TcpStream::connect(target).await else {
            continue;
        };
        let cut = shared
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let shared = Arc::clone(&shared);
        tasks.spawn(async move { cut.run_until_cancelled(pass(near, far, &shared)).await });
    }
}

async fn pass(near: TcpStream, far: TcpStream, shared: &Shared) {
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let connection = shared.begin();
    let (_open, sends) = watch::channel(false);
    let answers = shared.withholds.subscribe();
    tokio::join!(
        one_way(near_read, far_write, sends, |bytes| {
            shared.passed()[connection].sent.extend_from_slice(bytes);
        }),
        one_way(far_read, near_write, answers, |bytes| {
            shared.passed()[connection]
                .answered
                .extend_from_slice(bytes);
        }),
    );
}

async fn one_way(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut withheld: watch::Receiver<bool>,
    keep: impl Fn(&[u8]),
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        keep(&buffer[..length]);
        if withheld.wait_for(|withheld| !withheld).await.is_err() {
            break;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}
