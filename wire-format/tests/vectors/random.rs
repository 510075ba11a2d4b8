//! Random bytes that are always the same: SHA-256(label ‖ 0), SHA-256(label ‖ 1), … with the counter
//! as u64, one after another. Each draw is kept, so that salts and seeds can be written down.

use std::convert::Infallible;

use rand::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

pub(crate) struct Labelled {
    label: &'static str,
    counter: u64,
    left: Vec<u8>,
    pub(crate) draws: Vec<Vec<u8>>,
}

impl Labelled {
    pub(crate) fn new(label: &'static str) -> Self {
        Self {
            label,
            counter: 0,
            left: Vec::new(),
            draws: Vec::new(),
        }
    }

    pub(crate) fn array<const N: usize>(label: &'static str) -> [u8; N] {
        let mut bytes = [0; N];
        let Ok(()) = Self::new(label).try_fill_bytes(&mut bytes);
        bytes
    }

    fn next(&mut self) -> u8 {
        if self.left.is_empty() {
            let block = Sha256::new()
                .chain_update(self.label)
                .chain_update(self.counter.to_be_bytes())
                .finalize();
            self.counter += 1;
            self.left = block.iter().rev().copied().collect();
        }
        self.left.pop().expect("a block")
    }
}

impl TryRng for Labelled {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.fill_with(|| self.next());
        self.draws.push(out.to_vec());
        Ok(())
    }
}

impl TryCryptoRng for Labelled {}
