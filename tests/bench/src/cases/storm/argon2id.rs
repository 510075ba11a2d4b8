//! argon2id alone, as the chat-server hashes with it.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use argon2::{Algorithm, Argon2, Params, Version};

use crate::pin;

/// Time from one hash to the next with so many workers on both cores, in µs.
///
/// # Errors
/// The parameters are none, or a thread cannot be started.
pub(super) fn alone(workers: usize, span: Duration) -> anyhow::Result<f64> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    let argon2id = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let me = std::process::id();
    pin::pin(me, pin::BOTH_CORES)?;
    let each = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|_| scope.spawn(|| work(&argon2id, span)))
            .collect();
        let rates = workers.into_iter().map(|worker| worker.join().ok()?);
        rates.sum::<Option<f64>>()
    });
    pin::pin(me, pin::GENERATOR_CORE)?;
    Ok(1e6 / each.context("argon2id refuses")?)
}

/// Hashes a second, with fresh memory for each as a sign-in has it.
fn work(argon2id: &Argon2<'_>, span: Duration) -> Option<f64> {
    let begun = Instant::now();
    let mut hashes = 0.0;
    while begun.elapsed() < span {
        let mut hash = [0; 32];
        argon2id
            .hash_password_into(&[7; 32], &[9; 16], &mut hash)
            .ok()?;
        hashes += 1.0;
    }
    Some(hashes / begun.elapsed().as_secs_f64())
}

/// As chat-server/src/account/password.rs has them.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
