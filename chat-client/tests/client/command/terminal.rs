//! The built command at a terminal: what is typed does not show, and the recovery code is rehearsed.
//! `script` of util-linux gives it one.

use crate::owners::{House, PASSWORD, command::Device, seat::Seat};

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_hides_the_password_and_asks_for_two_groups() {
    let house = House::start().await;
    let device = Device::of(house.address);
    let seat = Seat::at(&device, &["register", "Ada"]);
    let typing = tokio::task::spawn_blocking(move || {
        let mut seat = seat;
        seat.sees("New password: ");
        seat.types("something else");
        seat.sees("The same again: ");
        seat.types(PASSWORD);
        seat.sees("These were not the same.");
        for question in ["New password: ", "The same again: "] {
            seat.sees(question);
            seat.types(PASSWORD);
        }
        let code = seat.code();
        assert_eq!(code.len(), 7);
        seat.sees("press Enter.");
        seat.types("");
        seat.group(|_| "WRNG".to_owned());
        seat.sees("That is not it.");
        for _ in 0..2 {
            seat.group(|number| code[number - 1].to_lowercase());
        }
        seat.leaves()
    });
    let (status, seen) = typing.await.expect("typed");
    assert_eq!(status, Some(0), "{seen}");
    assert!(seen.contains("recovery code  was typed back"), "{seen}");
    assert!(!seen.contains(PASSWORD) && !seen.contains("something else"));
    let here = device.run(&["whoami", "--json"]).await.object();
    assert_eq!(here["recovery_rehearsed"], serde_json::json!(true));
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_not_typed_back_registers_nobody() {
    let house = House::start().await;
    let device = Device::of(house.address);
    let seat = Seat::at(&device, &["register", "Ada"]);
    let typing = tokio::task::spawn_blocking(move || {
        let mut seat = seat;
        for question in ["New password: ", "The same again: "] {
            seat.sees(question);
            seat.types(PASSWORD);
        }
        seat.sees("press Enter.");
        seat.types("");
        for _ in 0..3 {
            seat.group(|_| "0000".to_owned());
        }
        seat.leaves()
    });
    let (status, seen) = typing.await.expect("typed");
    assert_eq!(status, Some(2), "{seen}");
    assert!(seen.contains("nothing was changed"), "{seen}");
    assert!(!device.file("home").exists());
    // The name is still free.
    device.register("Ada").await.well();
    house.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_deleted_when_its_name_is_typed_back() {
    let house = House::start().await;
    let device = Device::of(house.address);
    device.register("Ada").await.well();
    let (mistaken, meant) = (
        Seat::at(&device, &["delete"]),
        Seat::at(&device, &["delete"]),
    );
    let typing = tokio::task::spawn_blocking(move || {
        let (mut mistaken, mut meant) = (mistaken, meant);
        mistaken.sees("Type its name to go on: ");
        mistaken.types("Bob");
        let refused = mistaken.leaves();
        meant.sees("Type its name to go on: ");
        meant.types("Ada");
        meant.sees("Password: ");
        meant.types(PASSWORD);
        (refused, meant.leaves())
    });
    let ((refused, seen), (done, last)) = typing.await.expect("typed");
    assert_eq!(refused, Some(2), "{seen}");
    assert!(seen.contains("nothing was deleted"), "{seen}");
    assert_eq!(done, Some(0), "{last}");
    assert!(
        last.contains("Ada is deleted") && !last.contains(PASSWORD),
        "{last}"
    );
    assert_eq!(device.run(&["whoami"]).await.code, Some(2));
    house.stop().await;
}
