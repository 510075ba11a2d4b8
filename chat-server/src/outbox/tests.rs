use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
};

use super::*;

async fn pair(bytes: usize, deadline: Duration) -> (Arc<Outbox>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (reader, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let socket = accepted.expect("a socket").0;
    let shared = Outboxes {
        tracker: TaskTracker::new(),
        figures: Arc::new(Figures::new()),
        when_full: WhenFull::Cut,
        bytes,
        deadline,
    };
    (
        Outbox::plain(Arc::new(shared), socket),
        reader.expect("a socket"),
    )
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
