//! Tells those who wait trouble out that it is over: somebody's identity was written.
//!
//! Only leavers listen, while their pivot waits for its next try: whoever comes new would otherwise go before somebody
//! who was to be out minutes ago. How the waiting is done is `drive::patience`.

use std::time::Duration;

use tokio::sync::watch;

use crate::model::ports::{Clock, Write};

/// How long a pause lasts at least that the good news ends: trouble may be of one route only, or of one person.
const AT_LEAST: Duration = Duration::from_secs(10);

/// Where it is told.
pub(super) struct Better(watch::Sender<u64>);

impl Default for Better {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Better {
    /// A call was accepted.
    pub(super) fn accepted(&self, write: &Write) {
        let identity = matches!(
            write,
            Write::CreateUser { .. } | Write::UpdateUser { .. } | Write::SetActive(..) | Write::DeleteUser(_)
        );
        if identity && self.0.receiver_count() > 0 {
            self.0.send_modify(|times| *times = times.wrapping_add(1));
        }
    }

    /// For one who waits.
    pub(super) fn news(&self) -> News {
        News(self.0.subscribe())
    }
}

/// What one who waits hears.
pub(super) struct News(watch::Receiver<u64>);

impl News {
    /// What was told before does not count.
    pub(super) fn forget(&mut self) {
        self.0.mark_unchanged();
    }

    /// Ends when it is told, and a while has passed.
    pub(super) async fn come(&mut self, clock: &dyn Clock) {
        clock.sleep(AT_LEAST).await;
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
