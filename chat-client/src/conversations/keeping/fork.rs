//! What a kept head says of another history of its room, beside what this program knows of the head.
//!
//! `forked`: two histories were shown, and the user has not decided. `other`: a commit of the other one,
//! the newest that was shown.
//! `decided`: commits of other histories against which the user decided, the newest last.

use serde_json::{Map, Value};
use wire_format::CommitHash;

use crate::conversation::Fork;

/// Reads it. What is no commit hash is as if it were not there.
pub(super) fn read(rest: &Map<String, Value>) -> Fork {
    let is_stopped = rest.get(FORKED) == Some(&Value::Bool(true));
    let other = rest.get(OTHER).and_then(hash);
    Fork::kept(is_stopped, other, decided(rest))
}

/// Says that two histories were shown, unless another device decided about them meanwhile.
pub(super) fn stop(rest: &mut Map<String, Value>, fork: &Fork) {
    let decided: Vec<CommitHash> = decided(rest).collect();
    let mut newest_first = fork.others().iter().rev();
    let Some(other) = newest_first.find(|other| !decided.contains(other)) else {
        return;
    };
    rest.insert(FORKED.to_owned(), Value::Bool(true));
    rest.insert(OTHER.to_owned(), Value::String(other.to_string()));
}

/// Says that the user goes on with what is known here.
pub(super) fn decide(rest: &mut Map<String, Value>, fork: &Fork) {
    rest.remove(FORKED);
    let other = rest.remove(OTHER).as_ref().and_then(hash);
    let mut all: Vec<CommitHash> = decided(rest).collect();
    for new in fork.decided().chain(other) {
        if !all.contains(&new) {
            all.push(new);
        }
    }
    let newest = all.split_off(all.len().saturating_sub(MOST_DECIDED));
    if !newest.is_empty() {
        let hashes = newest.iter().map(|hash| Value::String(hash.to_string()));
        rest.insert(DECIDED.to_owned(), Value::Array(hashes.collect()));
    }
}

fn decided(rest: &Map<String, Value>) -> impl Iterator<Item = CommitHash> {
    let decided = rest.get(DECIDED).and_then(Value::as_array);
    decided.into_iter().flatten().filter_map(hash)
}

fn hash(value: &Value) -> Option<CommitHash> {
    value.as_str()?.parse().ok()
}

const FORKED: &str = "forked";
const OTHER: &str = "other";
const DECIDED: &str = "decided";

/// As many other histories as are remembered; one more is named again when it is shown again.
const MOST_DECIDED: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => panic!("an object"),
        }
    }

    #[test]
    fn a_stop_is_kept_until_it_is_decided_and_then_remembered() {
        let (one, other) = ("11".repeat(32), "22".repeat(32));
        let mut rest = map(json!({ "else": 1 }));
        let stopped = Fork::kept(true, one.parse().ok(), []);
        stop(&mut rest, &stopped);
        assert_eq!(
            rest,
            map(json!({ "else": 1, "forked": true, "other": one }))
        );
        assert_eq!(read(&rest), stopped);
        decide(&mut rest, &Fork::kept(false, None, other.parse().ok()));
        assert_eq!(rest, map(json!({ "else": 1, "decided": [other, one] })));
        assert!(!read(&rest).is_stopped());
    }

    #[test]
    fn what_another_device_decided_about_stops_nothing_again() {
        let hash = |byte| CommitHash::from_bytes([byte; 32]);
        let mut rest = Map::new();
        decide(&mut rest, &Fork::kept(false, None, [hash(1)]));
        let decided = rest.clone();
        stop(&mut rest, &Fork::kept(true, Some(hash(1)), []));
        assert_eq!(rest, decided);
        stop(&mut rest, &Fork::kept(true, Some(hash(2)), []));
        assert_eq!(read(&rest), Fork::kept(true, Some(hash(2)), [hash(1)]));
    }

    #[test]
    fn what_another_program_wrote_is_read_as_far_as_it_can_be() {
        let fork = read(&map(
            json!({ "forked": true, "other": 7, "decided": ["no", 1] }),
        ));
        assert_eq!(fork, Fork::kept(true, None, []));
        assert_eq!(
            read(&map(json!({ "forked": "yes" }))),
            Fork::kept(false, None, [])
        );
    }

    #[test]
    fn only_the_newest_decisions_are_remembered() {
        let hashes = (0..20).map(|byte| CommitHash::from_bytes([byte; 32]));
        let mut rest = Map::new();
        for hash in hashes {
            decide(&mut rest, &Fork::kept(false, None, [hash]));
        }
        let kept: Vec<CommitHash> = decided(&rest).collect();
        assert_eq!(kept.len(), MOST_DECIDED);
        assert_eq!(kept.last(), Some(&CommitHash::from_bytes([19; 32])));
    }
}
