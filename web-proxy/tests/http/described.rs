//! The description of the HTTP interface.

use std::collections::BTreeSet;

use serde_json::Value;
use wire_format::command::Command;

use crate::harness::House;

#[tokio::test]
async fn the_interface_is_described_to_anybody() {
    let house = House::open().await;
    let answer = house.request("GET", "/api/openapi.json").send().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let document: Value = serde_json::from_str(&answer.text()).expect("a document");
    let paths = document["paths"].as_object().expect("paths");

    let is_described = |name: &str| paths.contains_key(&format!("/api/{name}"));
    let left_out: Vec<_> = Command::NAMES
        .iter()
        .filter(|name| !is_described(name))
        .collect();
    let of_proxies = [
        "session.hello",
        "session.carry",
        "keys.announce",
        "keys.of",
        "epochs.start",
        "epochs.hold",
        "epochs.ask",
        "epochs.answer",
        "auth.resume",
    ];
    assert_eq!(left_out, of_proxies.iter().collect::<Vec<_>>());

    let mut references = BTreeSet::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let place = reference.trim_start_matches('#');
        assert!(document.pointer(place).is_some(), "{reference}");
    }
    house.close().await;
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get("$ref") {
                found.insert(reference.clone());
            }
            object
                .values()
                .for_each(|value| collect_references(value, found));
        }
        Value::Array(values) => values
            .iter()
            .for_each(|value| collect_references(value, found)),
        _ => {}
    }
}
