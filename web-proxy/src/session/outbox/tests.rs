use tokio::{io::AsyncReadExt, net::TcpListener};

use super::*;

fn frame(length: usize) -> Bytes {
    vec![0; length].into()
}

fn close_of(frames: Option<VecDeque<Bytes>>) -> Bytes {
    let mut frames = frames.expect("frames");
    frames.pop_back().expect("a frame")
}

#[tokio::test]
async fn frames_leave_in_order_and_the_close_is_last() {
    let outbox = Outbox::default();
    assert_eq!(outbox.push(frame(1)), Taken::Yes);
    assert_eq!(outbox.push(frame(2)), Taken::Yes);
    assert!(outbox.close(CloseCode::Done));
    assert!(!outbox.close(CloseCode::Resume));
    assert_eq!(outbox.push(frame(3)), Taken::Closed);
    let frames = outbox.take().await.expect("frames");
    let lengths: Vec<_> = frames.iter().map(Bytes::len).collect();
    assert_eq!(lengths, [1, 2, 11]);
    assert_eq!(outbox.take().await, None);
}

#[tokio::test(start_paused = true)]
async fn one_frame_too_many_closes_the_stream() {
    let outbox = Outbox::default();
    for _ in 0..FRAMES {
        assert_eq!(outbox.push(frame(1)), Taken::Yes);
    }
    assert_eq!(outbox.push(frame(1)), Taken::TooSlow);
    outbox.overdue().await;
    let close = close_of(outbox.take().await);
    assert_eq!(&close[..3], [8, 0, 5], "a close frame, too_slow");
    assert_eq!(outbox.take().await, None);
}

#[tokio::test]
async fn one_byte_too_many_closes_the_stream() {
    let outbox = Outbox::default();
    assert_eq!(outbox.push(frame(BYTES)), Taken::Yes);
    assert_eq!(outbox.push(frame(1)), Taken::TooSlow);
    assert_eq!(close_of(outbox.take().await)[2], 5);
}

#[tokio::test]
async fn a_waiting_reader_is_woken() {
    let outbox = std::sync::Arc::new(Outbox::default());
    let reader = tokio::spawn({
        let outbox = outbox.clone();
        async move { outbox.take().await.map(|frames| frames.len()) }
    });
    tokio::task::yield_now().await;
    outbox.push(frame(1));
    assert_eq!(reader.await.expect("no panic"), Some(1));
}

/// Both ends of a connection.
async fn connection() -> (Arc<TcpStream>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (far, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (near, _) = accepted.expect("a connection");
    near.writable().await.expect("a connection");
    (Arc::new(near), far.expect("a connection"))
}

#[tokio::test]
async fn what_comes_is_written_at_once_and_in_order() {
    let (near, mut far) = connection().await;
    let outbox = Outbox::default();
    outbox.push(Bytes::from_static(b"early"));
    outbox.write_to(near.clone());
    assert_eq!(outbox.push(Bytes::from_static(b"second")), Taken::Yes);
    let chunk = outbox.chunk().await.expect("what came before");
    assert_eq!(chunk, b"\x82\x05early\x82\x06second");
    assert_eq!(outbox.push(Bytes::from_static(b"behind it")), Taken::Yes);
    assert_eq!(outbox.lock().frames.len(), 1, "a chunk is being written");
    let chunk = outbox.chunk().await.expect("more");
    assert_eq!(chunk, b"\x82\x09behind it");
    {
        let no_more = outbox.chunk();
        tokio::pin!(no_more);
        let waits = tokio::select! {
            biased;
            _ = &mut no_more => false,
            () = tokio::task::yield_now() => true,
        };
        assert!(waits);
    }
    let batch = [Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    assert_eq!(outbox.push_all(&batch), Taken::Yes);
    assert!(outbox.close(CloseCode::Done));
    assert_eq!(outbox.chunk().await, None, "nothing is left for the task");
    let mut read = [0; 10];
    far.read_exact(&mut read).await.expect("two messages");
    assert_eq!(&read, b"\x82\x03one\x82\x03two");
    let mut close = [0; 5];
    far.read_exact(&mut close).await.expect("a close frame");
    assert_eq!(close, [0x82, 11, 8, 0, 1]);
}

#[tokio::test]
async fn a_page_that_is_behind_loses_nothing_and_is_cut_when_it_is_too_far() {
    let (near, mut far) = connection().await;
    let outbox = Outbox::default();
    outbox.write_to(near.clone());
    let frame = frame(60_000);
    let mut pushed = 0;
    while outbox.push(frame.clone()) == Taken::Yes {
        pushed += 1;
    }
    // What the operating system took, what was written in part, and the bytes that may wait.
    assert!(pushed * 60_000 > BYTES, "{pushed} frames");
    assert!(outbox.is_closed());
    let writing = async {
        while let Some(chunk) = outbox.chunk().await {
            let mut left = &chunk[..];
            while !left.is_empty() {
                near.writable().await.expect("a connection");
                let written = near.try_write(left).unwrap_or(0);
                left = &left[written..];
            }
        }
    };
    let close = close_message(CloseCode::TooSlow);
    let reading = async {
        let mut read = Vec::new();
        while !read.ends_with(&close) {
            far.read_buf(&mut read).await.expect("more");
        }
        read.len() - close.len()
    };
    let ((), read) = tokio::join!(writing, reading);
    assert_eq!(read % 60_004, 0, "whole messages");
}

#[tokio::test]
async fn the_newest_answers_go_between_two_messages() {
    let outbox = Outbox::default();
    outbox.push(Bytes::from_static(b"frame"));
    outbox.answer(b"\x8a\x03old".to_vec());
    outbox.answer(b"\x8a\x03new".to_vec());
    let chunk = outbox.chunk().await.expect("answers");
    assert_eq!(chunk, b"\x8a\x03new\x82\x05frame");
}

#[tokio::test(start_paused = true)]
async fn a_goodbye_is_counted_from_the_close() {
    let outbox = Outbox::default();
    outbox.close(CloseCode::Done);
    tokio::time::sleep(GOODBYE * 2 / 3).await;
    let begin = Instant::now();
    outbox.overdue().await;
    assert_eq!(begin.elapsed().as_secs(), 1);
}
