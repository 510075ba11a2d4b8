//! Which messages were shown.

/// Numbers of messages, which the keyring gives in the order in which messages come: a range for
/// everything that was shown without a gap, where a list of ids would grow with the talk.
#[derive(Default)]
pub(super) struct Shown {
    /// First and last number of each range, apart and in order.
    ranges: Vec<(u64, u64)>,
}

impl Shown {
    pub(super) fn contains(&self, number: u64) -> bool {
        let index = self.ranges.partition_point(|(_, last)| *last < number);
        let range = self.ranges.get(index);
        range.is_some_and(|(first, _)| *first <= number)
    }

    pub(super) fn insert(&mut self, number: u64) {
        // Usually it is the next one.
        if let Some((_, last)) = self.ranges.last_mut()
            && number == *last + 1
        {
            *last = number;
            return;
        }
        if self.contains(number) {
            return;
        }
        let index = self.ranges.partition_point(|(_, last)| *last < number);
        self.ranges.insert(index, (number, number));
        self.join(index);
        if let Some(before) = index.checked_sub(1) {
            self.join(before);
        }
        if self.ranges.len() > RANGES {
            self.ranges.remove(0);
        }
    }

    /// Joins a range with the one behind it if nothing is between them.
    fn join(&mut self, index: usize) {
        if let Some(&[(_, last), (first, end)]) = self.ranges.get(index..index + 2)
            && last + 1 == first
        {
            self.ranges[index].1 = end;
            self.ranges.remove(index + 1);
        }
    }
}

/// Ranges that are remembered: more gaps than a room has while somebody reconnects.
const RANGES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_in_any_order_is_known() {
        let mut shown = Shown::default();
        for number in [5, 6, 7, 2, 4, 9, 3, 6] {
            shown.insert(number);
            assert!(shown.contains(number));
        }
        let known: Vec<_> = (0..12).filter(|number| shown.contains(*number)).collect();
        assert_eq!(known, [2, 3, 4, 5, 6, 7, 9]);
        assert_eq!(shown.ranges, [(2, 7), (9, 9)]);
    }

    #[test]
    fn of_many_gaps_the_oldest_are_forgotten() {
        let mut shown = Shown::default();
        for number in 0..1_000 {
            shown.insert(number * 2);
            assert!(shown.ranges.len() <= RANGES);
        }
        assert!(!shown.contains(0));
        assert!(shown.contains(1_998) && !shown.contains(1_997));
    }
}
