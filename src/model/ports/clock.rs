//! The port for time: reading it, waiting, and waiting with a limit.
//!
//! The only way in which the program waits, so that a test can stop time, or run a day of it in a second. The
//! real clock is `app::system`; `clippy.toml` bans every other one.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;

/// Time, injected.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Unix milliseconds.
    fn now_ms(&self) -> i64;
    /// Monotonic milliseconds since some start.
    fn monotonic_ms(&self) -> u64;
    /// Waits.
    async fn sleep(&self, pause: Duration);
    /// A number below `bound` for jitter, never for secrets.
    fn jitter(&self, bound: u64) -> u64;
}

/// The time was up before the future was ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time was up first")
    }
}

impl std::error::Error for Elapsed {}

impl dyn Clock {
    /// Waits for a future, but no longer than `limit`; what is not ready then is dropped.
    ///
    /// # Errors
    /// [`Elapsed`] when the limit came first. A future that is ready wins over a limit that is reached, also over one of zero.
    pub async fn deadline<F: Future>(&self, future: F, limit: Duration) -> Result<F::Output, Elapsed> {
        let mut future = pin!(future);
        let mut up = pin!(self.sleep(limit));
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => up.as_mut().poll(context).map(|()| Err(Elapsed)),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    /// Tokio's clock, which a test may stop.
    struct Stopped;

    #[async_trait]
    impl Clock for Stopped {
        fn now_ms(&self) -> i64 {
            0
        }
        fn monotonic_ms(&self) -> u64 {
            0
        }
        async fn sleep(&self, pause: Duration) {
            tokio::time::sleep(pause).await;
        }
        fn jitter(&self, _bound: u64) -> u64 {
            0
        }
    }

    fn stopped<F: Future>(test: impl FnOnce(&'static dyn Clock) -> F) -> F::Output {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap().block_on(test(&Stopped))
    }

    #[test]
    fn what_is_ready_wins_over_a_limit_that_is_reached() {
        stopped(|clock| async move {
            assert_eq!(clock.deadline(ready(7), Duration::ZERO).await, Ok(7));
            let limit = Duration::from_secs(60);
            assert_eq!(clock.deadline(clock.sleep(Duration::from_secs(59)), limit).await, Ok(()));
        });
    }

    #[test]
    fn what_never_comes_is_given_up_at_the_limit_and_not_before() {
        stopped(|clock| async move {
            let start = tokio::time::Instant::now();
            assert_eq!(clock.deadline(pending::<()>(), Duration::from_secs(60)).await, Err(Elapsed));
            let took = start.elapsed();
            assert!(took >= Duration::from_secs(60) && took < Duration::from_secs(61), "{took:?}");
        });
    }
}
