//! A Sealwire client: connect, enter sealed rooms, send, listen, resume.
//!
//! The crate promises *not* to know a user interface, a file or a setting; not to keep a key longer
//! than its session, or an account's longer than its caller; not to send a text that is not sealed,
//! nor to fall back from TLS to plain TCP.
//!
//! ```text
//!  Session ──▶ driver ──▶ SealedRoom (no socket, no clock) ──▶ Keyring (shared by a process)
//!                └──────▶ Connection ──▶ TCP or TLS ──▶ chat-server
//! ```
//!
//! In reading order:
//! * [`endpoint`], [`tls`]: where the server is and whom to believe,
//! * [`connection`]: frames, request ids, heartbeat,
//! * [`room`]: the state machine of one proxy-sealed room,
//! * [`keyring`]: what the sessions of one process share,
//! * [`session`]: all of it together, over one connection after another,
//! * [`account`]: registering and signing in, the vault, others' keys, over one connection,
//! * [`conversation`]: the state of one end-to-end conversation,
//! * [`conversations`]: those of an account, over its connection,
//! * [`jwe`]: a message for other programs, sealed to accounts' wrap keys,
//! * [`load`]: many connections at once, and what they cost a server,
//! * [`backoff`], [`clock`], [`error`].
//!
//! ```no_run
//! # async fn talk() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use chat_client::session::{Session, SessionEvent, SessionSettings};
//! use rand::RngExt;
//! use wire_format::{GuestToken, MessageId, SessionKeys};
//!
//! let keys = Arc::new(SessionKeys::generate(&mut rand::rng())?);
//! let token = GuestToken::from_bytes(rand::rng().random());
//! let settings = SessionSettings::new("127.0.0.1:4444".parse()?, "alice", token, keys);
//! let (session, mut events) = Session::connect(settings).await?;
//! let room = session.enter("lobby").await?.id;
//! let message = MessageId::from_bytes(rand::rng().random());
//! session.send_text(room, message, "Hello!").await?;
//! while let Some(SessionEvent::Room { happened, .. }) = events.next().await {
//!     println!("{happened:?}");
//! }
//! session.logout().await;
//! # Ok(())
//! # }
//! ```

pub mod account;
pub mod backoff;
pub mod clock;
pub mod connection;
pub mod conversation;
pub mod conversations;
pub mod endpoint;
pub mod error;
pub mod greeted;
pub mod jwe;
pub mod keyring;
#[cfg(feature = "load")]
pub mod load;
pub mod room;
pub mod session;
pub mod tls;

pub use account::{Account, AccountError, AccountServer, Registration, SignIn};
pub use backoff::Backoff;
pub use connection::Connection;
pub use conversation::Conversation;
pub use conversations::Conversations;
pub use endpoint::Endpoint;
pub use error::{CallError, ConnectError, Ended};
pub use greeted::Greeted;
pub use keyring::Keyring;
pub use room::SealedRoom;
pub use session::{Session, SessionEvent, SessionEvents, SessionSettings};
pub use tls::Trust;
