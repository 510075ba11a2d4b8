//! What was received, by listener and publisher.

use hdrhistogram::{CreationError, Histogram};

use super::{plan::Seat, stamp::Stamp};

/// What was received, by listener and publisher.
pub(super) struct Tally {
    run: u32,
    publishers: usize,
    /// One for each seat and publisher; those of a seat beside each other.
    lanes: Vec<Lane>,
    /// Deliveries that a seat has discarded.
    unread: Vec<u64>,
    received: u64,
    repeated: u64,
    reordered: u64,
    /// In nanoseconds; grows only while it is measured.
    latencies: Histogram<u64>,
    is_measuring: bool,
}

/// What one listener received from one publisher.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Lane {
    /// The number expected next.
    next: u64,
    /// How many before it have not come.
    missing: u64,
}

impl Tally {
    pub(super) fn new(run: u32, seats: usize, publishers: usize) -> Result<Self, CreationError> {
        Ok(Self {
            run,
            publishers,
            lanes: vec![Lane::default(); seats.saturating_mul(publishers)],
            unread: vec![0; seats],
            received: 0,
            repeated: 0,
            reordered: 0,
            latencies: Histogram::new_with_bounds(1, LATENCY_NANOS, 3)?,
            is_measuring: false,
        })
    }

    /// Whether a message is one of this run: a room may keep those of an earlier one.
    pub(super) fn is_of_run(&self, stamp: Stamp) -> bool {
        let publisher = usize::try_from(stamp.publisher).unwrap_or(usize::MAX);
        stamp.run == self.run && publisher < self.publishers
    }

    /// Counts a payload that arrived at `now`, in nanoseconds since the run began.
    pub(super) fn count(&mut self, seat: usize, stamp: Stamp, now: u64) {
        let publisher = usize::try_from(stamp.publisher).unwrap_or(usize::MAX);
        if !self.is_of_run(stamp) {
            return;
        }
        let Some(lane) = self.lanes.get_mut(seat * self.publishers + publisher) else {
            return;
        };
        if stamp.number >= lane.next {
            lane.missing += stamp.number - lane.next;
            lane.next = stamp.number + 1;
        } else if lane.missing > 0 {
            lane.missing -= 1;
            self.reordered += 1;
        } else {
            self.repeated += 1;
            return;
        }
        self.received += 1;
        if self.is_measuring {
            self.latencies
                .saturating_record(now.saturating_sub(stamp.due));
        }
    }

    /// Counts deliveries that `seat` discarded.
    pub(super) fn count_unread(&mut self, seat: usize, deliveries: u64) {
        if let Some(unread) = self.unread.get_mut(seat) {
            *unread += deliveries;
            self.received += deliveries;
        }
    }

    /// Whether `seat` has read a message of every publisher.
    pub(super) fn has_heard_all(&self, seat: usize) -> bool {
        let lanes = self.lanes.chunks_exact(self.publishers.max(1)).nth(seat);
        lanes.is_some_and(|lanes| lanes.iter().all(|lane| lane.next > 0))
    }

    /// Deliveries that `seat` has discarded.
    pub(super) fn unread(&self, seat: usize) -> u64 {
        self.unread.get(seat).copied().unwrap_or(0)
    }

    /// From now on latencies count.
    pub(super) const fn measure(&mut self) {
        self.is_measuring = true;
    }

    /// From now on they do not.
    pub(super) const fn rest(&mut self) {
        self.is_measuring = false;
    }

    /// Messages received, over all listeners; of those that were read, each once.
    pub(super) const fn received(&self) -> u64 {
        self.received
    }

    /// Messages read again.
    pub(super) const fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Messages read after a later one.
    pub(super) const fn reordered(&self) -> u64 {
        self.reordered
    }

    /// What `seat` has not read of the `sent` messages of a publisher.
    pub(super) fn missing(&self, seat: &Seat, publisher: usize, sent: u64) -> u64 {
        let lane = self.lanes.get(seat.number * self.publishers + publisher);
        let Lane { next, missing } = lane.copied().unwrap_or_default();
        missing + sent.saturating_sub(next)
    }

    /// Within how many nanoseconds so many of 1 000 arrived; `None` if nothing was measured.
    pub(super) fn within(&self, of_1000: u16) -> Option<u64> {
        let quantile = f64::from(of_1000) / 1_000.0;
        (!self.latencies.is_empty()).then(|| self.latencies.value_at_quantile(quantile))
    }
}

/// The longest latency that is told apart: what is later has stalled.
const LATENCY_NANOS: u64 = 60_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: u32 = 7;

    fn stamp(publisher: u32, number: u64) -> Stamp {
        Stamp {
            run: RUN,
            publisher,
            number,
            due: 1_000,
        }
    }

    fn seat(number: usize) -> Seat {
        Seat {
            number,
            room: 0,
            listens: true,
            publishes: false,
        }
    }

    fn tally(numbers: &[u64]) -> Tally {
        let mut tally = Tally::new(RUN, 2, 2).expect("a tally");
        for &number in numbers {
            tally.count(1, stamp(1, number), 2_000);
        }
        tally
    }

    fn account(numbers: &[u64], sent: u64) -> (u64, u64, u64, u64) {
        let tally = tally(numbers);
        let lost = tally.missing(&seat(1), 1, sent);
        (tally.received(), lost, tally.repeated(), tally.reordered())
    }

    #[test]
    fn what_did_not_come_is_lost_wherever_it_was_missing() {
        assert_eq!(account(&[0, 1, 2], 3), (3, 0, 0, 0));
        assert_eq!(account(&[], 3), (0, 3, 0, 0));
        assert_eq!(account(&[0, 1], 3), (2, 1, 0, 0));
        assert_eq!(account(&[1, 2], 3), (2, 1, 0, 0));
        assert_eq!(account(&[0, 4], 6), (2, 4, 0, 0));
    }

    #[test]
    fn late_and_repeated_ones_are_told_apart() {
        assert_eq!(account(&[0, 2, 1], 3), (3, 0, 0, 1));
        assert_eq!(account(&[0, 1, 1, 0], 2), (2, 0, 2, 0));
        assert_eq!(account(&[1, 0, 0], 2), (2, 0, 1, 1));
    }

    #[test]
    fn a_lane_is_of_one_listener_and_one_publisher() {
        let tally = tally(&[0, 1]);
        assert_eq!(tally.missing(&seat(0), 1, 2), 2);
        assert_eq!(tally.missing(&seat(1), 0, 2), 2);
        assert_eq!(tally.missing(&seat(1), 1, 2), 0);
    }

    #[test]
    fn payloads_of_another_run_or_of_nobody_do_not_count() {
        let mut tally = tally(&[]);
        tally.count(
            1,
            Stamp {
                run: 8,
                ..stamp(1, 0)
            },
            0,
        );
        tally.count(1, stamp(2, 0), 0);
        tally.count(2, stamp(1, 0), 0);
        assert_eq!(tally.received(), 0);
    }

    #[test]
    fn what_was_discarded_counts_as_received_and_stays_missing_from_what_was_read() {
        let mut tally = tally(&[0]);
        tally.count_unread(1, 4);
        tally.count(1, stamp(1, 5), 2_000);
        assert_eq!((tally.received(), tally.unread(1)), (6, 4));
        assert_eq!(tally.missing(&seat(1), 1, 6), 4);
        assert_eq!((tally.unread(0), tally.repeated()), (0, 0));
    }

    #[test]
    fn all_are_heard_when_every_publisher_is() {
        let mut tally = tally(&[0]);
        assert!(!tally.has_heard_all(1));
        tally.count(1, stamp(0, 3), 2_000);
        assert!(tally.has_heard_all(1) && !tally.has_heard_all(0) && !tally.has_heard_all(2));
    }

    #[test]
    fn percentiles_are_of_what_was_measured() {
        let mut tally = tally(&[0]);
        assert_eq!(tally.within(500), None);
        tally.measure();
        tally.count(1, stamp(1, 1), 6_000);
        tally.rest();
        tally.count(1, stamp(1, 2), 9_000_000);
        let median = tally.within(500).expect("one was measured");
        assert!((5_000..5_010).contains(&median), "{median}");
    }
}
