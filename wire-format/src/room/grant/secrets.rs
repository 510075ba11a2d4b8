//! What a grant holds: epoch secrets behind their numbers.

use zeroize::Zeroizing;

use crate::{
    epoch::EpochSecret,
    ids::EpochNumber,
    limits::{EPOCH_NUMBER, EPOCHS_ASKED},
    open_error::{Field, OpenError, SealError},
    room::{KeyRequest, RoomChain},
};

const COUNT_BYTES: usize = 4;
const NUMBER_BYTES: usize = 8;
const ENTRY_BYTES: usize = NUMBER_BYTES + EpochSecret::LEN;

/// What was granted.
#[derive(Clone, Debug, Default)]
pub struct Granted {
    /// The secrets that are those of their epochs.
    pub secrets: Vec<(EpochNumber, EpochSecret)>,
    /// The epochs whose secrets are dropped, and why.
    pub dropped: Vec<(EpochNumber, OpenError)>,
}

impl Granted {
    pub(super) fn check(
        secrets: Vec<(EpochNumber, EpochSecret)>,
        pending: &KeyRequest,
        chain: &RoomChain,
    ) -> Self {
        let mut granted = Self::default();
        for (n, secret) in secrets {
            let checked = if pending.epochs().contains(&n) {
                let entry = chain.entry(n).ok_or(OpenError::OtherEpoch(n));
                entry.and_then(|entry| entry.check_secret(&secret))
            } else {
                Err(OpenError::Field(Field::Epochs))
            };
            match checked {
                Ok(()) => granted.secrets.push((n, secret)),
                Err(error) => granted.dropped.push((n, error)),
            }
        }
        granted
    }
}

/// `count u32 | n u64 | secret bytes[32]`, repeated, ascending by n.
pub(super) fn write(
    secrets: &[(EpochNumber, EpochSecret)],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let count = u32::try_from(secrets.len())
        .ok()
        .filter(|&count| (1..=EPOCHS_ASKED).contains(&u64::from(count)))
        .filter(|_| secrets.is_sorted_by(|(a, _), (b, _)| a < b))
        .ok_or(SealError::Field(Field::Epochs))?;
    let mut plain = Zeroizing::new(Vec::with_capacity(
        COUNT_BYTES + secrets.len() * ENTRY_BYTES,
    ));
    plain.extend_from_slice(&count.to_be_bytes());
    for (n, secret) in secrets {
        plain.extend_from_slice(&n.value().to_be_bytes());
        plain.extend_from_slice(secret.as_bytes());
    }
    Ok(plain)
}

pub(super) fn read(plain: &[u8]) -> Result<Vec<(EpochNumber, EpochSecret)>, OpenError> {
    let (count, entries) = plain
        .split_first_chunk::<COUNT_BYTES>()
        .ok_or(OpenError::Truncated)?;
    let count = u64::from(u32::from_be_bytes(*count));
    if !(1..=EPOCHS_ASKED).contains(&count) {
        return Err(OpenError::Field(Field::Epochs));
    }
    let count = usize::try_from(count).map_err(|_| OpenError::Truncated)?;
    let expected = count * ENTRY_BYTES;
    if entries.len() < expected {
        return Err(OpenError::Truncated);
    }
    if entries.len() > expected {
        return Err(OpenError::LeftOver(entries.len() - expected));
    }
    let mut secrets: Vec<(EpochNumber, EpochSecret)> = Vec::with_capacity(count);
    for entry in entries.chunks_exact(ENTRY_BYTES) {
        let (n, secret) = entry
            .split_first_chunk::<NUMBER_BYTES>()
            .ok_or(OpenError::Truncated)?;
        let n = u64::from_be_bytes(*n);
        let last = secrets.last().map_or(0, |(last, _)| last.value());
        if n <= last || n > EPOCH_NUMBER {
            return Err(OpenError::Field(Field::Epochs));
        }
        let secret = secret.try_into().map_err(|_| OpenError::Truncated)?;
        secrets.push((EpochNumber::new(n), EpochSecret::from_bytes(secret)));
    }
    Ok(secrets)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secrets(numbers: impl IntoIterator<Item = u64>) -> Vec<(EpochNumber, EpochSecret)> {
        let secret = |n: u64| EpochSecret::from_bytes([u8::try_from(n % 251).expect("small"); 32]);
        numbers
            .into_iter()
            .map(|n| (EpochNumber::new(n), secret(n)))
            .collect()
    }

    fn numbers(secrets: &[(EpochNumber, EpochSecret)]) -> Vec<u64> {
        secrets.iter().map(|(n, _)| n.value()).collect()
    }

    #[test]
    fn one_to_a_thousand_secrets_ascend() {
        let epochs = SealError::Field(Field::Epochs);
        for bad in [
            secrets([]),
            secrets([2, 1]),
            secrets([1, 1]),
            secrets(1..=1_001),
        ] {
            assert_eq!(write(&bad).err(), Some(epochs));
        }
        for good in [secrets([1]), secrets(1..=999), secrets(1..=1_000)] {
            let plain = write(&good).expect("written");
            assert_eq!(numbers(&read(&plain).expect("read")), numbers(&good));
        }
    }

    #[test]
    fn a_count_is_exact() {
        let plain = write(&secrets([1, 2])).expect("written");
        for length in 0..plain.len() {
            assert_eq!(read(&plain[..length]).err(), Some(OpenError::Truncated));
        }
        let longer = [&plain[..], &[0]].concat();
        assert_eq!(read(&longer).err(), Some(OpenError::LeftOver(1)));
        let epochs = Some(OpenError::Field(Field::Epochs));
        for count in [[0, 0, 0, 0], [0, 0, 3, 0xe9], [0xff; 4]] {
            let mut changed = plain.to_vec();
            changed[..4].copy_from_slice(&count);
            assert_eq!(read(&changed).err(), epochs);
        }
        // n of the first is 0, that of the second as that of the first, and one above 2^53 − 1.
        for (at, value) in [(11, 0), (51, 1), (45, 0x20)] {
            let mut changed = plain.to_vec();
            changed[at] = value;
            assert_eq!(read(&changed).err(), epochs, "{at}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_reach_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
