mod leaving;
mod relaying;

use wire_format::{
    ChannelId, EpochNumber, RawFrame, RunId, Sequence,
    event::{EpochReason, MissedReason},
};

use super::{state::HELD_BYTES, *};
use crate::backend::Delivery;
use std::collections::VecDeque;

const RUN: RunId = RunId::from_bytes([1; 16]);

fn room() -> RoomId {
    RoomId::of_name("lobby")
}

fn channel() -> ChannelId {
    ChannelId::main_of(room())
}

fn downlink() -> Arc<Downlink> {
    let common = Common::new(Arc::new(Figures::new()));
    Arc::new(Downlink::new(Arc::new(common), None))
}

fn arrive(downlink: &Downlink, arrival: Arrival) {
    downlink.arrive(std::iter::once(arrival));
}

/// A session that is in the lobby.
fn in_lobby() -> Arc<Downlink> {
    let downlink = downlink();
    arrive(&downlink, here());
    downlink
}

fn here() -> Arrival {
    let (channel, run) = (channel(), RUN);
    Arrival::Entered { channel, run }
}

fn message(sequence: u64) -> Arrival {
    Arrival::Deliver(Delivery {
        channel: channel(),
        run: RUN,
        sequence: Sequence::new(sequence),
        frame: format!("message {sequence}").into(),
    })
}

fn keyed() -> Event {
    Event::RoomKeyed {
        room: room(),
        n: EpochNumber::new(1),
        reason: EpochReason::First,
    }
}

fn entered(sequence: u64) -> Entered {
    Entered {
        id: room(),
        channel: channel(),
        name: "lobby".into(),
        run: RUN,
        sequence: Sequence::new(sequence),
        missed: false,
        members: Vec::new(),
        member_count: 1,
        epoch: None,
    }
}

fn resume(after: u64) -> Resume {
    Resume {
        run: RUN,
        after: Sequence::new(after),
    }
}

fn asker(stream: &Stream) -> Asker {
    Asker::Stream {
        id: stream.id,
        request: 7,
    }
}

/// What waits for a stream, a word each.
async fn waiting(stream: &Stream) -> Vec<String> {
    stream.outbox.push(Bytes::from_static(b"mark"));
    let mut frames = stream.outbox.take().await.expect("an open stream");
    frames.pop_back();
    frames.iter().map(word).collect()
}

fn word(frame: &Bytes) -> String {
    if frame.starts_with(b"message") {
        return String::from_utf8_lossy(frame).into_owned();
    }
    let frame = RawFrame::from_message(frame.clone()).expect("a frame");
    match ServerFrame::parse(frame).expect("a server's frame") {
        ServerFrame::Reply(reply)
            if reply.header.windows(13).any(|at| at == b"\"missed\":true") =>
        {
            "reply: missed".into()
        }
        ServerFrame::Reply(_) => "reply".into(),
        ServerFrame::Event(event) => match event.event().expect("an event") {
            Event::RoomKeyed { .. } => "keyed".into(),
            Event::BackendLost { .. } => "lost".into(),
            Event::SessionResume { .. } => "resume".into(),
            Event::RoomLeft { .. } => "left".into(),
            other => format!("{other:?}"),
        },
        ServerFrame::Close(close) => format!("close {}", close.code),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn nothing_overtakes_the_reply_to_an_enter() {
    let downlink = downlink();
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    let hold = downlink.hold();
    arrive(&downlink, message(1));
    arrive(&downlink, Arrival::Event(keyed()));
    hold.entered(asker(&stream), None, entered(1));
    arrive(&downlink, message(2));
    assert_eq!(
        waiting(&stream).await,
        ["reply", "message 1", "keyed", "message 2"]
    );
}

#[tokio::test]
async fn a_page_that_comes_back_gets_what_it_missed_once() {
    let downlink = in_lobby();
    for sequence in 1..=4 {
        arrive(&downlink, message(sequence));
    }
    arrive(&downlink, Arrival::Event(keyed()));
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    downlink
        .hold()
        .entered(asker(&stream), Some(&resume(2)), entered(4));
    arrive(&downlink, message(5));
    let expected = ["reply", "keyed", "message 3", "message 4", "message 5"];
    assert_eq!(waiting(&stream).await, expected);
}

#[tokio::test]
async fn what_is_gone_is_told() {
    let downlink = in_lobby();
    arrive(&downlink, message(10));
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    downlink
        .hold()
        .entered(asker(&stream), Some(&resume(8)), entered(10));
    assert_eq!(waiting(&stream).await, ["reply: missed", "message 10"]);

    let reason = MissedReason::TooOld;
    let channel = channel();
    arrive(
        &downlink,
        Arrival::Event(Event::ChannelMissed { channel, reason }),
    );
    arrive(&downlink, message(400));
    waiting(&stream).await;
    downlink
        .hold()
        .entered(asker(&stream), Some(&resume(10)), entered(400));
    assert_eq!(waiting(&stream).await, ["reply: missed", "message 400"]);
}

#[tokio::test]
async fn a_gap_that_no_ring_covers_is_told_by_a_fresh_session() {
    for (after, reply) in [(1, "reply: missed"), (900, "reply")] {
        let downlink = downlink();
        let stream = downlink.open(StreamKind::socket).expect("a stream");
        downlink
            .hold()
            .entered(asker(&stream), Some(&resume(after)), entered(1_000));
        assert_eq!(waiting(&stream).await, [reply]);
    }
}

#[tokio::test]
async fn a_refused_enter_lets_everything_through() {
    let downlink = downlink();
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    let hold = downlink.hold();
    arrive(&downlink, message(1));
    arrive(
        &downlink,
        Arrival::Event(Event::BackendLost { retry_ms: 1 }),
    );
    drop(hold);
    assert_eq!(waiting(&stream).await, ["lost", "message 1"]);
}

#[tokio::test]
async fn an_enter_holds_back_so_many_bytes_and_no_more() {
    let downlink = downlink();
    let _hold = downlink.hold();
    let arrive_large = |sequence| {
        let large = Arrival::Deliver(Delivery {
            channel: channel(),
            run: RUN,
            sequence: Sequence::new(sequence),
            frame: vec![0; HELD_BYTES / 2].into(),
        });
        arrive(&downlink, large);
    };
    arrive_large(1);
    arrive_large(2);
    assert_eq!(downlink.lock().held.len(), 2);
    arrive_large(3);
    assert_eq!(downlink.lock().held.len(), 1);
    assert_eq!(downlink.lock().held_bytes, HELD_BYTES / 2);
}

#[tokio::test]
async fn every_stream_gets_every_frame_and_its_own_replies_only() {
    let downlink = downlink();
    let first = downlink.open(StreamKind::socket).expect("a stream");
    let second = downlink.open(StreamKind::events).expect("a stream");
    downlink.hold().entered(asker(&first), None, entered(0));
    arrive(&downlink, message(1));
    assert_eq!(waiting(&first).await, ["reply", "message 1"]);
    assert_eq!(waiting(&second).await, ["message 1"]);
}

#[tokio::test]
async fn an_enter_by_post_is_for_the_event_streams() {
    let downlink = in_lobby();
    arrive(&downlink, message(1));
    let socket = downlink.open(StreamKind::socket).expect("a stream");
    let events = downlink.open(StreamKind::events).expect("a stream");
    downlink.hold().entered(Asker::Post, None, entered(1));
    assert_eq!(waiting(&events).await, ["message 1"]);
    assert!(waiting(&socket).await.is_empty());

    let later = downlink.open(StreamKind::events).expect("a stream");
    downlink
        .hold()
        .entered(Asker::Post, Some(&resume(0)), entered(1));
    assert_eq!(waiting(&later).await, ["message 1"]);
    assert!(waiting(&events).await.is_empty(), "it had entered");
}

#[tokio::test]
async fn an_enter_by_post_before_any_stream_waits_for_it() {
    let downlink = downlink();
    downlink.hold().entered(Asker::Post, None, entered(0));
    arrive(&downlink, message(1));
    let events = downlink.open(StreamKind::events).expect("a stream");
    arrive(&downlink, message(2));
    assert_eq!(waiting(&events).await, ["message 1", "message 2"]);
}

#[tokio::test]
async fn debug_shows_sizes_and_no_text() {
    let downlink = in_lobby();
    let stream = downlink.open(StreamKind::socket).expect("a stream");
    let arrive_canary = |frame: &'static str| {
        let canary = Arrival::Deliver(Delivery {
            channel: channel(),
            run: RUN,
            sequence: Sequence::new(1),
            frame: frame.into(),
        });
        arrive(&downlink, canary);
    };
    arrive_canary("a canary for all sessions");
    arrive_canary("another canary for this one");
    let _hold = downlink.hold();
    arrive_canary("a canary that is held back");
    {
        let state = downlink.lock();
        assert_eq!(state.logs[0].1.view().after(None).count(), 1);
        assert_eq!(state.held.len(), 1);
    }
    let shown = format!("{downlink:?} {downlink:#?} {stream:?}");
    assert!(shown.contains("2 frames, 52 bytes"), "the outbox: {shown}");
    assert!(shown.contains("1 frames, 25 bytes"), "the ring: {shown}");
    assert!(shown.contains("1: 27 bytes"), "the log: {shown}");
    let as_numbers = format!("{:?}", b"canary");
    for hidden in ["canary", as_numbers.trim_matches(['[', ']'])] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[tokio::test]
async fn a_session_has_eight_streams_at_most() {
    let downlink = downlink();
    let open = || downlink.open(StreamKind::socket);
    let mut streams: Vec<_> = (0..STREAMS).map(|_| open().expect("a stream")).collect();
    assert_eq!(open().expect_err("one too many").code, ErrorCode::Busy);
    downlink.until(|open| open == STREAMS).await;
    streams.pop();
    assert!(open().is_ok());
}

#[tokio::test]
async fn a_session_that_ends_answers_its_logout_first() {
    let downlink = downlink();
    let asked = downlink.open(StreamKind::socket).expect("a stream");
    let other = downlink.open(StreamKind::socket).expect("a stream");
    downlink.end(CloseCode::Done, Some(&asker(&asked)), Ok(()));
    let words = |frames: VecDeque<Bytes>| frames.iter().map(word).collect::<Vec<_>>();
    let frames = asked.outbox.take().await.expect("frames");
    assert_eq!(words(frames), ["reply", "close done"]);
    let frames = other.outbox.take().await.expect("frames");
    assert_eq!(words(frames), ["close done"]);
    let refused = downlink.open(StreamKind::socket).expect_err("it is over");
    assert_eq!(refused.code, ErrorCode::NotSignedIn);
}

#[tokio::test]
async fn a_stop_tells_pages_to_come_back() {
    let downlink = downlink();
    let stream = downlink.open(StreamKind::events).expect("a stream");
    downlink.resume_later(700);
    let frames = stream.outbox.take().await.expect("frames");
    let words: Vec<_> = frames.iter().map(word).collect();
    assert_eq!(words, ["resume", "close resume"]);
}
