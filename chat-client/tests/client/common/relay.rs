//! Something between a client and a server that can cut, and that sees every byte.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
    task::JoinHandle,
};

pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    cuts: watch::Sender<u32>,
    bytes: Arc<Mutex<Vec<u8>>>,
    task: JoinHandle<()>,
}

impl Relay {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        Self::passing(server, usize::MAX).await
    }

    /// One that hands on a byte at a time.
    pub(crate) async fn dripping_to(server: SocketAddr) -> Self {
        Self::passing(server, 1).await
    }

    async fn passing(server: SocketAddr, most: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (cuts, cut) = watch::channel(0);
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&bytes);
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let mut cut = cut.clone();
                cut.mark_unchanged();
                let far = TcpStream::connect(server).await.expect("the server");
                let (near_read, near_write) = near.into_split();
                let (far_read, far_write) = far.into_split();
                let (up, down) = (Arc::clone(&seen), Arc::clone(&seen));
                tokio::spawn(async move {
                    tokio::select! {
                        () = pass(near_read, far_write, up, most) => {}
                        () = pass(far_read, near_write, down, most) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        Self {
            address,
            cuts,
            bytes,
            task,
        }
    }

    /// Cuts every connection; new ones are relayed.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Whether these bytes went through, in either direction.
    pub(crate) fn saw(&self, needle: &[u8]) -> bool {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        bytes.windows(needle.len()).any(|window| window == needle)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Passes bytes on, at most so many in one segment.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    seen: Arc<Mutex<Vec<u8>>>,
    most: usize,
) {
    // Without waiting for more: each piece is a segment of its own.
    to.as_ref().set_nodelay(true).expect("an option");
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(&buffer[..read]);
        for piece in buffer[..read].chunks(most.min(4096)) {
            if to.write_all(piece).await.is_err() {
                return;
            }
        }
    }
}
