use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

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
            let template = "{prefix:>11} {bar:30} {human_pos}/{human_len} {per_sec}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
            }
            bar.set_prefix(name);
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        };
        Self { sent: bar("sent"), stored: bar("stored"), decided: bar("interpreted"), _all: all }
    }

    /// Takes the bars away.
    pub(crate) fn clear(&self) {
        for bar in [&self.sent, &self.stored, &self.decided] {
            bar.finish_and_clear();
        }
    }
}
