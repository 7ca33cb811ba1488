//! One file a command; each reads its arguments, does one thing and prints.

pub(crate) mod check;
pub(crate) mod dataset;
pub(crate) mod demo;
pub(crate) mod jobs;
pub(crate) mod lines;
pub(crate) mod listing;
pub(crate) mod mapping;
pub(crate) mod sending;
pub(crate) mod showing;
pub(crate) mod sql;
pub(crate) mod submit;
pub(crate) mod tabulate;
pub(crate) mod verify;
pub(crate) mod workers;
pub(crate) mod doctor;
pub(crate) mod posting;
pub(crate) mod expect;
pub(crate) mod new;
pub(crate) mod replacing;
pub(crate) mod states;
pub(crate) mod table_plan;
pub(crate) mod tables;
pub(crate) mod told;
pub(crate) mod try_;
pub(crate) mod up;
