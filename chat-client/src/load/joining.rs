//! Bringing all connections in, several at a time.

use std::{
    future::poll_fn,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::pin,
    task::Poll,
};

use futures_util::{Stream as _, StreamExt as _, stream};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::{
    error::LoadError,
    hall::Hall,
    plan::Seat,
    wire::{Joined, Wire},
};

/// Brings everyone in; tells `progress` how many are.
pub(super) async fn join_all<W: Wire>(
    hall: &mut Hall<'_, W>,
    seats: &[Seat],
    mut progress: impl FnMut(usize),
) -> Result<(), LoadError> {
    let wire = hall.wire;
    let mut joined = 0;
    let joins = stream::iter(seats)
        .map(|seat| timeout(wire.patience(), join(wire, *seat, seats.len())))
        .buffer_unordered(wire.joins_at_once().max(1));
    let mut joins = pin!(joins);
    poll_fn(|cx| {
        while let Poll::Ready(next) = joins.as_mut().poll_next(cx) {
            let Some(outcome) = next else {
                return Poll::Ready(Ok(()));
            };
            let (seat, stream, welcome) = outcome.map_err(|_| LoadError::TimedOut(joined))??;
            hall.admit(seat, stream, welcome);
            joined += 1;
            progress(joined);
        }
        hall.turn(cx)?;
        Poll::Pending
    })
    .await
}

async fn join<W: Wire>(
    wire: &W,
    seat: Seat,
    seats: usize,
) -> Result<(Seat, TcpStream, Joined), LoadError> {
    let address = wire.address();
    let refused = |error: io::Error| match error.raw_os_error() {
        Some(TOO_MANY_FILES) => LoadError::OpenFiles { wanted: seats },
        _ => LoadError::Connect { address, error },
    };
    let mut stream = connect(address, seat.number).await.map_err(refused)?;
    let welcome = wire.join(&mut stream, &seat).await?;
    Ok((seat, stream, welcome))
}

/// Connects; on loopback from 127.0.0.1, 127.0.0.2, …, since one address has some 28 000 ports.
async fn connect(address: SocketAddr, number: usize) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    let host = u8::try_from(number / CONNECTIONS_PER_ADDRESS + 1);
    if let (IpAddr::V4(to), Ok(host @ 2..=254)) = (address.ip(), host)
        && to.is_loopback()
    {
        socket.bind((IpAddr::V4(Ipv4Addr::new(127, 0, 0, host)), 0).into())?;
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// `EMFILE`: errno(3).
const TOO_MANY_FILES: i32 = 24;
/// Connections from one loopback address.
const CONNECTIONS_PER_ADDRESS: usize = 4_000;
