//! What the tables say: figures, melt and tally by themselves, then catalog and verify over a small lake.

mod against;
mod against_means;
mod alone;
mod catalog;
mod law;
mod names;
mod rendering;
mod tabulation;
mod traps;
mod unknown_parts;
mod world;
