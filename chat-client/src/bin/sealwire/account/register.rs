//! `sealwire register`: makes an account.

use chat_client::{Registration, account::Rehearsal};
use wire_format::passwords::RecoveryCode;

use super::{at::At, code::Sink, flags::Register, home::Home, secrets, state::State, whoami};
use crate::{cli::Format, exit::Failure};

pub(super) async fn run(
    at: At,
    home: Home,
    format: Format,
    flags: Register,
) -> Result<(), Failure> {
    // All that can be refused here is refused before the server hears of a name.
    let mut sink = Sink::choose(&flags.code)?;
    let server = at.server()?;
    let endpoint = server.endpoint.clone();
    let mut registration = Registration::begin(server, &flags.name).await?;
    registration.invitation = flags.invitation;
    let password = secrets::first_password(&flags.password).await?;
    let code = RecoveryCode::generate(&mut rand::rng());
    let rehearsal = sink.keep(&code).await?;
    let registered = registration.register(password, code, rehearsal).await;
    let account = registered.map_err(|error| sink.refused(error))?;
    let rehearsed = Some(rehearsal == Rehearsal::Done);
    let state = State::new(&endpoint, at.absolute_ca()?, rehearsed, &account);
    home.save(&state)?;
    let printed = whoami::print(format, &account, &state);
    account.close().await;
    printed
}
