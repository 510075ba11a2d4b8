use tokio::{
    io::{AsyncRead, AsyncReadExt, DuplexStream},
    net::{TcpListener, TcpStream},
};
use wire_format::{ChannelId, Deliver, DeliverFlags, MemberId, Millis, Name, Sequence};

use super::*;

fn shared(bytes: usize, deadline: Duration) -> Arc<Outboxes> {
    Arc::new(Outboxes {
        tracker: TaskTracker::new(),
        figures: Arc::new(Figures::new()),
        when_full: WhenFull::Cut,
        bytes,
        deadline,
    })
}

async fn pair(bytes: usize, deadline: Duration) -> (Arc<Outbox>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (reader, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let socket = accepted.expect("a socket").0;
    (
        Outbox::plain(shared(bytes, deadline), socket),
        reader.expect("a socket"),
    )
}

/// An outbox with a writing task of its own, and where its bytes arrive.
fn with_a_writer(bytes: usize, deadline: Duration) -> (Arc<Outbox>, DuplexStream) {
    let shared = shared(bytes, deadline);
    let outbox = Outbox::tls(Arc::clone(&shared));
    let (socket, reader) = tokio::io::duplex(64 * 1024);
    let writing = Arc::clone(&outbox);
    let writer = async move { writing.write_tls(socket).await };
    shared.tracker.spawn(writer);
    (outbox, reader)
}

/// A frame of `bytes` bytes in all.
fn frame(bytes: usize, fill: u8) -> Bytes {
    let length = u32::try_from(bytes - 4).expect("small");
    let mut frame = length.to_be_bytes().to_vec();
    frame.resize(bytes, fill);
    frame.into()
}

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_is_sent_arrives_in_order_and_the_close_frame_last() {
    let (outbox, mut reader) = pair(1 << 30, MINUTE).await;
    let frames: Vec<Bytes> = (0..200).map(|fill| frame(64 * 1024, fill)).collect();
    for frame in &frames {
        outbox.send_chunk(frame);
    }
    outbox.close(CloseCode::Done);
    outbox.send_chunk(&frame(5, 0xff));
    let mut read = Vec::new();
    reader.read_to_end(&mut read).await.expect("all of it");
    let expected: Vec<u8> = frames
        .iter()
        .chain([&close_frame(CloseCode::Done)])
        .flatten()
        .copied()
        .collect();
    assert!(read == expected);
    outbox.closed().await;
    assert_eq!(outbox.ending().await, Some(CloseCode::Done));
    assert_eq!(outbox.shared.tracker.len(), 0);
}

#[tokio::test]
async fn a_cut_ends_at_a_frame_with_a_close_frame() {
    let (outbox, mut reader) = pair(1 << 20, MINUTE).await;
    while outbox.lock().ending.is_none() {
        outbox.send_chunk(&frame(300_000, 7));
        tokio::task::yield_now().await;
    }
    let mut read = Vec::new();
    reader.read_to_end(&mut read).await.expect("all of it");
    let close = close_frame(CloseCode::TooSlow);
    assert!(read.ends_with(&close));
    assert_eq!((read.len() - close.len()) % 300_000, 0);
}

#[tokio::test]
async fn an_aborted_outbox_takes_and_sends_nothing() {
    let (outbox, mut reader) = pair(1 << 20, MINUTE).await;
    outbox.abort();
    outbox.send_chunk(&frame(10, 1));
    outbox.close(CloseCode::Done);
    outbox.closed().await;
    assert_eq!(outbox.ending().await, None);
    let mut read = Vec::new();
    reader.read_to_end(&mut read).await.expect("the end");
    assert!(read.is_empty());
}

#[tokio::test]
async fn an_ending_that_nobody_reads_is_given_up() {
    let (outbox, reader) = pair(1 << 30, MINUTE).await;
    for _ in 0..500 {
        outbox.send_chunk(&frame(64 * 1024, 1));
    }
    outbox.close(CloseCode::Done);
    assert!(outbox.lock().queue.bytes() > 0);
    tokio::time::pause();
    outbox.closed().await;
    drop(reader);
}

/// A commit of 100 KiB in a hundred channels.
fn commit() -> Deliver {
    Deliver {
        channel: ChannelId::from_bytes([0; 16]),
        sequence: Sequence::default(),
        time: Millis::new(1),
        flags: DeliverFlags::Commit,
        sender: MemberId::from_bytes([2; 16]),
        name: Name::try_from("Ada").expect("a name"),
        payload: vec![3; 100 * 1024].into(),
    }
}

fn channels() -> impl Iterator<Item = (ChannelId, Sequence)> {
    let place = |byte| {
        (
            ChannelId::from_bytes([byte; 16]),
            Sequence::new(byte.into()),
        )
    };
    (1..=100).map(place)
}

/// The frames of [`commit`] in all its places as a reader gets them, and what is behind them.
fn expected(behind: &[Bytes]) -> Vec<u8> {
    let mut expected = bytes::BytesMut::new();
    for (channel, sequence) in channels() {
        let deliver = Deliver {
            channel,
            sequence,
            ..commit()
        };
        deliver.append_to(&mut expected);
    }
    [&expected[..], &behind.concat()].concat()
}

async fn reads_all(outbox: Arc<Outbox>, mut reader: impl AsyncRead + Unpin) {
    let places = Places::of(commit(), channels());
    assert!(places.bytes() > 20 * outbox.shared.bytes);
    let behind = frame(1000, 9);
    outbox.send_places(&places);
    outbox.send_chunk(&behind);
    assert!(outbox.lock().ending.is_none(), "it is not cut");
    let expected = expected(&[behind]);
    let mut read = vec![0; expected.len()];
    reader.read_exact(&mut read).await.expect("all of it");
    assert!(read == expected);
    outbox.close(CloseCode::Done);
    let mut read = Vec::new();
    reader.read_to_end(&mut read).await.expect("the end");
    assert_eq!(read, close_frame(CloseCode::Done));
    outbox.closed().await;
}

#[tokio::test]
async fn many_places_of_one_payload_fit_an_outbox_that_holds_it_once() {
    let (outbox, reader) = pair(256 * 1024, MINUTE).await;
    reads_all(outbox, reader).await;
    let (outbox, reader) = with_a_writer(256 * 1024, MINUTE);
    reads_all(outbox, reader).await;
}

#[tokio::test]
async fn payloads_in_many_places_fill_an_outbox_as_well() {
    let (outbox, reader) = with_a_writer(256 * 1024, MINUTE);
    for is_too_much in [false, false, true] {
        outbox.send_places(&Places::of(commit(), channels()));
        assert_eq!(outbox.lock().ending.is_some(), is_too_much);
    }
    drop(reader);
}

#[tokio::test(start_paused = true)]
async fn who_takes_a_place_within_the_deadline_is_not_cut_and_who_takes_none_is() {
    let (outbox, mut reader) = with_a_writer(1024 * 1024, MINUTE);
    outbox.send_places(&Places::of(commit(), channels()));
    outbox.send_chunk(&frame(1000, 9));
    let all = expected(&[frame(1000, 9)]);
    // It takes longer than the deadline for all of them, and stops at the last ones.
    let mut read = vec![0; all.len() / 100];
    for part in all.chunks_exact(read.len()).take(90) {
        tokio::time::sleep(MINUTE / 2).await;
        reader.read_exact(&mut read).await.expect("a part");
        assert!(read == part);
    }
    assert!(outbox.lock().ending.is_none());
    tokio::time::sleep(2 * MINUTE).await;
    assert_eq!(outbox.ending().await, Some(CloseCode::TooSlow));
    drop(reader);
}
