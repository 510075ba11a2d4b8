//! `chat-server user add`.

use chat_server::store::{
    Database, Store as _,
    server::{ReadRegistration, Registration},
    tokens::Purpose,
};

use super::{OperateError, issue};

pub(super) async fn run(store: &Database, lasts_ms: u64) -> Result<(), OperateError> {
    if store.read(ReadRegistration).await? == Registration::Closed {
        return Err(OperateError::RegistrationClosed);
    }
    issue(store, Purpose::Invitation, lasts_ms, |until| {
        format!("an invitation: who registers with it gets an account, once, until {until}")
    })
    .await
}
