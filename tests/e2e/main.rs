//! Skeleton.
mod lake;
