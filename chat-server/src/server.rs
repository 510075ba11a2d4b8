//! The listening server: bind, serve, shut down.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use wire_format::OneTimeToken;

use crate::{
    account::{Accounts, issue_setup_token},
    admin,
    admission::Admitted,
    alert::Webhook,
    blobs::AnyBlobs,
    connection,
    error::BindError,
    figures::Figures,
    node::Node,
    post::Post,
    settings::{Limits, Settings, Transport},
    shutdown::{self, Outcome},
    tls::Certificates,
};

/// A server that listens and has not accepted anybody yet.
pub struct Server {
    node: Arc<Node>,
    listener: TcpListener,
    address: SocketAddr,
    admin: Option<(TcpListener, SocketAddr)>,
    webhook: Option<Webhook>,
    setup_token: Option<OneTimeToken>,
}

impl Server {
    /// Checks the settings, takes the addresses and opens the data.
    ///
    /// # Errors
    /// [`BindError`] names the setting that stands in the way.
    pub async fn bind(settings: Settings) -> Result<Self, BindError> {
        check(&settings)?;
        let certificates = match &settings.transport {
            Transport::Plain | Transport::InsecurePlain => None,
            Transport::Tls { certificate, key } => Some(Certificates::load(certificate, key)?),
        };
        let (listener, address) = listen(settings.listen).await.map_err(|source| {
            let address = settings.listen;
            BindError::Listen { address, source }
        })?;
        let admin = match settings.admin {
            None => None,
            Some(address) => Some(
                listen(address)
                    .await
                    .map_err(|source| BindError::Admin { address, source })?,
            ),
        };
        let directory = Arc::default();
        let figures = Arc::new(Figures::new());
        let accounts = match settings.location() {
            None => None,
            Some(location) => {
                let blobs = match settings.place_of_files() {
                    None => None,
                    Some(place) => Some(AnyBlobs::open(place).await?),
                };
                let accounts =
                    Accounts::open(location, blobs, &settings, &directory, &figures).await?;
                accounts.claim_files().await?;
                Some(accounts)
            }
        };
        let setup_token = match &accounts {
            None => None,
            Some(accounts) => issue_setup_token(&accounts.store).await?,
        };
        let name = accounts.as_ref().map(|accounts| &accounts.server);
        let name = name.unwrap_or(&settings.server_name).as_str();
        let (webhook, queue) = Webhook::new(&settings.alerts, name)?.unzip();
        Ok(Self {
            node: Arc::new(Node::new(
                &settings,
                certificates,
                directory,
                accounts,
                figures,
                queue,
            )),
            listener,
            address,
            admin,
            webhook,
            setup_token,
        })
    }

    /// What makes the first administrator's account: given as the invitation when registering, good
    /// once, for a week and until the next start. `None` where there is an administrator, or no place
    /// for accounts. The server keeps its hash only: who calls this shows it, once.
    pub fn take_setup_token(&mut self) -> Option<OneTimeToken> {
        self.setup_token.take()
    }

    /// Where clients connect.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where liveness, readiness and figures are served, if they are.
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|(_, address)| *address)
    }

    /// Starts serving in tasks of the present runtime.
    ///
    /// Dropping the handle leaves the server running; [`Running::shutdown`] ends it.
    pub fn start(self) -> Running {
        let Self {
            node,
            listener,
            address,
            admin,
            webhook,
            setup_token: _,
        } = self;
        let admin_address = admin.as_ref().map(|(_, address)| *address);
        node.tracker.spawn(accept(Arc::clone(&node), listener));
        node.tracker.spawn(sweep(Arc::clone(&node)));
        if let Some(accounts) = &node.accounts {
            let telling = Arc::clone(accounts).tell_comings(node.stopping.clone());
            node.tracker.spawn(telling);
            let posting = Post::run(Arc::clone(&node), Arc::clone(accounts));
            node.tracker.spawn(posting);
            node.tracker.spawn(find_unknown_files(Arc::clone(&node)));
        }
        let watched = Arc::clone(&node);
        node.tracker
            .spawn(async move { watched.alerts.watch(watched.stopping.clone()).await });
        if let Some(webhook) = webhook {
            node.tracker.spawn(webhook.run(node.stopping.clone()));
        }
        if let Some((listener, _)) = admin {
            node.tracker
                .spawn(admin::serve(Arc::clone(&node), listener));
        }
        if let Some(certificates) = &node.certificates {
            let watch = Arc::clone(certificates).watch(node.stopping.clone());
            node.tracker.spawn(watch);
        }
        info!(%address, "listening");
        Running {
            node,
            address,
            admin_address,
        }
    }

    /// Serves until the token is cancelled, then shuts down within `grace`.
    ///
    /// A dropped future leaves the server running.
    pub async fn serve(self, shutdown: CancellationToken, grace: Duration) -> Outcome {
        let running = self.start();
        shutdown.cancelled().await;
        running.shutdown(grace).await
    }
}

/// A server that accepts connections.
pub struct Running {
    node: Arc<Node>,
    address: SocketAddr,
    admin_address: Option<SocketAddr>,
}

impl Running {
    /// Where clients connect.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where liveness, readiness and figures are served, if they are.
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin_address
    }

    /// Connections that are open, signed in or not.
    pub fn connections(&self) -> usize {
        self.node.connections.len()
    }

    /// Sessions that are signed in.
    pub fn sessions(&self) -> usize {
        self.node.sessions()
    }

    /// Stops accepting, hands over what was said, tells every session to resume, waits for their
    /// connections to end and ends those that do not within `grace`.
    ///
    /// A dropped future leaves a server that no longer accepts and may still have connections.
    pub async fn shutdown(self, grace: Duration) -> Outcome {
        shutdown::run(&self.node, grace).await
    }
}

/// Accepts with a permit in hand until the server stops.
async fn accept(node: Arc<Node>, listener: TcpListener) {
    let mut back_off = BACK_OFF_LEAST;
    loop {
        let accepted = async {
            let pass = node.admission.pass().await?;
            Some((pass, listener.accept().await))
        };
        let accepted = tokio::select! {
            () = node.stopping.cancelled() => return,
            accepted = accepted => accepted,
        };
        match accepted {
            None => return,
            Some((pass, Ok((stream, peer)))) => {
                back_off = BACK_OFF_LEAST;
                let admitted = node.admission.admit(pass, peer.ip());
                spawn(&node, admitted, stream, peer);
            }
            Some((_, Err(error))) if concerns_one_connection(&error) => {}
            Some((_, Err(error))) => {
                node.figures.accept_failed();
                warn!(%error, "cannot accept");
                tokio::select! {
                    () = node.stopping.cancelled() => return,
                    () = sleep(back_off) => {}
                }
                back_off = (back_off * 2).min(BACK_OFF_MOST);
            }
        }
    }
}

fn spawn(node: &Arc<Node>, admitted: Admitted, stream: TcpStream, peer: SocketAddr) {
    let shared = Arc::clone(node);
    match admitted {
        Admitted::In(entry) => match &node.certificates {
            None => {
                let serve = connection::serve(shared, stream, peer, entry);
                node.tracker.spawn(serve);
            }
            Some(certificates) => {
                let acceptor = certificates.acceptor();
                let serve = connection::serve_tls(shared, acceptor, stream, peer, entry);
                node.tracker.spawn(serve);
            }
        },
        Admitted::Turned(permit) => {
            let turn_away = connection::turn_away(shared, stream, permit);
            node.tracker.spawn(turn_away);
        }
        Admitted::Dropped => drop(stream),
    }
}

/// Looks through the files once, unless the server stops before.
async fn find_unknown_files(node: Arc<Node>) {
    let Some(accounts) = &node.accounts else {
        return;
    };
    tokio::select! {
        () = node.stopping.cancelled() => {}
        () = accounts.find_unknown_files() => {}
    }
}

/// Forgets addresses whose limits have recovered, and sessions and items whose time is over.
async fn sweep(node: Arc<Node>) {
    let mut sweeps = interval(node.limits.sweep_every);
    loop {
        tokio::select! {
            () = node.stopping.cancelled() => return,
            _ = sweeps.tick() => {}
        }
        node.sign_ins.sweep();
        if let Some(accounts) = &node.accounts {
            accounts.sweep().await;
        }
    }
}

async fn listen(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn check(settings: &Settings) -> Result<(), BindError> {
    let limits = &settings.limits;
    let is_plain = settings.transport == Transport::Plain;
    if is_plain && !settings.listen.ip().to_canonical().is_loopback() {
        return Err(BindError::PlainOffLoopback(settings.listen));
    }
    if limits.outbox_bytes < Limits::OUTBOX_BYTES_LEAST {
        return Err(BindError::OutboxTooSmall(limits.outbox_bytes));
    }
    if limits.connections == 0 {
        return Err(BindError::NoConnections);
    }
    Ok(())
}

/// The peer was gone before it was accepted; the next one may be accepted at once.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// First and longest rest after a failure to accept, such as too many open files.
const BACK_OFF_LEAST: Duration = Duration::from_millis(10);
const BACK_OFF_MOST: Duration = Duration::from_secs(1);
