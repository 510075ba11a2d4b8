//! What every request can reach.

mod sign_in;

use std::{sync::Arc, time::Duration};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    accounts::Accounts,
    assets::Assets,
    backend::Backend,
    figures::Figures,
    keys::KeyPool,
    limits::Limits,
    same_site::SameSite,
    session::{downlink::Common, registry::Registry},
    settings::Network,
};

/// The parts of a running proxy.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) accounts: Accounts,
    pub(crate) assets: Assets,
    pub(crate) backend: Backend,
    pub(crate) figures: Arc<Figures>,
    pub(crate) common: Arc<Common>,
    pub(crate) keys: KeyPool,
    pub(crate) limits: Limits,
    pub(crate) same_site: SameSite,
    pub(crate) sessions: Registry,
    pub(crate) trusted: Vec<Network>,
    pub(crate) session_idle: Duration,
    /// Everything that runs beside requests.
    pub(crate) tasks: TaskTracker,
    /// Cancelled when the proxy begins to stop.
    pub(crate) stop: CancellationToken,
}
