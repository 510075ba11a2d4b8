//! The built command at a terminal: what is typed does not show, and the recovery code is rehearsed.
//! `script` of util-linux gives it one.

mod owners;

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use owners::{House, PASSWORD, command::Device};

/// Somebody who sits at a terminal, reads and types.
struct Seat {
    child: Child,
    keyboard: ChildStdin,
    screen: ChildStdout,
    /// All that was shown so far.
    seen: String,
    /// How much of it was read.
    read: usize,
}

impl Seat {
    fn at(device: &Device, arguments: &[&str]) -> Self {
        let command = device.command(arguments);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<_> = words.filter_map(|word| word.to_str()).collect();
        let mut script = Command::new("script");
        script.args(["-q", "-e", "-c", &words.join(" "), "/dev/null"]);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        let spawned = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.expect("script of util-linux");
        Self {
            keyboard: child.stdin.take().expect("a keyboard"),
            screen: child.stdout.take().expect("a screen"),
            child,
            seen: String::new(),
            read: 0,
        }
    }

    /// Reads up to a text.
    fn sees(&mut self, text: &str) -> String {
        let mut byte = [0];
        loop {
            if let Some(at) = self.seen[self.read..].find(text) {
                let before = self.seen[self.read..self.read + at].to_owned();
                self.read += at + text.len();
                return before;
            }
            let read = self.screen.read(&mut byte).expect("a screen");
            assert_eq!(read, 1, "{text:?} was not shown:\n{}", self.seen);
            self.seen.push(char::from(byte[0]));
        }
    }

    fn types(&mut self, line: &str) {
        self.keyboard
            .write_all(format!("{line}\n").as_bytes())
            .expect("typed");
    }

    /// Waits for the end; the exit code and all that was shown.
    fn leaves(mut self) -> (Option<i32>, String) {
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).expect("the end");
        self.seen.push_str(&String::from_utf8_lossy(&rest));
        let status = self.child.wait().expect("a status");
        (status.code(), self.seen)
    }

    /// The recovery code that is shown.
    fn code(&mut self) -> Vec<String> {
        self.sees("when the password is lost:");
        let shown = self.sees("Write it down");
        shown.trim().split('-').map(str::to_owned).collect()
    }

    /// Answers for the next group that is asked for.
    fn group(&mut self, answer: impl Fn(usize) -> String) {
        self.sees("Group ");
        let number = self.sees(" of the code: ").parse::<usize>();
        let number = number.expect("a number");
        self.types(&answer(number));
    }
}

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
