//! Browser sessions.

use crate::bench::Bench;

pub(super) async fn measure(_bench: &mut Bench) -> anyhow::Result<()> {
    Ok(())
}
