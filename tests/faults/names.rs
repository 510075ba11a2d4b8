//! Names of every unpleasant kind, for people and for rooms.

use sealwire_tests::{tiers::plain_server, wire::Wire};
use serde_json::json;

#[tokio::test]
async fn unpleasant_names_are_refused() {
    let (_server, address) = plain_server(&["--sign-ins=0", "--commands=0"]).await;
    let long = "x".repeat(32);
    let huge = "é".repeat(7_000);
    let names = [
        "",
        "a",
        " ",
        "  a  ",
        &long,
        &huge,
        "\u{0}\u{0}",
        "a\u{0}b",
        "line\nbreak",
        "tab\tbed",
        "\u{202e}nimda",
        "zero\u{200b}width",
        "\u{feff}bom",
        "\u{e000}\u{e001}",
        "\u{ad}\u{ad}\u{ad}",
        "\u{301}\u{301}",
        "\u{fffe}\u{ffff}",
        "\u{3164}\u{3164}",
        "\u{1b}[31mred",
    ];
    for name in names {
        let mut wire = Wire::connect(address).await;
        assert_eq!(
            wire.sign_in(name).await.err().as_deref(),
            Some("name_invalid"),
            "{name:?}"
        );
    }
    let (mut wire, _) = Wire::guest(address, "somebody").await;
    for name in ["", "   ", &"r".repeat(65), "a\u{202e}b", "a\nb", "\u{0}"] {
        let refused = wire
            .command("rooms.open", json!({"room": name}))
            .await
            .map_err(|(code, _)| code);
        assert_eq!(refused, Err("room_invalid".to_owned()), "{name:?}");
    }
}

#[tokio::test]
async fn twins_and_look_alikes_are_taken_until_the_first_is_gone() {
    let (_server, address) = plain_server(&["--sign-ins=0"]).await;
    let (mut first, _) = Wire::guest(address, "paypal").await;
    for twin in [
        "PayPal",
        "PAYPAL",
        "pаypаl",
        "paypaI",
        "ｐａｙｐａｌ",
        " paypal ",
    ] {
        let mut wire = Wire::connect(address).await;
        assert_eq!(
            wire.sign_in(twin).await.err().as_deref(),
            Some("name_taken"),
            "{twin}"
        );
    }
    first
        .command("auth.logout", json!({}))
        .await
        .expect("a goodbye");
    Wire::guest(address, "PayPal").await;
}

#[tokio::test]
async fn words_that_mean_something_elsewhere_are_names_like_any_other() {
    let (_server, address) = plain_server(&["--sign-ins=0"]).await;
    let mut wires = Vec::new();
    for name in [
        "12:30",
        "exit",
        "null",
        "undefined",
        "<script>alert(1)",
        "' OR 1=1 --",
        "../../etc",
        "%s%n",
        "constructor",
        "小明",
        "שלום",
    ] {
        let (mut wire, _) = Wire::guest(address, name).await;
        let entered = wire.enter("lobby").await;
        let members = entered["members"].as_array().expect("members");
        assert!(
            members.iter().any(|member| member["name"] == name),
            "{name}"
        );
        wires.push(wire);
    }
}
