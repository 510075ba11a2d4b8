//! What the server's administrators do (docs/protocol.md#1415-reports).

pub(super) mod list;
pub(super) mod mode;
pub(super) mod settle;
