//! From a listening socket to requests: permits, TLS, HTTP/1.1 and HTTP/2, and the way down.

mod deadline;
mod http;
mod listener;
mod strict_lines;
pub(crate) mod upgraded;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, time::timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wire_format::CloseCode;

use crate::{
    accounts::Accounts,
    admin,
    app::App,
    assets::Assets,
    backend::Backend,
    check::Check,
    error::Error,
    figures::Figures,
    keys::KeyPool,
    limits::Limits,
    same_site::{Hosts, SameSite},
    session::{downlink::Common, registry::Registry},
    settings::Settings,
    tls::{self, Certificate},
};

/// A web-proxy that listens and does not serve yet.
pub struct Proxy {
    app: Arc<App>,
    listener: TcpListener,
    address: SocketAddr,
    certificate: Option<Arc<Certificate>>,
    acceptor: Option<TlsAcceptor>,
    admin: Option<TcpListener>,
    /// What runs until the very end, after everything else has drained.
    background: Background,
    grace: Duration,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({})", self.url())
    }
}

#[derive(Debug, Default)]
struct Background {
    tasks: TaskTracker,
    halt: CancellationToken,
}

/// Stops a [`Proxy`] that serves; clones stop the same one.
#[derive(Clone, Debug)]
pub struct Handle(CancellationToken);

impl Handle {
    /// Stops accepting, tells every page to come back later, and drains.
    pub fn shut_down(&self) {
        self.0.cancel();
    }
}

/// How a stop went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Everything under way was finished.
    Drained,
    /// The grace period was over first.
    GraceOver {
        /// Connections and sessions that were cut.
        left: usize,
    },
}

impl Proxy {
    /// Reads certificates, makes the first session keys and listens.
    ///
    /// A dropped future leaves nothing behind.
    ///
    /// # Errors
    /// What stands in the way of a start.
    pub async fn bind(settings: Settings) -> Result<Self, Error> {
        settings.check_transport()?;
        let certificate = tls::certificate_of(&settings.transport)?;
        let acceptor = match &certificate {
            Some(certificate) => Some(tls::server_config(certificate.clone())?),
            None => None,
        };
        let backend = Backend::new(&settings)?;
        let assets = Assets::embedded()?;
        let listener = listener::bind(settings.listen, "--listen").await?;
        let address = local_address(&listener, "--listen")?;
        let admin = match settings.admin {
            Some(admin) => Some(listener::bind(admin, "--admin").await?),
            None => None,
        };
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let figures = Arc::new(Figures::new());
        let gauge = figures.key_pool.clone();
        let keys = KeyPool::start(settings.key_pool, gauge, &tasks, &stop).await?;
        let hosts = Hosts::of(address.ip(), &settings.transport, &settings.origins);
        let app = App {
            accounts: Accounts::default(),
            assets,
            backend,
            common: Arc::new(Common::new(figures.clone())),
            figures,
            keys,
            sessions: Registry::new(settings.limits.sessions),
            limits: Limits::new(settings.limits),
            same_site: SameSite::new(settings.origins, hosts),
            trusted: settings.trusted_proxies,
            session_idle: settings.session_idle,
            tasks,
            stop,
        };
        Ok(Self {
            app: Arc::new(app),
            listener,
            address,
            certificate,
            acceptor: acceptor.map(|config| TlsAcceptor::from(Arc::new(config))),
            admin,
            background: Background::default(),
            grace: settings.grace,
        })
    }

    /// Where browsers connect.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where liveness, readiness and figures are served.
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin.as_ref()?.local_addr().ok()
    }

    /// The address to open on this machine.
    pub fn url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        self.url_at(SocketAddr::new(ip, self.address.port()))
    }

    /// The address that colleagues open, where there is one.
    pub fn colleagues_url(&self) -> Option<String> {
        let ip = self.address.ip();
        if ip.is_loopback() {
            return None;
        }
        let known = (!ip.is_unspecified()).then_some(ip);
        let ip = known.or_else(crate::lan::address)?;
        Some(self.url_at(SocketAddr::new(ip, self.address.port())))
    }

    /// SHA-256 of the certificate that is shown, as browsers write it.
    pub fn fingerprint(&self) -> Option<String> {
        Some(self.certificate.as_ref()?.fingerprint())
    }

    /// What stops the proxy.
    pub fn handle(&self) -> Handle {
        Handle(self.app.stop.clone())
    }

    /// What checks cookies as this proxy does.
    pub fn check(&self) -> Check {
        Check::new(self.app.clone())
    }

    /// Serves until [`Handle::shut_down`], then drains within the grace period.
    ///
    /// A dropped future cuts every connection at its next step.
    pub async fn serve(mut self) -> Outcome {
        self.start_background();
        let Self {
            app,
            listener,
            acceptor,
            background,
            grace,
            ..
        } = self;
        listener::accept_all(listener, &app, acceptor).await;
        let outcome = drain(&app, grace).await;
        background.halt.cancel();
        background.tasks.close();
        // A peer of the admin listener that is slow goes without its answer.
        let _ = timeout(LAST_WORDS, background.tasks.wait()).await;
        outcome
    }

    fn start_background(&mut self) {
        let Background { tasks, halt } = &self.background;
        let app = self.app.clone();
        let token = halt.clone();
        tasks.spawn(async move { token.run_until_cancelled(app.limits.forget_quiet()).await });
        if let Some(certificate) = self.certificate.clone() {
            let token = halt.clone();
            tasks.spawn(async move { token.run_until_cancelled(certificate.follow()).await });
        }
        if let Some(listener) = self.admin.take() {
            tasks.spawn(admin::serve(listener, self.app.clone(), halt.clone()));
        }
    }

    fn url_at(&self, address: SocketAddr) -> String {
        let scheme = if self.acceptor.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{address}")
    }
}

/// Tells every page to come back, signs its session out, and waits for what is under way.
async fn drain(app: &App, grace: Duration) -> Outcome {
    for session in app.sessions.close() {
        session
            .downlink
            .resume_later(rand::random_range(RESUME_AFTER_MS));
        session.leave(CloseCode::Resume);
    }
    app.tasks.close();
    match timeout(grace, app.tasks.wait()).await {
        Ok(()) => Outcome::Drained,
        Err(_) => Outcome::GraceOver {
            left: app.tasks.len(),
        },
    }
}

fn local_address(listener: &TcpListener, flag: &'static str) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(|source| Error::Listen {
        address: SocketAddr::from(([0, 0, 0, 0], 0)),
        flag,
        source,
    })
}

/// How long answers of the admin listener may take once everything else has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// When pages are told to come back, in milliseconds: spread, so that they do not come together.
const RESUME_AFTER_MS: std::ops::Range<u32> = 500..3_000;
