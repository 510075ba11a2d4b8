//! When something may have been wrapped to this account that a room is to forget, as the kept head of the
//! room says it: for when the account is in the room no more, and nobody shows it the commits.
//!
//! `spans`: from the commit of an epoch until its secret is due. `left`: when it was seen that the account
//! is in the room no more.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use wire_format::{Millis, RoomId, room::KeepDays};

use super::{
    super::{ConversationError, Conversations, now},
    Vaulted,
};
use crate::account::{SLACK_MS, Span};

impl Vaulted {
    /// When something was wrapped that is not to be opened any more, in rooms of which a head was kept:
    /// this account may be in them no more.
    pub(in super::super) fn forgotten_spans(&self, now: Millis) -> Vec<Span> {
        let heads = self.heads.values().filter_map(|kept| kept.note.as_ref());
        let spans = heads.flat_map(|note| read(note.rest.as_map()));
        // Clocks agree about it only some minutes later.
        spans
            .filter(|span| span.until.value().saturating_add(SLACK_MS) <= now.value())
            .collect()
    }

    /// The rooms of which a head was kept, but for these.
    pub(in super::super) fn rooms_beside(&self, rooms: &BTreeSet<RoomId>) -> Vec<RoomId> {
        let others = self.rooms().filter(|room| !rooms.contains(room));
        others.collect()
    }
}

impl Conversations {
    /// Notes of a room in which this account is no more until when its keys are to go.
    pub(in super::super) async fn keep_leaving(
        &mut self,
        room: RoomId,
    ) -> Result<(), ConversationError> {
        let Some((head, record)) = self.vaulted.head(room).cloned().zip(self.kept_record(room))
        else {
            return Ok(());
        };
        let (keep, now) = (record.policy().keep, now());
        self.put_head(room, &head, |rest, _| leave(rest, keep, now))
            .await
    }
}

/// The spans that are kept, by when they are due. What is no span is as if it were not there.
pub(super) fn read(rest: &Map<String, Value>) -> Vec<Span> {
    let spans = rest.get(SPANS).and_then(Value::as_array);
    let spans = spans.into_iter().flatten();
    let read = |span: &Value| {
        Some(Span {
            from: time(span.get(FROM)?)?,
            until: time(span.get(DUE)?)?,
        })
    };
    spans.filter_map(read).collect()
}

/// Keeps those of a commit, if it is newer than the one that is kept, or nothing of its spans is.
pub(super) fn take(rest: &mut Map<String, Value>, is_newer: bool, spans: &[Span], now: Millis) {
    if is_newer {
        rest.remove(LEFT);
    }
    if !spans.is_empty() && (is_newer || !rest.contains_key(SPANS)) {
        write(rest, spans, now);
    }
}

/// Says that the account is in the room no more, once. Epochs may have begun that nobody here has seen,
/// which are due at the latest when one is that begins now.
pub(super) fn leave(rest: &mut Map<String, Value>, keep: KeepDays, now: Millis) {
    let Some(period) = keep.duration().filter(|_| !rest.contains_key(LEFT)) else {
        return;
    };
    let mut spans = read(rest);
    let latest = (keep.epoch_age() + period).as_millis();
    let latest = u64::try_from(latest).unwrap_or(u64::MAX);
    spans.push(Span {
        from: spans.last().map_or(Millis::new(0), |last| last.from),
        until: Millis::new(now.value().saturating_add(latest)),
    });
    write(rest, &spans, now);
    rest.insert(LEFT.to_owned(), Value::String(now.to_string()));
}

fn write(rest: &mut Map<String, Value>, spans: &[Span], now: Millis) {
    let spans = packed(spans, now).into_iter();
    let spans =
        spans.map(|span| json!({ FROM: span.from.to_string(), DUE: span.until.to_string() }));
    rest.insert(SPANS.to_owned(), Value::Array(spans.collect()));
}

/// Those that are due are one.
fn packed(spans: &[Span], now: Millis) -> Vec<Span> {
    let mut spans = spans.to_vec();
    spans.sort_by_key(|span| span.until);
    let ahead = spans.split_off(spans.partition_point(|span| span.until <= now));
    let over = within(&spans, u64::MAX);
    let mut joined = within(&ahead, 0);
    let mut about = ABOUT_MS;
    while over.len() + joined.len() > MOST_SPANS {
        joined = within(&ahead, about);
        about = about.saturating_mul(2);
    }
    over.into_iter().chain(joined).collect()
}

/// Makes one of those that are due within a time.
fn within(ascending: &[Span], about: u64) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    let mut since = Millis::new(0);
    for span in ascending {
        match joined.last_mut() {
            Some(last) if span.until.value().saturating_sub(since.value()) <= about => {
                last.from = last.from.min(span.from);
                last.until = span.until;
            }
            _ => {
                since = span.until;
                joined.push(*span);
            }
        }
    }
    joined
}

fn time(value: &Value) -> Option<Millis> {
    value.as_str()?.parse().ok().map(Millis::new)
}

const SPANS: &str = "spans";
const FROM: &str = "from";
const DUE: &str = "due";
const LEFT: &str = "left";

/// As many spans are kept of a room: 6 KiB of the 192 KiB of its head. Where there are more, those that
/// are due at about the same time are one.
const MOST_SPANS: usize = 128;
/// Within what time they are one first, in milliseconds; then within twice as much, and so on.
const ABOUT_MS: u64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1_000;

    fn span(from: u64, until: u64) -> Span {
        Span {
            from: Millis::new(from),
            until: Millis::new(until),
        }
    }

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => panic!("an object"),
        }
    }

    fn taken(spans: &[Span], now: u64) -> Vec<Span> {
        let mut rest = Map::new();
        take(&mut rest, true, spans, Millis::new(now));
        read(&rest)
    }

    #[test]
    fn spans_go_with_the_newest_commit_and_beside_what_else_is_kept() {
        let mut rest = map(json!({ "else": 1, "left": "9" }));
        take(&mut rest, false, &[], Millis::new(0));
        assert_eq!(rest, map(json!({ "else": 1, "left": "9" })));
        take(&mut rest, true, &[span(1, 20)], Millis::new(0));
        let kept = map(json!({ "else": 1, "spans": [{ "from": "1", "due": "20" }] }));
        assert_eq!(rest, kept);
        take(&mut rest, false, &[span(1, 30)], Millis::new(0));
        assert_eq!(rest, kept);
        take(&mut rest, true, &[], Millis::new(0));
        assert_eq!(rest, kept);
        take(&mut rest, true, &[span(9, 30), span(1, 12)], Millis::new(0));
        assert_eq!(read(&rest), [span(1, 12), span(9, 30)]);
        rest.remove(SPANS);
        take(&mut rest, false, &[span(1, 12)], Millis::new(0));
        assert_eq!(read(&rest), [span(1, 12)]);
    }

    #[test]
    fn who_left_counts_epochs_that_nobody_saw_once() {
        let mut rest = Map::new();
        leave(&mut rest, KeepDays::Forever, Millis::new(DAY));
        assert!(rest.is_empty());
        take(&mut rest, true, &[span(5, 2 * DAY)], Millis::new(0));
        leave(&mut rest, KeepDays::One, Millis::new(DAY));
        let kept = [span(5, 2 * DAY), span(5, 3 * DAY)];
        assert_eq!(read(&rest), kept);
        assert_eq!(rest.get(LEFT), Some(&json!(DAY.to_string())));
        leave(&mut rest, KeepDays::One, Millis::new(9 * DAY));
        assert_eq!(read(&rest), kept);
        // Of one that nobody read since it forgets nothing else is known.
        let mut rest = Map::new();
        leave(&mut rest, KeepDays::Thirty, Millis::new(DAY));
        assert_eq!(read(&rest), [span(0, 38 * DAY)]);
    }

    #[test]
    fn as_many_are_kept_as_a_head_holds_and_those_that_are_due_are_one() {
        let minute = 60_000;
        let many = |count: u64| -> Vec<Span> {
            let each = |at| span(at, DAY + at * minute);
            (0..count).map(each).collect()
        };
        for count in [127, 128] {
            assert_eq!(taken(&many(count), 0), many(count));
        }
        let fewer = taken(&many(129), 0);
        assert_eq!(fewer.len(), 65);
        assert_eq!(fewer[0], span(0, DAY + minute));
        assert_eq!(fewer[64], span(128, DAY + 128 * minute));
        let some = taken(&many(129), DAY + minute);
        assert_eq!((some.len(), some[0]), (128, span(0, DAY + minute)));
        assert_eq!(some[1..], many(129)[2..]);
        assert_eq!(taken(&many(129), 2 * DAY).len(), 1);
    }

    #[test]
    fn what_another_program_wrote_is_read_as_far_as_it_can_be() {
        let spans =
            json!([7, { "from": "1" }, { "from": "x", "due": "2" }, { "from": "3", "due": "4" }]);
        assert_eq!(read(&map(json!({ "spans": spans }))), [span(3, 4)]);
        assert_eq!(read(&map(json!({ "spans": "no" }))), []);
    }
}
