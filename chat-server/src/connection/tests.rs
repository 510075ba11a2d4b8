use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::{admission::Admitted, room::Seat, session::Session, settings::Settings};

/// What the connection's future may hold: itself (232 bytes), a timer (112), the read buffer (32)
/// and what reading, one batch of frames and the last moments need.
const FUTURE_BYTES: usize = 600;
/// The socket, its state and the wakers of two tasks.
const OUTBOX_BYTES: usize = 128;
/// Member id, name, whose account, the list of rooms and where an announcement would be.
const SESSION_BYTES: usize = 120;
/// A position in the room's stream, what to leave out of it, and the outbox.
const SEAT_BYTES: usize = 48;

/// Ten thousand idle connections are ten thousand times this: whoever adds a field here has it
/// weighed, in docs/speed.md and above.
#[tokio::test]
async fn an_idle_connection_stays_small() {
    let settings = Settings::default();
    let node = Arc::new(Node::new(
        &settings,
        None,
        Arc::default(),
        None,
        Arc::new(crate::figures::Figures::new()),
        None,
    ));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (stream, peer) = accepted.expect("a connection");
    let pass = node.admission.pass().await.expect("a permit");
    let Admitted::In(entry) = node.admission.admit(pass, peer.ip()) else {
        panic!("there is a place");
    };
    let future = serve(node, stream, peer, entry);
    let sizes = [
        ("future", size_of_val(&future), FUTURE_BYTES),
        ("outbox", size_of::<Outbox>(), OUTBOX_BYTES),
        ("session", size_of::<Session>(), SESSION_BYTES),
        ("seat", size_of::<Seat>(), SEAT_BYTES),
    ];
    let grown: Vec<_> = sizes.iter().filter(|(_, is, most)| is > most).collect();
    assert!(grown.is_empty(), "{grown:?} of {sizes:?}");
    drop(client);
}
