//! Skeleton.
mod lake;
mod query;
