//! Progress of long work on standard error, shown only where a person looks: a pipe or a log file gets none of it.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The most redraws a second: enough to look alive, too few to cost anything.
const REDRAWS_PER_SECOND: u8 = 10;

/// A bar that counts to `total` of `unit`, or a bar that draws nothing where standard error is no terminal.
///
/// ```
/// let bar = fulmar::progress::bar(3, "frames");
/// bar.inc(3);
/// bar.finish_and_clear();
/// ```
pub fn bar(total: u64, unit: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:32} {human_pos}/{human_len} {msg} {per_sec} {eta}")
        .expect("the template is a constant that a test draws");
    drawn(ProgressBar::new(total).with_style(style).with_message(unit))
}

/// As [`bar`], where nobody knows how much there will be.
pub fn counter(unit: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {human_pos} {msg} {per_sec} {elapsed}")
        .expect("the template is a constant that a test draws");
    drawn(ProgressBar::no_length().with_style(style).with_message(unit))
}

fn drawn(bar: ProgressBar) -> ProgressBar {
    bar.set_draw_target(if stderr().is_terminal() {
        ProgressDrawTarget::stderr_with_hz(REDRAWS_PER_SECOND)
    } else {
        ProgressDrawTarget::hidden()
    });
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bars_can_be_drawn() {
        for bar in [bar(10, "frames"), counter("frames")] {
            bar.inc(10);
            bar.finish_and_clear();
            assert_eq!(bar.position(), 10);
        }
    }
}
