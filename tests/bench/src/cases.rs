//! The cases: what is started, and what load is put on it.

mod browser;
mod hold;
mod idle;
mod raw;
mod sign_in;

pub(crate) use self::hold::hold;
use crate::bench::Bench;

/// Measures every case that is wanted.
///
/// # Errors
/// One of Sealwire's programs does not start.
pub(crate) async fn all(bench: &mut Bench) -> anyhow::Result<()> {
    for repetition in 0..bench.options.repetitions() {
        raw::measure(bench).await?;
        idle::measure(bench, repetition).await?;
        browser::measure(bench).await?;
        sign_in::measure(bench).await;
    }
    Ok(())
}
