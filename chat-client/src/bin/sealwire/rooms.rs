//! `sealwire rooms`: what rooms a server has.

use std::io::{self, Write as _};

use crate::{cli::Guest, exit::Failure, guest, plain::visible};

pub(crate) async fn run(guest: Guest) -> Result<(), Failure> {
    let (session, _events) = guest::sign_in(guest).await?;
    let rooms = session.rooms().await.map_err(Failure::Call);
    session.logout().await;
    let mut out = io::stdout().lock();
    for room in rooms?.rooms {
        let name = visible(&room.name);
        writeln!(out, "{}\t{name}", room.members).map_err(Failure::Output)?;
    }
    out.flush().map_err(Failure::Output)
}
