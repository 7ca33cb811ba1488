//! The end-to-end suite: one binary, which cargo builds after the real program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod aggregates;
mod bad_input;
mod broker;
mod command_line;
mod counts;
mod delivery;
mod demanded;
mod demo;
mod edits;
mod figures;
mod flagship;
mod gaps;
mod indicators;
mod jobs;
mod joined_parts;
mod kafka;
mod kill;
mod lake;
mod language;
mod law;
mod maintenance;
mod mapping;
mod mapping_diff;
mod oracle;
mod periods;
mod query;
mod reading;
mod rebuild;
mod replaced;
mod response;
mod scaffold;
mod scales;
mod store;
mod up;
mod what_counts;
mod year_on_year;
