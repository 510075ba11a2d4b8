//! The emergency mode: what it refuses, and who turns it on and off.

use chat_server::store::{
    Refusal, Store as _, Verdict,
    accounts::{Entrance, Role, SetRole},
    audit::{Actor, ReadAudit},
    moderation::{IsEmergency, Mode, ReadMode, SetEmergency},
    tokens::Purpose,
};
use wire_format::MemberId;

use crate::{
    accounts::issue,
    support::{House, NOW, registration},
};

async fn set(house: &House, is_emergency: bool, actor: Actor) -> Verdict<()> {
    let set = SetEmergency {
        is_emergency,
        actor,
        now: NOW,
    };
    house.store.write(set).await.expect("written")
}

async fn is_on(house: &House) -> bool {
    house.store.read(IsEmergency).await.expect("read")
}

async fn register(house: &House, name: &str, entrance: Entrance) -> Verdict<Role> {
    let mut registration = registration(name);
    registration.entrance = entrance;
    house.store.write(registration).await.expect("written")
}

pub(crate) async fn nobody_registers_in_an_emergency(house: &House) {
    let ada = house.register("ada").await;
    let mode = |is_emergency, is_admin| Mode {
        is_emergency,
        is_admin,
    };
    let read = |account: MemberId| house.store.read(ReadMode { account });
    assert_eq!(read(ada).await.expect("read"), mode(false, false));
    let by_ada = Actor::Account(ada);
    assert_eq!(set(house, true, by_ada).await, Err(Refusal::NotAdmin));
    let appoint = SetRole {
        account: ada,
        role: Role::Admin,
        actor: Actor::Operator,
        now: NOW,
    };
    let appointed = house.store.write(appoint).await.expect("written");
    appointed.expect("appointed");
    let before = house.head().await.number;
    assert_eq!(set(house, true, by_ada).await, Ok(()));
    // Said again, it is no change.
    assert_eq!(set(house, true, Actor::Operator).await, Ok(()));
    assert_eq!(house.head().await.number, before + 1);
    assert_eq!(read(ada).await.expect("read"), mode(true, true));

    let invited = Entrance::Invitation(issue(house, 1, Purpose::Invitation).await);
    for entrance in [Entrance::Open, invited] {
        let refused = register(house, "bob", entrance).await;
        assert_eq!(refused, Err(Refusal::Closed));
    }
    let setup = Entrance::Setup(issue(house, 2, Purpose::Setup).await);
    assert_eq!(register(house, "cyd", setup).await, Ok(Role::Admin));
    assert_eq!(set(house, false, by_ada).await, Ok(()));
    assert_eq!(register(house, "bob", invited).await, Ok(Role::Member));
}

pub(crate) async fn an_operator_turns_it_on_and_off(house: &House) {
    let off = "no emergency\n";
    assert_eq!(house.run(&["mode"]).await.printed(), off);
    let on = house.run(&["mode", "--emergency", "on"]).await.printed();
    assert!(on.starts_with("emergency: nobody registers"), "{on}");
    assert!(is_on(house).await);
    let shown = house.run(&["mode", "--emergency", "show"]).await.printed();
    assert_eq!(shown, on);
    let ended = house.run(&["mode", "--emergency", "off"]).await.printed();
    assert_eq!(ended, off);
    assert!(!is_on(house).await);
    let rows = house.store.read(ReadAudit { after: 0, limit: 9 }).await;
    let rows = rows.expect("read").into_iter();
    let rows = rows.filter(|row| row.action == "server.emergency");
    let said: Vec<_> = rows.map(|row| (row.actor, row.detail)).collect();
    let operator = |detail: &str| (Actor::Operator, detail.to_owned());
    assert_eq!(said, [operator("on"), operator("off")]);
}
