//! The check that every request with a cookie goes through, for whoever measures what it costs.

use std::{net::IpAddr, sync::Arc};

use http::HeaderMap;

use crate::{
    app::App,
    client::Client,
    cookie::{self, Named},
    device::Device,
};

/// Checks cookies as a proxy's routes do.
#[derive(Clone, Debug)]
pub struct Check(Arc<App>);

impl Check {
    pub(crate) const fn new(app: Arc<App>) -> Self {
        Self(app)
    }

    /// Whether the cookie names a session: one that the proxy holds, which is found by the hash of
    /// the token, or one that it takes up now, which holds it from then on.
    ///
    /// A dropped future leaves the taking up under way.
    pub async fn session(&self, address: IpAddr, headers: &HeaderMap) -> bool {
        let Some(named) = cookie::session_of(headers, false) else {
            return false;
        };
        self.0.session_of(client(address), named).await.is_ok()
    }

    /// Whether the chat-server's key signed the token in the cookie, and it has not expired: what
    /// is found out of a session that the proxy does not hold before the chat-server is asked.
    ///
    /// A dropped future leaves nothing behind.
    pub async fn signature(&self, address: IpAddr, headers: &HeaderMap) -> bool {
        let Some(Named::Account(_, token)) = cookie::session_of(headers, false) else {
            return false;
        };
        let accounts = &self.0.accounts;
        accounts.check(&self.0, address, &token).await.is_ok()
    }
}

/// Somebody who came in plain HTTP.
const fn client(address: IpAddr) -> Client {
    Client {
        address,
        https: false,
        device: Device::UNKNOWN,
    }
}
