//! Encoding without a buffer per stream.

use std::cell::RefCell;

/// Lends an empty buffer of this thread.
pub(super) fn with<T>(use_it: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.clear();
        let outcome = use_it(scratch);
        // After one of the largest frames it goes back to its usual size.
        if scratch.capacity() > KEPT_BYTES {
            *scratch = Vec::new();
        }
        outcome
    })
}

/// What a thread keeps.
const KEPT_BYTES: usize = 256 * 1024;

thread_local! {
    /// Borrowed while frames are encoded and handed to the operating system, which does not wait.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}
