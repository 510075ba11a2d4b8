//! Every command, by everybody: who may, and with what the others are refused.
//!
//! The rows are those of the command enum: one without a row fails. A cell is what a role is answered
//! with in a private room and, where that differs, in an open public one. What is allowed is asked so
//! that it changes nothing, or nothing that another row looks at: with a revision that is past, a wrap
//! key that nobody has, an empty tail. So `+` is the answer behind every look at who may.

mod asks;
mod scene;
mod table;

use std::fmt::Write as _;

use wire_format::{
    ErrorCode,
    command::{Command, Operation as _, auth::Logout},
    room::RoomKind,
};

use self::{
    scene::{PEOPLE, Scene},
    table::{ROWS, Row},
};
use crate::owner::Folder;

#[test]
fn every_command_has_a_row() {
    for name in Command::NAMES {
        let rows = ROWS.iter().filter(|row| row.command() == *name);
        assert!(rows.count() > 0, "{name}: who may?");
    }
    for row in ROWS {
        let is_publish = row.command() == "publish";
        assert!(
            is_publish || Command::NAMES.contains(&row.command()),
            "{}: no such command",
            row.name
        );
        for cells in [row.private, row.public] {
            assert_eq!(cells.len(), PEOPLE.len(), "{}", row.name);
        }
    }
}

#[tokio::test]
async fn everybody_may_in_a_private_room_what_the_table_says() {
    holds(RoomKind::Private, |row| row.private).await;
}

#[tokio::test]
async fn everybody_may_in_a_public_room_what_the_table_says() {
    holds(RoomKind::Public, |row| row.public).await;
}

/// Asks everything of every row, and says all at once where the answer is another one.
async fn holds(kind: RoomKind, cells: impl Fn(&Row) -> &'static str) {
    let folder = Folder::new();
    let house = folder.house().await;
    let mut scene = Scene::of(&house, kind).await;
    let mut differs = String::new();
    // Signing out ends the session: it comes last.
    let is_last = |row: &&Row| row.name == Logout::NAME;
    let rows = ROWS.iter().filter(|row| !is_last(row));
    for row in rows.chain(ROWS.iter().filter(is_last)) {
        for (who, cell) in PEOPLE.iter().zip(cells(row).chars()) {
            let (expected, answer) = (row.expected(cell), scene.asks(row.name, *who).await);
            if answer != expected {
                let _ = writeln!(
                    differs,
                    "{} by {who:?}: {} instead of {}",
                    row.name,
                    shown(answer),
                    shown(expected)
                );
            }
        }
    }
    assert!(differs.is_empty(), "\n{differs}");
    drop(scene);
    house.close().await;
}

fn shown(answer: Option<ErrorCode>) -> &'static str {
    answer.map_or("done", ErrorCode::as_str)
}
