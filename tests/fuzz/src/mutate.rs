//! Changes that turn good bytes into bad ones.

use rand::{Rng, RngExt, rngs::StdRng};

/// One to four random changes to `seed`; `other` lends bytes to splice in.
pub fn mutate(seed: &[u8], other: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..rng.random_range(1..=4) {
        change(&mut bytes, other, rng);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], rng: &mut StdRng) {
    let at = rng.random_range(0..=bytes.len());
    match rng.random_range(0..8) {
        0 => flip_bit(bytes, at, rng),
        1 => replace(bytes, at, &[rng.random()]),
        2 => bytes.truncate(at),
        3 => bytes.insert(at, rng.random()),
        4 if at < bytes.len() => drop(bytes.remove(at)),
        5 => replace(bytes, at, &interesting(rng)),
        6 => {
            let from = rng.random_range(0..=other.len());
            let length = rng.random_range(0..=64.min(other.len() - from));
            replace(bytes, at, &other[from..from + length]);
        }
        _ => {
            let mut noise = [0; 16];
            rng.fill_bytes(&mut noise);
            bytes.extend_from_slice(&noise[..rng.random_range(0..=16)]);
        }
    }
}

fn flip_bit(bytes: &mut [u8], at: usize, rng: &mut StdRng) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << rng.random_range(0..8);
    }
}

/// Overwrites what is there and appends what is left.
fn replace(bytes: &mut Vec<u8>, at: usize, with: &[u8]) {
    let end = bytes.len().min(at + with.len());
    bytes.splice(at..end, with.iter().copied());
}

/// Numbers at the edges of what a length may be.
fn interesting(rng: &mut StdRng) -> Vec<u8> {
    const EDGES: [u64; 10] = [
        0,
        1,
        16,
        255,
        256,
        16_384,
        65_535,
        1_114_112,
        0xffff_ffff,
        u64::MAX,
    ];
    let edge = EDGES[rng.random_range(0..EDGES.len())].to_be_bytes();
    let width = [1, 2, 4, 8][rng.random_range(0..4)];
    edge[8 - width..].to_vec()
}
