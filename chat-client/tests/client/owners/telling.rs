//! What devices say and hear, as a test asks for it.

use serde_json::Value;

use super::{House, command::Device};

/// A device that is signed in to a new account.
pub(crate) async fn device(house: &House, name: &str) -> Device {
    let device = Device::of(house.address);
    device.register(name).await.well();
    device
}

/// The objects that `listen --once` prints.
pub(crate) async fn heard(device: &Device, arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["listen", "--once", "--json"], arguments].concat();
    let printed = device.run(&arguments).await.well();
    let lines = printed.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect()
}

/// The texts in what was heard.
pub(crate) fn texts(heard: &[Value]) -> Vec<&str> {
    let texts = heard.iter().filter(|object| object["kind"] == "text");
    texts.filter_map(|object| object["text"].as_str()).collect()
}

/// The objects of a type.
pub(crate) fn of_type<'a>(heard: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let objects = heard.iter().filter(|object| object["type"] == kind);
    objects.collect()
}

/// The words of alarms, and of causes why something is not shown.
pub(crate) fn named(heard: &[Value]) -> Vec<&str> {
    let words = heard
        .iter()
        .filter_map(|object| match object["type"].as_str() {
            Some("alarm") => object["code"].as_str(),
            Some("unreadable") => object["cause"].as_str(),
            _ => None,
        });
    words.collect()
}

/// Runs with `--json`, and gives the object.
pub(crate) async fn does(device: &Device, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--json"]].concat();
    device.run(&arguments).await.object()
}

/// Runs with `--json`, and gives the code of the refusal.
pub(crate) async fn refused(device: &Device, arguments: &[&str]) -> String {
    let arguments = [arguments, &["--json"]].concat();
    let (error, code) = device.run(&arguments).await.failed();
    assert_ne!(code, Some(0));
    error["code"].as_str().expect("a code").to_owned()
}

/// The room that a command made.
pub(crate) async fn makes(device: &Device, arguments: &[&str]) -> String {
    let made = does(device, arguments).await;
    made["room"].as_str().expect("a room").to_owned()
}

/// Comes in by the one invitation that waits.
pub(crate) async fn comes_in(device: &Device) {
    let waiting = does(device, &["rooms", "invitations"]).await;
    let hash = waiting["invitations"][0]["invitation"].as_str();
    let hash = hash.expect("an invitation");
    device.run(&["rooms", "join", hash]).await.well();
}

/// The strings under a key of each object of a list.
pub(crate) fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let objects = list.as_array().expect("a list").iter();
    objects
        .map(|object| object[key].as_str().expect("a string"))
        .collect()
}
