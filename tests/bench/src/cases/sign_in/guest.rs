//! One browser session, step by step.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail};
use chat_client::load::{Browser, Kind, Notation, Seat, Stamp, Wire};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::bench::ROOM;

/// A guest in the room.
pub(super) struct Guest {
    wire: Browser,
    seat: Seat,
    stream: TcpStream,
    arrived: Vec<u8>,
    said: u64,
}

impl Guest {
    /// Signs in, opens its WebSocket, enters the room and waits for the room's key.
    ///
    /// # Errors
    /// The proxy refuses.
    pub(super) async fn join(address: SocketAddr, number: usize) -> anyhow::Result<Self> {
        let wire = Browser::new(address, &address.to_string(), ROOM.to_owned())?;
        let seat = Seat {
            number,
            room: 0,
            listens: true,
            publishes: true,
        };
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let joined = timeout(PATIENCE, wire.join(&mut stream, &seat)).await;
        let joined = joined.context("a guest does not come in")??;
        Ok(Self {
            wire,
            seat,
            stream,
            arrived: joined.left,
            said: 0,
        })
    }

    /// Publishes a message.
    ///
    /// # Errors
    /// The connection is gone.
    pub(super) async fn say(&mut self) -> anyhow::Result<()> {
        let mut text = [b'x'; TEXT_BYTES];
        let stamp = Stamp {
            run: 0,
            publisher: 0,
            number: self.said,
            due: 0,
        };
        stamp.write(Notation::Hex, &mut text);
        self.said += 1;
        let mut out = Vec::new();
        self.wire.publish(&self.seat, &text, &mut out);
        Ok(self.stream.write_all(&out).await?)
    }

    /// Waits for the next message that was opened.
    ///
    /// # Errors
    /// The proxy ends the session, or nothing comes.
    pub(super) async fn hears(&mut self) -> anyhow::Result<()> {
        let heard = timeout(PATIENCE, self.next_delivery()).await;
        heard.context("no message comes")?
    }

    async fn next_delivery(&mut self) -> anyhow::Result<()> {
        loop {
            while let Some(cut) = self.wire.cut(&self.arrived)? {
                let (bytes, is_delivery) = match cut.kind {
                    Kind::Delivery(_) => (cut.bytes, true),
                    Kind::Closed(reason) => bail!("the proxy ended a session: {reason}"),
                    Kind::Answer(answer) => {
                        self.stream.write_all(&answer).await?;
                        (cut.bytes, false)
                    }
                    Kind::Other => (cut.bytes, false),
                };
                self.arrived.drain(..bytes);
                if is_delivery {
                    return Ok(());
                }
            }
            if self.stream.read_buf(&mut self.arrived).await? == 0 {
                bail!("the proxy ended a session without a word");
            }
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(20);
const TEXT_BYTES: usize = 128;
