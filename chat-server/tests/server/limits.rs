//! Connections, rates, floods.

use bytes::Bytes;
use chat_server::{BindError, Limits, Rate, Server, Settings};
use wire_format::{
    ClientFrame, CloseCode, CommandFrame, ErrorCode, Refusal, ServerFrame,
    command::{auth::Logout, rooms::List},
};

use crate::support::{House, generous, publish};

#[tokio::test]
async fn who_comes_when_the_server_is_full_is_told_so() {
    let house = House::limited(Limits {
        connections: 2,
        ..Limits::default()
    })
    .await;
    let first = house.guest("first").await;
    let _second = house.guest("second").await;
    for _ in 0..3 {
        assert_eq!(house.connect().await.closed().await, CloseCode::Busy);
    }
    first.vanish();
    house.has_connections(1).await;
    house.guest("third").await;
    house.close().await;
}

#[tokio::test]
async fn messages_beyond_the_rate_are_refused_with_the_time_to_wait() {
    let house = House::limited(Limits {
        messages: Rate::per_minute(1, 3),
        ..generous()
    })
    .await;
    let mut peer = house.in_lobby("fast").await;
    let mut other = house.in_lobby("other").await;
    for request in 1..=4 {
        peer.send(publish(request, b"go")).await;
    }
    let refusal = peer.reply_to::<serde::de::IgnoredAny>(4).await;
    let refusal = refusal.expect_err("too fast");
    assert_eq!(refusal.code, ErrorCode::RateLimited);
    let wait = refusal.retry_after_ms.expect("waiting helps");
    assert!((1..=60_000).contains(&wait));
    for _ in 0..3 {
        other.hears("go").await;
    }
    other.say("undisturbed").await;
    other.hears("undisturbed").await;
    drop((peer, other));
    house.close().await;
}

#[tokio::test]
async fn commands_beyond_the_rate_are_refused() {
    let house = House::limited(Limits {
        commands: Rate::per_minute(1, 14),
        ..Limits::default()
    })
    .await;
    // Two commands; a list costs as much as five.
    let mut peer = house.guest("fast").await;
    for _ in 0..2 {
        peer.call(&List {}, Bytes::new()).await.expect("a list");
    }
    let refusal = peer
        .call(&List {}, Bytes::new())
        .await
        .expect_err("a limit");
    assert!(matches!(
        refusal,
        Refusal {
            code: ErrorCode::RateLimited,
            retry_after_ms: Some(_)
        }
    ));
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn who_signs_out_need_not_wait_but_sign_outs_of_nobody_wear_patience_out() {
    let limits = Limits {
        commands: Rate::per_minute(1, 7),
        patience: Rate::per_minute(1, 10),
        ..Limits::default()
    };
    let house = House::limited(limits).await;
    // Hello, sign-in and a list.
    let mut peer = house.guest("fast").await;
    peer.call(&List {}, Bytes::new()).await.expect("a list");
    assert!(peer.call(&List {}, Bytes::new()).await.is_err());
    peer.call(&Logout {}, Bytes::new()).await.expect("an end");
    assert_eq!(peer.closed().await, CloseCode::Done);

    let mut nobody = house.greeted().await;
    for _ in 0..6 + 10 {
        let refused = nobody.call(&Logout {}, Bytes::new()).await;
        assert_eq!(refused.expect_err("nobody").code, ErrorCode::NotSignedIn);
    }
    let one_more = ClientFrame::Command(CommandFrame::new(77, &Logout {}, Bytes::new()));
    nobody.try_write(&one_more.encode().stream()).await;
    assert_eq!(nobody.closed().await, CloseCode::Flood);
    drop((peer, nobody));
    house.close().await;
}

#[tokio::test]
async fn who_goes_on_regardless_is_cut() {
    let limits = Limits {
        commands: Rate::per_minute(1, 5),
        messages: Rate::per_minute(1, 5),
        patience: Rate::per_minute(1, 10),
        ..Limits::default()
    };
    let house = House::limited(limits).await;
    let floods: [fn() -> ClientFrame; 3] = [
        || publish(0, b"flood"),
        || ClientFrame::Ping([0; 8]),
        || ClientFrame::Pong([0; 8]),
    ];
    for flood in floods {
        let mut peer = house.guest("flooder").await;
        for _ in 0..16 {
            peer.try_write(&flood().encode().stream()).await;
        }
        assert_eq!(peer.closed().await, CloseCode::Flood);
        drop(peer);
        house.empties().await;
    }
    house.close().await;
}

#[tokio::test]
async fn no_limit_is_no_limit() {
    let house = House::limited(generous()).await;
    let mut peer = house.guest("fast").await;
    for _ in 0..1_000 {
        peer.send(ClientFrame::Ping([0; 8])).await;
    }
    for _ in 0..1_000 {
        assert_eq!(peer.next().await, Some(ServerFrame::Pong([0; 8])));
    }
    drop(peer);
    house.close().await;
}

#[tokio::test]
async fn settings_that_cannot_work_are_named() {
    let bind = async |change: fn(&mut Settings)| {
        let mut settings = Settings::default();
        change(&mut settings);
        Server::bind(settings).await.err().expect("bad settings")
    };
    let error = bind(|settings| settings.listen.set_ip([0, 0, 0, 0].into())).await;
    assert!(matches!(error, BindError::PlainOffLoopback(_)));
    let error = bind(|settings| settings.limits.outbox_bytes = 1024).await;
    assert!(matches!(error, BindError::OutboxTooSmall(1024)));
    let error = bind(|settings| settings.limits.connections = 0).await;
    assert!(matches!(error, BindError::NoConnections));
}

#[tokio::test]
async fn a_taken_port_names_its_flag() {
    let house = House::open().await;
    let listen = house.address;
    let taken = Server::bind(Settings {
        listen,
        ..Settings::default()
    })
    .await;
    let error = taken.err().expect("it is taken").to_string();
    assert!(error.contains("--listen"), "{error}");
    let taken = Server::bind(Settings {
        admin: Some(listen),
        ..Settings::default()
    })
    .await;
    let error = taken.err().expect("it is taken").to_string();
    assert!(error.contains("--admin"), "{error}");
    house.close().await;
}
