//! Runs fuzz targets on stable Rust: seeded, bounded, and the same every time.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sealwire_fuzz::{Protection, Target, Verdict, corpus, mutate::mutate, targets};

/// Feeds changed golden vectors to decoders.
#[derive(Debug, Parser)]
struct Options {
    /// A target's name, or "all".
    target: String,
    /// Inputs a target gets.
    #[arg(long, default_value_t = 2_000)]
    inputs: u64,
    /// Goes on for so many seconds instead, with inputs that no run before has seen.
    #[arg(long)]
    seconds: Option<u64>,
    /// Chooses the inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let chosen: Vec<Target> = match options.target.as_str() {
        "all" => targets::ALL.to_vec(),
        name => targets::named(name).into_iter().collect(),
    };
    if chosen.is_empty() {
        eprintln!("There is no target {:?}. The targets are:", options.target);
        targets::ALL
            .iter()
            .for_each(|target| eprintln!("  {}", target.name));
        return ExitCode::FAILURE;
    }
    let seeds = corpus::seeds();
    for target in &chosen {
        let fed = feed(target, &seeds, &options);
        println!("{}: {fed} inputs", target.name);
    }
    println!("{} passed", chosen.len());
    ExitCode::SUCCESS
}

/// Runs one target over the seeds as they are and then over changed ones; gives how many ran.
fn feed(target: &Target, seeds: &[Vec<u8>], options: &Options) -> u64 {
    let good: Vec<&[u8]> = seeds
        .iter()
        .map(Vec::as_slice)
        .filter(|seed| (target.run)(seed) == Verdict::Accepted)
        .collect();
    assert!(
        !good.is_empty(),
        "{}: accepts nothing of the corpus",
        target.name
    );
    let mut rng =
        StdRng::seed_from_u64(options.seed ^ options.seconds.map_or(0, |_| rand::random()));
    let end = options
        .seconds
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut fed = 0;
    while end.map_or(fed < options.inputs, |end| Instant::now() < end) {
        let input = next_input(&good, seeds, &mut rng);
        let verdict = (target.run)(&input);
        let forged = target.protection == Protection::Sealed && verdict == Verdict::Accepted;
        assert!(
            !forged || good.contains(&input.as_slice()),
            "{}: accepts changed bytes {input:02x?}",
            target.name,
        );
        fed += 1;
    }
    fed
}

/// Mostly a changed input that the target accepts, sometimes one that is meant for another.
fn next_input(good: &[&[u8]], seeds: &[Vec<u8>], rng: &mut StdRng) -> Vec<u8> {
    let other = &seeds[rng.random_range(0..seeds.len())];
    let seed = if rng.random_ratio(7, 8) {
        good[rng.random_range(0..good.len())]
    } else {
        other
    };
    mutate(seed, other, rng)
}
