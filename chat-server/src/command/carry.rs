//! `session.carry`.

use std::net::IpAddr;

use wire_format::{ErrorCode, command::session::Carry};

use super::{Answered, Call};
use crate::phase::Greeted;

/// Believes a proxy that knows the key about the address of its client.
pub(super) fn run(greeted: &Greeted, call: &mut Call<'_>, carry: &Carry) -> Answered {
    let key = call.node.proxy_key.as_ref().ok_or(ErrorCode::NotAllowed)?;
    if !key.verify(&greeted.challenge, &carry.address, &carry.proof) {
        return Err(ErrorCode::NotAllowed.into());
    }
    let address: IpAddr = carry.address.parse().map_err(|_| ErrorCode::Malformed)?;
    *call.client = address;
    call.entry.exempt();
    call.done()
}
