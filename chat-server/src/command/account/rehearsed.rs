//! `auth.rehearsed`.

use std::sync::Arc;

use wire_format::Refusal;

use crate::{
    account::AccountSession,
    command::{Turn, errand::Errand},
    store::accounts::MarkRehearsed,
    wall_clock,
};

/// Notes that the present recovery code was typed back. A dropped future leaves it noted or not.
pub(super) async fn run(errand: Errand, own: Arc<AccountSession>) -> Result<Turn, Refusal> {
    let mark = MarkRehearsed {
        account: own.member(),
        now: wall_clock::now(),
    };
    errand.write(mark).await?;
    errand.done()
}
