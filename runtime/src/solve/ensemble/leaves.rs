//! Leaves of members on threads, their results combined in order.
//!
//! Each thread keeps one worker for the whole of its life and takes the next leaf when it is done with one, so that members
//! that cost more than others keep no thread waiting. Results that come before their turn wait; a thread that is far ahead of
//! the slowest leaf waits too, which bounds what is in memory.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// A leaf has at most so many members.
const LARGEST: u64 = 1024;

/// A leaf's values take at most so many numbers.
const MOST_NUMBERS: u64 = 1 << 20;

/// So many leaves for each thread may be done or under way beyond the first that is not.
const AHEAD: u64 = 8;

/// How often the caller is told how far the work is.
const PATIENCE: Duration = Duration::from_millis(100);

/// How many members a leaf has: enough to fill tiles of `lanes` lanes, few enough to share them out, and so that values of
/// `width` numbers a member stay small. It does not depend on the number of threads, for the bits of a statistic do
/// depend on the leaves.
pub fn leaf_size(members: u64, lanes: usize, width: usize) -> u64 {
    let (parts, least) = if lanes > 1 { (8, 4 * lanes as u64) } else { (256, 1) };
    (members / parts).clamp(least.min(LARGEST), LARGEST).min(MOST_NUMBERS / (width as u64).max(1)).max(1)
}

/// How the work is shared out.
pub struct Pool<'p> {
    pub members: u64,
    pub leaf: u64,
    pub threads: usize,
    pub interrupt: &'p AtomicBool,
    /// Told how many members are done.
    pub progress: &'p mut dyn FnMut(u64),
}

/// Ends the work of all threads when one of them panics: its leaf's turn would never be over.
struct Guard<'a>(&'a AtomicBool);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

/// Does the work of each leaf on some thread and gives its result to `combine` in the order of the leaves.
///
/// `make` makes a thread's worker. After an interrupt the leaves that were begun are combined, as far as they were done. A panic
/// of a thread or of `combine` is passed on.
pub fn in_order<W, R: Send>(
    pool: Pool,
    make: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, Range<u64>) -> R + Sync,
    mut combine: impl FnMut(R),
) {
    let Pool { members, leaf, threads, interrupt, progress } = pool;
    let leaves = members.div_ceil(leaf);
    let threads = (threads as u64).clamp(1, leaves.max(1));
    let next = AtomicU64::new(0);
    let turn = AtomicU64::new(0);
    let (sender, receiver) = sync_channel(2 * threads as usize);
    let panicked = AtomicBool::new(false);
    let is_over = || interrupt.load(Ordering::Relaxed) || panicked.load(Ordering::Relaxed);
    let run = |sender: SyncSender<(u64, R)>| {
        let _guard = Guard(&panicked);
        let mut worker = make();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= leaves || is_over() {
                break;
            }
            while number >= turn.load(Ordering::Relaxed) + AHEAD * threads && !is_over() {
                std::thread::sleep(Duration::from_millis(1));
            }
            let range = number * leaf..members.min((number + 1) * leaf);
            if sender.send((number, work(&mut worker, range))).is_err() {
                break;
            }
        }
    };
    std::thread::scope(|scope| {
        let _guard = Guard(&panicked);
        // It must not outlive this closure: threads that send would wait for it.
        let receiver = receiver;
        for _ in 0..threads {
            let (run, sender) = (&run, sender.clone());
            scope.spawn(move || run(sender));
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut due = 0;
        loop {
            match receiver.recv_timeout(PATIENCE) {
                Ok((number, result)) => {
                    waiting.insert(number, result);
                    while let Some(result) = waiting.remove(&due) {
                        combine(result);
                        due += 1;
                        turn.store(due, Ordering::Relaxed);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            progress(members.min(due * leaf));
        }
        // An interrupt may have left gaps.
        waiting.into_values().for_each(combine);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(members: u64, leaf: u64, threads: usize) -> Vec<Range<u64>> {
        let mut seen = Vec::new();
        let interrupt = AtomicBool::new(false);
        let pool = Pool { members, leaf, threads, interrupt: &interrupt, progress: &mut |_| {} };
        let slow = |_: &mut (), range: Range<u64>| {
            // Early leaves take longer, so that others overtake them.
            std::thread::sleep(Duration::from_micros(500 / (range.start + 1)));
            range
        };
        in_order(pool, || (), slow, |range| seen.push(range));
        seen
    }

    #[test]
    fn leaves_come_in_order_from_any_number_of_threads() {
        for threads in [1, 2, 5, 64] {
            let expected: Vec<_> = (0..50).map(|k| 7 * k..(7 * k + 7).min(345)).collect();
            assert_eq!(ranges(345, 7, threads), expected);
        }
        let whole = 0..3;
        assert_eq!(ranges(3, 100, 8), [whole]);
        assert_eq!(ranges(0, 1, 2), []);
    }

    #[test]
    fn an_interrupt_keeps_what_is_done() {
        let interrupt = AtomicBool::new(false);
        let mut done = 0;
        let pool =
            Pool { members: 1_000_000, leaf: 1, threads: 3, interrupt: &interrupt, progress: &mut |_| {} };
        let work = |_: &mut (), range: Range<u64>| {
            if range.start == 20 {
                interrupt.store(true, Ordering::Relaxed);
            }
        };
        in_order(pool, || (), work, |()| done += 1);
        assert!((20..100).contains(&done), "{done}");
    }

    #[test]
    fn a_panic_of_a_thread_or_of_the_caller_ends_all() {
        let interrupt = AtomicBool::new(false);
        for (of_thread, of_caller) in [(20, u64::MAX), (u64::MAX, 20)] {
            let pool =
                Pool { members: 100_000, leaf: 1, threads: 3, interrupt: &interrupt, progress: &mut |_| {} };
            let work = |_: &mut (), range: Range<u64>| {
                assert_ne!(range.start, of_thread, "this panic belongs to the test");
                range.start
            };
            let combine = |start| assert_ne!(start, of_caller, "this panic belongs to the test");
            let run = std::panic::AssertUnwindSafe(|| in_order(pool, || (), work, combine));
            assert!(std::panic::catch_unwind(run).is_err());
        }
    }

    #[test]
    fn leaves_are_small_where_members_are_wide() {
        assert_eq!(leaf_size(1_000_000, 1, 3), 1024);
        assert_eq!(leaf_size(10, 1, 3), 1);
        assert_eq!(leaf_size(10_000, 64, 3), 1024);
        assert_eq!(leaf_size(1_000_000, 64, 100_000), 10);
        assert_eq!(leaf_size(u64::MAX, 1, usize::MAX), 1);
    }
}
