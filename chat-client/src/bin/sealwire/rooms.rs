//! `sealwire rooms`: what rooms a server has.

use std::io::{self, Write as _};

use crate::{cli::Visit, exit::Failure, plain::visible, visit};

pub(crate) async fn run(visit: Visit) -> Result<(), Failure> {
    let visitor = visit::sign_in(visit).await?;
    let rooms = visitor.session.rooms().await.map_err(Failure::Call);
    visit::part(&visitor.session).await;
    let mut out = io::stdout().lock();
    for room in rooms?.rooms {
        let name = visible(&room.name);
        writeln!(out, "{}\t{name}", room.members).map_err(Failure::Output)?;
    }
    out.flush().map_err(Failure::Output)
}
