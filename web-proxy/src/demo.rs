//! `--demo`: four accounts to try things out with.
//!
//! No server makes keys (docs/protocol.md#14-end-to-end-rooms), and this one does not either: the
//! program is their client for a moment, over the embedded server's own socket, and no rule of
//! accounts is passed by. But whoever has the machine has had these keys, so they are for trying out.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::Path,
};

use chat_client::{AccountError, AccountServer, Registration, account::Rehearsal};
use chat_server::store::{
    Database, Location, Store as _, StoreError,
    accounts::{AccountName, FindAccount, ListAccounts},
    server::{self, ReadIdentity, ReadRegistration},
};
use futures_util::future::try_join_all;
use web_proxy::settings::plain;
use wire_format::{
    OneTimeToken,
    passwords::{Password, PasswordError, RecoveryCode, ServerName},
};
use zeroize::Zeroizing;

/// Who is made; the first one is the administrator.
const NAMES: [&str; 4] = ["admin", "alice", "bob", "charlie"];
/// Crockford's base32 in lower case: nothing in it is taken for something else.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a password: 100 bits, which nobody guesses.
const PASSWORD_CHARACTERS: usize = 20;
/// Characters between two hyphens.
const GROUP: usize = 5;

/// Whether the accounts were made now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Made {
    /// They were, and the setup token is used up.
    Now,
    /// They are from an earlier start.
    Before,
}

/// Why there is no demo; the program does not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error(
        "--demo makes accounts on new data, and these have other ones: name a new folder with --data"
    )]
    OtherAccounts,
    #[error(
        "--demo: an earlier start ended before all its accounts were made: name a new folder with --data"
    )]
    Unfinished,
    #[error(
        "--demo: registering is {0} on these data; `chat-server registration open` lets people in"
    )]
    NotOpen(&'static str),
    #[error("--demo: the chat-server gave out no setup token")]
    NoSetupToken,
    #[error("--demo: the data cannot be read")]
    Store(#[from] StoreError),
    #[error("--demo: the accounts are not whole; begin again with a new folder for --data")]
    Account(#[from] AccountError),
    #[error("--demo: a password cannot be used")]
    Password(#[from] PasswordError),
    #[error("standard output is closed, and the passwords were for it")]
    Print(#[from] io::Error),
}

/// Makes the accounts on data without any, and prints what opens them before they are made; says so
/// where they are there.
///
/// A dropped future leaves some of the accounts, whose passwords were printed.
///
/// # Errors
/// [`DemoError`]; before anything is made for data that are not new.
pub(crate) async fn run(
    address: SocketAddr,
    data: &Path,
    setup_token: Option<OneTimeToken>,
) -> Result<Made, DemoError> {
    let store = Database::open_present(Location::Sqlite(data.into())).await?;
    let looked = look(&store).await;
    store.close().await;
    let Some(server_name) = looked? else {
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "the demo accounts are there already: {}; their passwords were printed when they were made",
            NAMES.join(", ")
        )?;
        return Ok(Made::Before);
    };
    let setup_token = setup_token.ok_or(DemoError::NoSetupToken)?;
    let server = AccountServer {
        client: concat!("web-proxy/", env!("CARGO_PKG_VERSION"), " --demo").to_owned(),
        accepted: Some(server_name),
        ..AccountServer::new(plain(address))
    };
    let people: Vec<_> = NAMES.into_iter().map(Secrets::draw).collect();
    print(&people)?;
    let mut invitations = [Some(setup_token)].into_iter();
    try_join_all(people.into_iter().map(|person| {
        let invitation = invitations.next().flatten();
        person.register(server.clone(), invitation)
    }))
    .await?;
    Ok(Made::Now)
}

/// What the server on new data is called; `None` if the accounts are there.
async fn look(store: &Database) -> Result<Option<ServerName>, DemoError> {
    let list = ListAccounts {
        after: None,
        limit: 1,
    };
    if store.read(list).await?.is_empty() {
        let mode = store.read(ReadRegistration).await?;
        if mode != server::Registration::Open {
            return Err(DemoError::NotOpen(mode.as_str()));
        }
        let identity = store.read(ReadIdentity).await?;
        // The server runs, so it has one.
        let name = identity.and_then(|identity| ServerName::parse(&identity.name).ok());
        return Ok(Some(name.unwrap_or_else(ServerName::localhost)));
    }
    let mut found = 0;
    for name in NAMES {
        let name = AccountName::prepare(name).ok_or(DemoError::OtherAccounts)?;
        found += usize::from(store.read(FindAccount::ByName(name)).await?.is_some());
    }
    match found {
        0 => Err(DemoError::OtherAccounts),
        found if found < NAMES.len() => Err(DemoError::Unfinished),
        _ => Ok(None),
    }
}

/// What opens an account.
struct Secrets {
    name: &'static str,
    password: Zeroizing<String>,
    code: RecoveryCode,
}

impl Secrets {
    fn draw(name: &'static str) -> Self {
        let drawn = Zeroizing::new(rand::random::<[u8; PASSWORD_CHARACTERS]>());
        let mut password = Zeroizing::new(String::with_capacity(2 * PASSWORD_CHARACTERS));
        for (place, byte) in drawn.iter().enumerate() {
            if place > 0 && place.is_multiple_of(GROUP) {
                password.push('-');
            }
            password.push(char::from(ALPHABET[usize::from(byte % 32)]));
        }
        Self {
            name,
            password,
            code: RecoveryCode::generate(&mut rand::rng()),
        }
    }

    /// Registers, and leaves no session behind.
    async fn register(
        self,
        server: AccountServer,
        invitation: Option<OneTimeToken>,
    ) -> Result<(), DemoError> {
        let mut registration = Registration::begin(server, self.name).await?;
        registration.invitation = invitation;
        let password = Password::prepare(&self.password)?;
        // Nobody has typed the code back.
        let registered = registration.register(password, self.code, Rehearsal::Skipped);
        registered.await?.logout().await?;
        Ok(())
    }
}

/// Prints what is not shown again, in one write.
fn print(people: &[Secrets]) -> io::Result<()> {
    let mut lines = Zeroizing::new(String::with_capacity(PRINTED_BYTES));
    lines.push_str(
        "demo accounts, for trying out only: their keys are made where the server runs. \
         This is not shown again:\n",
    );
    for person in people {
        lines.push_str("demo account ");
        lines.push_str(person.name);
        lines.push_str(": password ");
        lines.push_str(&person.password);
        lines.push_str(", recovery code ");
        lines.push_str(&person.code.to_text());
        lines.push('\n');
    }
    let mut out = io::stdout().lock();
    out.write_all(lines.as_bytes())?;
    out.flush()
}

/// More than is printed, so that no copy is left where the text grew.
const PRINTED_BYTES: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_unlike_each_other() {
        let drawn: Vec<_> = NAMES.into_iter().map(Secrets::draw).collect();
        for person in &drawn {
            let groups: Vec<_> = person.password.split('-').collect();
            assert!(groups.len() == 4 && groups.iter().all(|group| group.len() == GROUP));
            assert!(Password::prepare(&person.password).is_ok());
            let same = drawn.iter().filter(|one| one.password == person.password);
            assert_eq!(same.count(), 1);
        }
    }
}
