//! The cases: what is started, and what load is put on it.

mod account;
mod browser;
mod chromium;
mod file;
mod hold;
mod idle;
mod raw;
mod reads;
mod rooms;
mod session_check;
mod sign_in;
mod stored;
mod storm;
mod thousand;

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
        reads::measure(bench, repetition).await;
        session_check::measure(bench).await;
        stored::measure(bench).await;
        rooms::measure(bench);
        thousand::measure(bench, repetition).await;
        file::measure(bench, repetition).await;
        chromium::measure(bench).await;
        storm::measure(bench, repetition).await;
    }
    Ok(())
}
