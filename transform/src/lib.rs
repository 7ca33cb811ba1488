//! From `raw` to the refined tables: decide each record once (`outcomes`), then carry the decisions out
//! (`responses`). Stateless between passes but for cursors: everything is read from the tables.

mod definitions;
mod error;
mod outcomes;
mod raw;
mod responses;
mod run;
mod transform;

pub use error::TransformError;
pub use transform::{Transform, TransformOptions, TransformProgress};
