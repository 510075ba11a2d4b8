//! `sealwire recover`: signs in with the recovery code and sets a new password, or starts with new
//! keys.

use chat_client::account::{Account, Rehearsal};
use wire_format::{
    OneTimeToken,
    passwords::{Password, RecoveryCode},
};

use super::{
    at::At, code::Sink, flags::Recover, home::Home, login::Before, secrets, state::State, whoami,
};
use crate::{cli::Format, exit::Failure};

pub(super) async fn run(at: At, home: Home, format: Format, flags: Recover) -> Result<(), Failure> {
    let mut sink = Sink::choose(&flags.code)?;
    let server = at.server()?;
    let endpoint = server.endpoint.clone();
    let before = Before::find(&home, &server, &flags.name).await?;
    let file = flags.code_file.as_deref();
    let key = if flags.fresh {
        Key::Token(secrets::one_time_token(file).await?)
    } else {
        Key::Code(secrets::recovery_code(file).await?)
    };
    let password = secrets::new_password(&flags.password).await?;
    let sign_in = before.sign_in(server, flags.name);
    let (mut account, rehearsal) = match key {
        Key::Code(code) => {
            let account = sign_in.with_code(code).await?;
            set_password(account, &mut sink, password).await?
        }
        Key::Token(token) => {
            let code = RecoveryCode::generate(&mut rand::rng());
            let rehearsal = sink.keep(&code).await?;
            let account = sign_in.fresh(token, password, code).await;
            (account.map_err(|error| sink.refused(error))?, rehearsal)
        }
    };
    let rehearsed = rehearsal == Rehearsal::Done;
    let state = State::new(&endpoint, at.absolute_ca()?, Some(rehearsed), &account);
    home.save(&state)?;
    if rehearsed {
        account.rehearsed().await?;
    }
    let printed = whoami::print(format, &account, &state);
    account.close().await;
    printed
}

/// What lets somebody in who has no password.
enum Key {
    Code(RecoveryCode),
    Token(OneTimeToken),
}

async fn set_password(
    mut account: Account,
    sink: &mut Sink,
    password: Password,
) -> Result<(Account, Rehearsal), Failure> {
    let code = RecoveryCode::generate(&mut rand::rng());
    let rehearsal = sink.keep(&code).await?;
    let set = account.set_password(password, code).await;
    set.map_err(|error| sink.refused(error))?;
    Ok((account, rehearsal))
}
