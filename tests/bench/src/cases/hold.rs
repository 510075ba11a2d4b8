//! The hold.

use std::process::ExitCode;

use crate::{cli::Options, servers::Programs};

pub(crate) async fn hold(
    _programs: &Programs,
    _options: &Options,
    _seconds: u64,
) -> anyhow::Result<ExitCode> {
    Ok(ExitCode::SUCCESS)
}
