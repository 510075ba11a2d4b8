//! Writing without waiting: a connection that sends and reads at the same time.

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use wire_format::{ClientFrame, Deliver, ServerFrame};

use super::Wire;
use crate::program::PATIENCE;

impl Wire {
    /// Sends all these frames as fast as the socket takes them, and reads meanwhile, until all were
    /// sent and `hear` has had enough: it is given every delivery and answers whether it goes on.
    /// Pings are answered; other frames are dropped.
    ///
    /// # Panics
    /// If the connection ends first, or nothing moves for a minute.
    pub async fn burst(
        &mut self,
        frames: impl IntoIterator<Item = Bytes>,
        mut hear: impl FnMut(Deliver) -> bool,
    ) {
        let mut frames = frames.into_iter();
        let (mut pongs, mut listening) = (Vec::new(), true);
        loop {
            let Some(mut sending) = pongs.pop().or_else(|| frames.next()) else {
                if !listening {
                    return;
                }
                self.fill().await;
                listening = self.hear_all(&mut hear, &mut pongs, listening);
                continue;
            };
            while !sending.is_empty() {
                let (mut reader, mut writer) = self.stream.split();
                let moved = async {
                    tokio::select! {
                        read = reader.read_buf(&mut self.buffer) => read,
                        sent = writer.write_buf(&mut sending) => sent,
                    }
                };
                let moved = timeout(PATIENCE, moved).await;
                let moved = moved.expect("a server that takes or says something within a minute");
                assert!(matches!(moved, Ok(1..)), "the connection ended: {moved:?}");
                listening = self.hear_all(&mut hear, &mut pongs, listening);
            }
        }
    }

    /// Reads what there is.
    async fn fill(&mut self) {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.buffer)).await;
        let read = read.expect("a server that says something within a minute");
        assert!(matches!(read, Ok(1..)), "the connection ended: {read:?}");
    }

    /// Takes the whole frames out of the buffer; gives whether `hear` goes on.
    fn hear_all(
        &mut self,
        hear: &mut impl FnMut(Deliver) -> bool,
        pongs: &mut Vec<Bytes>,
        mut listening: bool,
    ) -> bool {
        while let Some(frame) = self.cut() {
            match frame {
                ServerFrame::Deliver(deliver) => listening = hear(deliver),
                ServerFrame::Ping(token) => pongs.push(ClientFrame::Pong(token).encode().stream()),
                ServerFrame::Close(close) => panic!("closed with {:?}", close.code),
                _ => {}
            }
        }
        listening
    }
}
