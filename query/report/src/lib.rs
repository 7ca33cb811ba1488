//! A report: the figures of a wave as a dated folder of files, with a manifest of what they were made from.
