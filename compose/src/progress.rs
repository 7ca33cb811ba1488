use std::time::Duration;

use shukei_ingest::IngestProgress;
use shukei_transform::TransformProgress;
use tokio::sync::watch;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

const TEMPLATE: &str = "{prefix:>11} {bar:30} {human_pos}/{human_len} {per_sec}";

/// One bar for records that are interpreted. On standard error, and only where that is a terminal.
pub(crate) fn interpreting(total: u64) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar.set_prefix("interpreted");
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Bars for the three stages of a record's way. On standard error, and only where that is a terminal.
pub(crate) struct Stages {
    pub(crate) sent: ProgressBar,
    pub(crate) stored: ProgressBar,
    pub(crate) decided: ProgressBar,
    _all: MultiProgress,
}

impl Stages {
    /// Bars of this length; unknown (standard input) if none.
    pub(crate) fn new(total: Option<u64>) -> Self {
        let all = MultiProgress::new();
        let bar = |name: &'static str| {
            let bar = all.add(total.map_or_else(ProgressBar::no_length, ProgressBar::new));
            if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
                bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
            }
            bar.set_prefix(name);
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        };
        Self { sent: bar("sent"), stored: bar("stored"), decided: bar("interpreted"), _all: all }
    }

    /// Moves the bars of the workers, until nobody wants to see them any more.
    pub(crate) fn follow(
        &self,
        mut ingested: watch::Receiver<IngestProgress>,
        transformed: watch::Receiver<TransformProgress>,
    ) -> impl Future<Output = ()> + use<> {
        let (stored, decided) = (self.stored.clone(), self.decided.clone());
        async move {
            let mut tick = tokio::time::interval(Duration::from_millis(100));
            // The workers go on for as long as they are asked to; when they are gone there is nothing to show.
            while ingested.has_changed().is_ok() {
                stored.set_position(ingested.borrow_and_update().stored);
                decided.set_position(transformed.borrow().decided);
                tick.tick().await;
            }
        }
    }

    /// Takes the bars away.
    pub(crate) fn clear(&self) {
        for bar in [&self.sent, &self.stored, &self.decided] {
            bar.finish_and_clear();
        }
    }
}
