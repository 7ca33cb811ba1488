//! The end-to-end suite: one binary, which cargo builds after the real program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod bad_input;
mod broker;
mod command_line;
mod counts;
mod delivery;
mod demo;
mod figures;
mod flagship;
mod jobs;
mod kafka;
mod kill;
mod lake;
mod language;
mod law;
mod maintenance;
mod mapping;
mod oracle;
mod query;
mod response;
mod store;
mod up;
mod what_counts;
