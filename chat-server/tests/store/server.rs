//! What the server knows of itself.

use chat_server::store::{
    Store as _,
    audit::Actor,
    server::{Found, ReadIdentity, ReadRegistration, Registration, SetRegistration},
};

use crate::support::{House, NOW, identity};

pub(crate) async fn an_identity_is_kept_as_it_was_founded(house: &House) {
    let again = Found {
        identity: identity("other.example"),
        registration: Registration::Closed,
        now: NOW,
    };
    let holds = house.store.write(again).await.expect("written");
    assert_eq!(holds, Ok(identity("chat.example")));
    let read = house.store.read(ReadIdentity).await.expect("read");
    assert_eq!(read, Some(identity("chat.example")));
    let mode = house.store.read(ReadRegistration).await.expect("read");
    assert_eq!(mode, Registration::Open);
}

pub(crate) async fn the_registration_mode_is_kept(house: &House) {
    for registration in [
        Registration::Invitation,
        Registration::Closed,
        Registration::Open,
    ] {
        let set = SetRegistration {
            registration,
            actor: Actor::Operator,
            now: NOW,
        };
        house.store.write(set).await.expect("written").expect("set");
        let mode = house.store.read(ReadRegistration).await.expect("read");
        assert_eq!(mode, registration);
    }
}
