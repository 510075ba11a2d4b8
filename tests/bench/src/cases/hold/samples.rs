//! Memory and descriptors over time.

use std::{fmt, io, time::Duration};

use tokio::time::{Instant, sleep, sleep_until};

use crate::account::{descriptors, resident_bytes};

/// A process under a name.
pub(super) type Watched = (&'static str, u32);

/// What one process has at one moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Sample {
    pub(super) resident_bytes: u64,
    pub(super) descriptors: usize,
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.1}, {}",
            mebibytes(self.resident_bytes),
            self.descriptors
        )
    }
}

/// What all of them have now.
///
/// # Errors
/// One has ended.
pub(super) fn take(watched: &[Watched]) -> io::Result<Vec<Sample>> {
    let one = |(_, pid): &Watched| {
        Ok(Sample {
            resident_bytes: resident_bytes(&[*pid]),
            descriptors: descriptors(*pid)?,
        })
    };
    watched.iter().map(one).collect()
}

/// What all of them have, every 10 s.
///
/// # Errors
/// One has ended.
pub(super) async fn taken(watched: &[Watched], duration: Duration) -> io::Result<Vec<Vec<Sample>>> {
    let begun = Instant::now();
    let mut samples = vec![take(watched)?];
    let mut next = begun + EVERY;
    while next < begun + duration {
        sleep_until(next).await;
        samples.push(take(watched)?);
        next += EVERY;
    }
    Ok(samples)
}

/// What is left once all connections are closed, or after a while.
///
/// # Errors
/// One has ended.
pub(super) async fn after_all_left(
    watched: &[Watched],
    begun: &[Sample],
) -> io::Result<Vec<Sample>> {
    let until = Instant::now() + LEAVE_WITHIN;
    loop {
        let now = take(watched)?;
        let mut pairs = now.iter().zip(begun);
        let have_left = pairs.all(|(now, begun)| now.descriptors <= begun.descriptors);
        if have_left || Instant::now() >= until {
            return Ok(now);
        }
        sleep(LOOK).await;
    }
}

/// How memory went on after the first minute, or after the first tenth of a shorter hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Flatness {
    pub(super) is_flat: bool,
    /// The most that it was above where it stood then.
    growth_bytes: u64,
}

impl fmt::Display for Flatness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.is_flat { "flat" } else { "NOT flat" };
        let grown = mebibytes(self.growth_bytes);
        write!(
            f,
            "{word} (at most {grown:.2} MiB more after the first minute)"
        )
    }
}

/// Judges the samples of one process.
pub(super) fn flatness(samples: &[Sample]) -> Flatness {
    let minute = usize::try_from(60 / EVERY.as_secs()).unwrap_or(0);
    let start = minute.min(samples.len() / 10);
    let later = samples.get(start..).unwrap_or_default();
    let stood = later.first().map_or(0, |sample| sample.resident_bytes);
    let most = later.iter().map(|sample| sample.resident_bytes).max();
    let growth_bytes = most.unwrap_or(0).saturating_sub(stood);
    Flatness {
        is_flat: growth_bytes <= (stood / 100).max(1024 * 1024),
        growth_bytes,
    }
}

fn mebibytes(bytes: u64) -> f64 {
    // Exact far beyond any process' memory.
    f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0
}

pub(super) const EVERY: Duration = Duration::from_secs(10);
/// A session whose page is gone stays for 30 s.
const LEAVE_WITHIN: Duration = Duration::from_secs(75);
const LOOK: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(mebibytes: &[u64]) -> Vec<Sample> {
        let sample = |mebibytes: &u64| Sample {
            resident_bytes: mebibytes * 1024 * 1024,
            descriptors: 3,
        };
        mebibytes.iter().map(sample).collect()
    }

    #[test]
    fn what_grows_in_the_first_minute_does_not_count() {
        let mut grown = vec![10, 20, 30, 40, 50, 60];
        grown.extend([100; 60]);
        assert!(flatness(&samples(&grown)).is_flat);
        grown.push(103);
        assert!(!flatness(&samples(&grown)).is_flat);
    }

    #[test]
    fn a_mebibyte_is_not_growth() {
        assert!(flatness(&samples(&[10, 10, 11])).is_flat);
        let flatness = flatness(&samples(&[10, 10, 12]));
        assert_eq!(
            flatness.to_string(),
            "NOT flat (at most 2.00 MiB more after the first minute)"
        );
    }
}
