//! A real Apache Kafka, and the workers as processes of their own: the flagship year with deaths on the way is the
//! year of the embedded run, table by table; a topic that was made again is refused; what is wrong is said.

mod check;
mod log;
mod node;
mod refusals;
mod year;
