use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::source::cores;

/// The most threads that can be asked for. More than a machine has cores bring nothing, and each takes a stack.
pub const MAX_THREADS: u16 = 256;

/// The stack of each thread. Syntax trees have at most 12,000 levels (see `source::depth`) and are walked recursively;
/// this leaves 5 KB for a level. It is address space, not memory: only what is used is ever backed.
const STACK_SIZE: usize = 64 * 1024 * 1024;

/// How much address space has to be left once the threads have their stacks, or they would run out of memory at work.
const ROOM: usize = 128 * 1024 * 1024;

/// What a thread takes besides its stack.
const BESIDES: usize = 1024 * 1024;

/// What a thread of its own takes for what it allocates: glibc reserves so much for an arena, and makes up to eight for each
/// core (malloc/arena.c, `HEAP_MAX_SIZE` and `NARENAS_FROM_NCORES`).
const ARENA: usize = 64 * 1024 * 1024;

/// How much address space threads may take for what they allocate.
fn arenas(threads: usize) -> usize {
    threads.min(8 * cores()) * ARENA
}

/// The stacks that are tried, the usual one first: where address space is short, less has to do.
const STACK_SIZES: [usize; 3] = [STACK_SIZE, STACK_SIZE / 4, STACK_SIZE / 16];

/// Runs on as many threads as asked for or as there are cores; on fewer where the system does not give as many, and on
/// the caller's own where it gives none.
pub(super) fn in_pool<T: Send>(threads: Option<usize>, work: impl FnOnce() -> T + Send) -> T {
    let wanted = threads.unwrap_or_else(cores).clamp(1, usize::from(MAX_THREADS));
    let halves = std::iter::successors(Some(wanted), |number| Some(number / 2).filter(|half| *half > 0));
    let tries = halves.flat_map(|number| STACK_SIZES.map(|stack| (number, stack)));
    match tries.filter_map(|(number, stack)| pool(number, stack)).next().or_else(own_thread) {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// A pool that leaves room for the work. Nothing is started where there is none: a thread that does not get what it
/// needs at its start ends the process, and what threads reserve is not all given back at their end.
fn pool(threads: usize, stack_size: usize) -> Option<ThreadPool> {
    if !has_room(ROOM + arenas(threads) + threads * (stack_size + BESIDES)) {
        return None;
    }
    let pool = ThreadPoolBuilder::new().stack_size(stack_size).num_threads(threads).build().ok();
    pool.filter(|_| has_room(ROOM + arenas(threads)))
}

fn has_room(bytes: usize) -> bool {
    Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
}

/// A pool of the caller's own thread: without one, the first parallel step would start a pool for the process, and fail.
fn own_thread() -> Option<ThreadPool> {
    ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_threads_run_as_were_asked_for_up_to_the_limit() {
        assert_eq!(in_pool(Some(3), rayon::current_num_threads), 3);
        assert_eq!(in_pool(Some(100_000), rayon::current_num_threads), usize::from(MAX_THREADS));
        assert!(in_pool(None, rayon::current_num_threads) >= 1);
    }

    #[test]
    fn work_is_done_where_no_thread_can_be_started() {
        let own = std::thread::current().id();
        let pool = own_thread().expect("it needs no other thread");
        assert_eq!(pool.install(|| std::thread::current().id()), own);
        assert_eq!(pool.install(|| rayon::join(|| 1, || 2)), (1, 2));
    }
}
