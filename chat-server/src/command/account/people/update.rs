//! `accounts.update`.

use std::sync::Arc;

use wire_format::{ErrorCode, Refusal, command::accounts::Update};

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    names,
    store::accounts::SetDisplay,
};

/// Sets the name that the account shows beside its own. Nobody is told: whoever looks sees it.
///
/// A dropped future leaves it set or not.
pub(super) async fn run(
    errand: Errand,
    own: Arc<AccountSession>,
    update: Update,
) -> Result<Turn, Refusal> {
    let display = names::prepare_display(&update.display).ok_or(ErrorCode::NameInvalid)?;
    let account = own.member();
    errand.write(SetDisplay { account, display }).await?;
    errand.done()
}
