//! `chat-server user` and `registration`, while another process has the data open.

use chat_server::store::{
    Refusal, Store as _, TokenHash,
    accounts::{Entrance, FindAccount, Role, SetRole, Standing},
    audit::Actor,
    sessions::{FindSession, ListSessions, Proof, StartSession},
};
use wire_format::{Millis, OneTimeToken};

use crate::{
    program::{Ran, run},
    support::{House, NOW, registration, start},
};

/// The token that was printed alone on standard output, and the line about it.
fn token_of(ran: Ran) -> (TokenHash, String) {
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let token: OneTimeToken = ran.out.trim_end().parse().expect("64 digits");
    (TokenHash::of(&token), ran.err)
}

/// When the command ran: the tests' own time is another.
fn now() -> Millis {
    chat_server::wall_clock::now()
}

pub(crate) async fn an_invitation_registers_once(house: &House) {
    let mode = house.run(&["registration", "invitation"]).await.printed();
    assert_eq!(mode, "invitation\n");
    let (hash, line) = token_of(house.run(&["user", "add", "--expires", "1h"]).await);
    let begin = "an invitation: who registers with it gets an account, once, until 20";
    assert!(line.starts_with(begin), "{line}");
    let (other, _) = token_of(house.run(&["user", "add"]).await);
    assert_ne!(hash, other);
    let with = |name, entrance, now| {
        let mut registration = registration(name);
        (registration.entrance, registration.now) = (entrance, now);
        house.store.write(registration)
    };
    let late = Millis::new(now().value() + 3_600_000);
    let verdict = with("ann", Entrance::Invitation(hash), late).await;
    assert_eq!(verdict.expect("written"), Err(Refusal::TokenInvalid));
    let verdict = with("ann", Entrance::Open, now()).await;
    assert_eq!(verdict.expect("written"), Err(Refusal::RegistrationClosed));
    let verdict = with("ann", Entrance::Invitation(hash), now()).await;
    assert_eq!(verdict.expect("written"), Ok(Role::Member));
    let verdict = with("bob", Entrance::Invitation(hash), now()).await;
    assert_eq!(verdict.expect("written"), Err(Refusal::TokenInvalid));
}

pub(crate) async fn no_invitation_is_made_while_registration_is_closed(house: &House) {
    house.run(&["registration", "closed"]).await.printed();
    assert_eq!(
        house.run(&["user", "add"]).await.refusal(),
        "registration is closed: nobody could use an invitation (`chat-server registration`)"
    );
    let mode = house.run(&["registration"]).await.printed();
    assert_eq!(mode, "closed\n");
}

pub(crate) async fn accounts_are_listed(house: &House) {
    assert_eq!(house.run(&["user", "list"]).await.printed(), "");
    let (ann, bob) = (house.register("Ann").await, house.register("bob").await);
    let set = SetRole {
        account: bob,
        role: Role::Admin,
        actor: Actor::Operator,
        now: NOW,
    };
    house.store.write(set).await.expect("written").expect("set");
    let list = house.run(&["user", "list"]).await.printed();
    assert_eq!(
        list,
        format!(
            "Ann\tmember\tactive\t2027-01-15T08:00:00Z\t{ann}\n\
             bob\tadmin\tactive\t2027-01-15T08:00:00Z\t{bob}\n"
        )
    );
    let list = house.run(&["user", "list", "--json"]).await.printed();
    let first = format!(
        "{{\"account\":\"{ann}\",\"created_at\":\"1800000000000\",\"display\":\"\",\
         \"name\":\"Ann\",\"rehearsed\":false,\"role\":\"member\",\"standing\":\"active\"}}"
    );
    assert_eq!(list.lines().next(), Some(first.as_str()));
    assert_eq!(list.lines().count(), 2);
}

pub(crate) async fn a_disabled_account_is_out_until_it_is_enabled(house: &House) {
    let ann = house.register("Ann").await;
    let session = house.start(ann, 1).await;
    // In any case, and however it was typed.
    let done = house.run(&["user", "disable", "ANN"]).await.printed();
    assert_eq!(
        done,
        "Ann is disabled; sessions ended: 1, their connections close within 60 seconds\n"
    );
    let find = FindSession { session, now: NOW };
    assert_eq!(house.store.read(find).await.expect("read"), None);
    let refusal = house.run(&["user", "reset", "ann"]).await.refusal();
    assert_eq!(refusal, "Ann is disabled; enable the account first");
    let done = house.run(&["user", "enable", "ann"]).await.printed();
    assert_eq!(done, "Ann may sign in\n");
    let found = house.store.read(FindAccount::ById(ann)).await;
    let standing = found.expect("read").map(|account| account.standing);
    assert_eq!(standing, Some(Standing::Active));

    let set = SetRole {
        account: ann,
        role: Role::Admin,
        actor: Actor::Operator,
        now: NOW,
    };
    house.store.write(set).await.expect("written").expect("set");
    let refusal = house.run(&["user", "disable", "Ann"]).await.refusal();
    assert_eq!(refusal, "the last administrator");
    for nobody in ["bob", "no\nname", ""] {
        let refusal = run(&["user", "disable", nobody], &house.place).await;
        assert_eq!(refusal.code, Some(1));
        assert!(
            refusal.err.contains("nobody has the name"),
            "{}",
            refusal.err
        );
    }
}

pub(crate) async fn a_reset_begins_one_session(house: &House) {
    let ann = house.register("Ann").await;
    let (hash, line) = token_of(house.run(&["user", "reset", "ann"]).await);
    let begin =
        "a fresh start for Ann: who has it chooses a new password and new keys, once, until";
    assert!(line.starts_with(begin), "{line}");
    let now = now();
    let fresh = |id| StartSession {
        proof: Proof::Fresh(hash),
        now,
        expires_at: Millis::new(now.value() + 10_000),
        ..start(ann, id)
    };
    let verdict = house.store.write(fresh(1)).await.expect("written");
    assert_eq!(verdict, Ok(vec![]));
    let verdict = house.store.write(fresh(2)).await.expect("written");
    assert_eq!(verdict, Err(Refusal::TokenInvalid));
    let list = ListSessions { account: ann, now };
    assert_eq!(house.store.read(list).await.expect("read").len(), 1);
}

pub(crate) async fn nothing_is_made_where_nothing_is(house: &House) {
    let empty = house.place.empty_one().await;
    for arguments in [
        &["user", "list"][..],
        &["user", "add"],
        &["user", "disable", "ann"],
        &["registration", "open"],
        &["audit", "verify"],
        &["backup", "--to", "/nowhere"],
    ] {
        assert_eq!(
            run(arguments, &empty).await.refusal(),
            "no server's data are there; start the server once, or name another place"
        );
        assert!(empty.is_untouched().await, "{arguments:?}");
    }
}
