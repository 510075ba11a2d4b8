//! `sealwire listen`, as its lines come.

use std::{
    io::{BufRead as _, BufReader},
    process::Child,
};

use serde_json::Value;
use tokio::sync::mpsc;

use super::{PATIENCE, command::Device};

/// A command that listens; it is ended with the test.
pub(crate) struct Listening {
    child: Child,
    lines: mpsc::Receiver<Value>,
}

impl Listening {
    pub(crate) fn start(device: &Device, arguments: &[&str]) -> Self {
        let arguments = [&["listen", "--json"], arguments].concat();
        let mut child = device.command(&arguments).spawn().expect("the command");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        let (sender, lines) = mpsc::channel(64);
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let object = serde_json::from_str(&line).expect("an object");
                if sender.blocking_send(object).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// The objects up to the first of this type, or kind, with it.
    pub(crate) async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut objects: Vec<Value> = Vec::new();
        loop {
            let next = tokio::time::timeout(PATIENCE, self.lines.recv()).await;
            let object = next.expect("in time").expect("a line");
            let is_meant = object["type"] == kind || object["kind"] == kind;
            objects.push(object);
            if is_meant {
                return objects;
            }
        }
    }

    /// The text of the next message, which no alarm comes before.
    pub(crate) async fn text(&mut self) -> String {
        let objects = self.until("text").await;
        assert!(
            objects.iter().all(|object| object["type"] != "alarm"),
            "{objects:?}"
        );
        let last = objects.last().expect("a message");
        last["text"].as_str().expect("a text").to_owned()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
