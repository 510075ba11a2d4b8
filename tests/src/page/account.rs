//! An account's owner at a page.

use std::net::SocketAddr;

use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use wire_format::Parts;

use super::{PARTS, Session};
use crate::owner::Owner;

impl Session {
    /// Registers and proves the keys.
    ///
    /// # Panics
    /// If the proxy refuses.
    pub async fn register(proxy: SocketAddr, owner: &Owner) -> Self {
        let (header, tail) = (json_of(&owner.register()), owner.records());
        let body = Parts { header, tail }.encode();
        Self::arrive(proxy, owner, ("auth.register", PARTS, body)).await
    }

    /// Signs in with the password and proves the keys.
    ///
    /// # Panics
    /// If the proxy refuses.
    pub async fn login(proxy: SocketAddr, owner: &Owner) -> Self {
        let ask = ("auth.login", "application/json", json_of(&owner.login()));
        Self::arrive(proxy, owner, ask).await
    }

    /// Signs in with the recovery code and proves the keys.
    ///
    /// # Panics
    /// If the proxy refuses.
    pub async fn recover(proxy: SocketAddr, owner: &Owner) -> Self {
        let body = json_of(&owner.recover());
        Self::arrive(proxy, owner, ("auth.recover", "application/json", body)).await
    }

    async fn arrive(proxy: SocketAddr, owner: &Owner, ask: (&str, &str, Bytes)) -> Self {
        let begun = Self::begin("127.0.0.1", proxy, ask).await;
        let (session, ok) = begun.expect("a session");
        let signed_in = serde_json::from_value(ok).expect("an account's session");
        session
            .carry_out("auth.prove", owner.proof(&signed_in))
            .await;
        session
    }

    /// Posts a command that has a tail and no fields.
    ///
    /// # Panics
    /// If the proxy refuses.
    pub async fn carry_out(&self, command: &str, tail: Bytes) {
        let response = self.post_with(command, &json!({}), tail).await;
        assert_eq!(response.status, StatusCode::OK, "{response:?}");
    }
}

fn json_of(fields: &impl Serialize) -> Bytes {
    serde_json::to_vec(fields).expect("JSON").into()
}
