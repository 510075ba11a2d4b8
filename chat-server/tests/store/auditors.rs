//! `chat-server audit`, while another process has the data open.

use crate::{audit::fill, place::Place, support::House};

/// Number and hash, as the command prints them.
async fn head(house: &House) -> String {
    let head = house.head().await;
    let hash: String = head.hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}:{hash}", head.number)
}

pub(crate) async fn the_head_of_a_whole_log_is_printed(house: &House) {
    fill(house).await;
    let head = head(house).await;
    let printed = house.run(&["audit", "verify"]).await.printed();
    assert_eq!(printed, format!("{head}\n"));
    let expected = ["audit", "verify", "--expect-head", &head];
    assert_eq!(house.run(&expected).await.printed(), format!("{head}\n"));
    // It grows, and what was noted is still in it.
    house.register("ann").await;
    assert!(house.run(&expected).await.printed().starts_with("6:"));
}

pub(crate) async fn the_first_wrong_row_is_named(house: &House) {
    fill(house).await;
    house
        .tamper("CREATE TABLE whole AS SELECT * FROM audit")
        .await;
    let copy =
        "SELECT number + 100, at, actor_kind, actor, action, subject, detail, previous, hash";
    let inserted = format!("INSERT INTO audit {copy} FROM audit WHERE number = 2");
    let next = inserted.replace("number + 100", "6");
    for (tampered, refusal) in [
        (
            "UPDATE audit SET detail = 'invitation' WHERE number = 3",
            "row 3 of the audit log was altered",
        ),
        (
            "UPDATE audit SET at = at + 1 WHERE number = 5",
            "row 5 of the audit log was altered",
        ),
        (
            "DELETE FROM audit WHERE number = 4",
            "row 4 of the audit log is missing",
        ),
        ("DELETE FROM audit", "row 1 of the audit log is missing"),
        (
            // Two rows change places.
            "UPDATE audit SET number = 7 - number + 100 WHERE number IN (3, 4); \
             UPDATE audit SET number = number - 100 WHERE number > 100",
            "row 3 of the audit log does not continue the one before it",
        ),
        (
            // A copy behind the end.
            inserted.as_str(),
            "row 6 of the audit log is missing",
        ),
        (
            // A copy behind the end, with the number that is next.
            next.as_str(),
            "row 6 of the audit log does not continue the one before it",
        ),
        (
            // A copy in the middle, the others moved on.
            "UPDATE audit SET number = number + 101 WHERE number > 2; \
             UPDATE audit SET number = number - 100 WHERE number > 100; \
             INSERT INTO audit SELECT 3, at, actor_kind, actor, action, subject, detail, \
             previous, hash FROM audit WHERE number = 2",
            "row 3 of the audit log does not continue the one before it",
        ),
    ] {
        house.tamper(tampered).await;
        let refused = house.run(&["audit", "verify"]).await.refusal();
        assert_eq!(refused, refusal, "{tampered}");
        let whole = "DELETE FROM audit; INSERT INTO audit SELECT * FROM whole";
        house.tamper(whole).await;
        house.run(&["audit", "verify"]).await.printed();
    }
}

pub(crate) async fn a_tail_that_was_cut_off_shows_against_a_noted_head(house: &House) {
    fill(house).await;
    let noted = head(house).await;
    let expected = ["audit", "verify", "--expect-head", &noted];
    house.tamper("DELETE FROM audit WHERE number > 3").await;
    // By itself the rest is a whole chain.
    assert!(
        house
            .run(&["audit", "verify"])
            .await
            .printed()
            .starts_with("3:")
    );
    assert_eq!(
        house.run(&expected).await.refusal(),
        "row 5 of the audit log was noted, and the log ends at row 3"
    );
    // The server goes on, and the chain is as long again.
    house.register("ann").await;
    house.register("bob").await;
    assert_eq!(
        house.run(&expected).await.refusal(),
        "row 5 of the audit log is not the one that was noted"
    );
    let usage = house.run(&["audit", "verify", "--expect-head", "5"]).await;
    assert_eq!(usage.code, Some(2));
}

pub(crate) async fn rows_are_printed(house: &House) {
    let ann = house.register("ann").await;
    // What only somebody else can have written there.
    let escape = match house.place {
        Place::Sqlite(_) => "char(27)",
        Place::Postgres(_) => "chr(27)",
    };
    let sql = format!("UPDATE audit SET detail = 'a' || {escape} || 'b' WHERE number = 2");
    house.tamper(&sql).await;
    let list = house.run(&["audit", "list"]).await.printed();
    assert_eq!(
        list,
        format!(
            "1\t2027-01-15T08:00:00Z\tserver\tserver.found\tchat.example\t\n\
             2\t2027-01-15T08:00:00Z\t{ann}\taccount.register\t{ann}\ta\u{fffd}b\n"
        )
    );
    let list = house.run(&["audit", "list", "--json"]).await.printed();
    let first: serde_json::Value =
        serde_json::from_str(list.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["number"], "1");
    assert_eq!(first["at"], "1800000000000");
    assert_eq!(first["action"], "server.found");
    assert_eq!(first["hash"].as_str().map(str::len), Some(64));
}
