//! What most of these tests start with.

use sealwire_tests::{
    page::{Path, Session, Talk},
    tiers::{ChatServer, WebProxy},
};

/// Two web-proxies on one chat-server; the proxies are stopped first.
pub(crate) struct House {
    pub(crate) first: WebProxy,
    pub(crate) second: WebProxy,
    pub(crate) server: ChatServer,
}

impl House {
    /// Starts all three.
    pub(crate) async fn open() -> Self {
        let server = ChatServer::start().await;
        Self {
            first: WebProxy::start(&server).await,
            second: WebProxy::start(&server).await,
            server,
        }
    }
}

/// Signs in at a proxy, enters the lobby and has its key.
pub(crate) async fn guest(proxy: &WebProxy, name: &str, path: Path) -> Talk {
    let session = Session::sign_in(proxy.address, name).await;
    session.enter(path, "lobby").await
}
