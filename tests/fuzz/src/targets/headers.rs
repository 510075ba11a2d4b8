//! The JSON of commands, events and replies.

use bytes::Bytes;
use serde_json::Value;
use wire_format::{CommandError, EventFrame, Parts, ReplyFrame, command::Command};

use crate::Verdict;

/// A command's header, on its own and split as `POST /api/<command>` splits it.
pub(super) fn command(input: &[u8]) -> Verdict {
    let read = Command::parse(input);
    if let Ok(command) = &read {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(input) else {
            panic!("a command was read from what is no object");
        };
        assert_eq!(fields.remove("command"), Some(command.name().into()));
        let fields = Value::Object(fields).to_string();
        let parts = Command::from_parts(command.name(), fields.as_bytes());
        assert_eq!(parts.map(|command| command.name()), Ok(command.name()));
    }
    let _: Result<Command, CommandError> = Command::from_parts("rooms.enter", input);
    Verdict::of(&read)
}

/// A command or its reply as the body of an HTTP message, taken apart and put together again.
pub(super) fn parts(input: &[u8]) -> Verdict {
    let read = Parts::parse(Bytes::copy_from_slice(input));
    if let Ok(parts) = &read {
        assert_eq!(parts.encode(), input);
    }
    Verdict::of(&read)
}

/// An event's header, written and read again.
pub(super) fn event(input: &[u8]) -> Verdict {
    let frame = EventFrame {
        header: Bytes::copy_from_slice(input),
        tail: Bytes::new(),
    };
    let read = frame.event();
    if let Ok(event) = &read {
        let again = EventFrame::new(event, Bytes::new()).event();
        assert_eq!(again.as_ref(), Ok(event));
    }
    Verdict::of(&read)
}

/// A reply's header.
pub(super) fn reply(input: &[u8]) -> Verdict {
    let frame = ReplyFrame {
        request: 1,
        header: Bytes::copy_from_slice(input),
        tail: Bytes::new(),
    };
    Verdict::of(&frame.outcome::<Value>())
}
