//! Work that takes long: keys, signatures, stretching.

use std::thread::available_parallelism;

use tokio::task::spawn_blocking;

use super::error::{AccountError, OwnFault};

/// Does it on a thread that may block. A dropped future lets it go on, for nobody.
pub(super) async fn blocking<T, W>(work: W) -> Result<T, AccountError>
where
    T: Send + 'static,
    W: FnOnce() -> T + Send + 'static,
{
    let done = spawn_blocking(work).await;
    done.map_err(|_| OwnFault::Thread.into())
}

/// Does the same with each of many, on as many threads as there are cores; what comes of them is in
/// their order. A dropped future lets it go on, for nobody.
pub(crate) async fn blocking_each<I, T, W>(many: Vec<I>, work: W) -> Result<Vec<T>, AccountError>
where
    I: Send + 'static,
    T: Send + 'static,
    W: Fn(I) -> T + Clone + Send + 'static,
{
    let count = many.len();
    let part = count.div_ceil(available_parallelism().map_or(1, usize::from));
    let mut rest = many.into_iter();
    let mut parts = Vec::new();
    loop {
        let some: Vec<I> = rest.by_ref().take(part).collect();
        if some.is_empty() {
            break;
        }
        let work = work.clone();
        let done = move || some.into_iter().map(work).collect::<Vec<T>>();
        parts.push(spawn_blocking(done));
    }
    let mut all = Vec::with_capacity(count);
    for part in parts {
        all.extend(part.await.map_err(|_| OwnFault::Thread)?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_comes_of_many_is_in_their_order() {
        for count in [0, 1, 2, 3, 100] {
            let many: Vec<u32> = (0..count).collect();
            let doubled = blocking_each(many, |one| 2 * one).await.expect("threads");
            assert!(doubled.into_iter().eq((0..count).map(|one| 2 * one)));
        }
    }
}
