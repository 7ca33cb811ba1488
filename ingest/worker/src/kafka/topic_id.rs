//! The identity of a topic, which the Rust client has no call for. A topic that is deleted and made again keeps its
//! name and gets another identity; a consumer of the old one goes on silently in the new one, at offsets that mean
//! something else there.
#![allow(unsafe_code, reason = "librdkafka offers DescribeTopics in C only")]

use std::ffi::{CString, c_char, c_int};
use std::time::Duration;

use rdkafka::error::RDKafkaErrorCode;
use rdkafka::types::{RDKafka, RDKafkaRespErr};
use rdkafka_sys as sys;

/// What the broker says of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Described {
    /// It is there.
    Topic {
        /// Its identity: 16 bytes.
        id: [u8; 16],
        /// How many partitions it has.
        partitions: usize,
    },
    /// There is no topic of this name.
    Missing,
}

/// Whatever is freed by a function of librdkafka when it goes out of sight.
struct Owned<T> {
    pointer: *mut T,
    free: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    fn new(pointer: *mut T, free: unsafe extern "C" fn(*mut T)) -> Option<Self> {
        (!pointer.is_null()).then_some(Self { pointer, free })
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from librdkafka, was not null, and nobody else frees it.
        unsafe { (self.free)(self.pointer) }
    }
}

/// Asks the broker what the topic of this name is. Blocks for the timeout at most.
///
/// # Errors
/// The code of librdkafka or of the broker.
pub(super) fn describe(
    client: *mut RDKafka,
    topic: &str,
    timeout: Duration,
) -> Result<Described, RDKafkaErrorCode> {
    let name = CString::new(topic).map_err(|_| RDKafkaErrorCode::InvalidTopic)?;
    let timeout_ms = c_int::try_from(timeout.as_millis()).unwrap_or(c_int::MAX);
    let no_memory = || RDKafkaErrorCode::Fail;
    let mut names: [*const c_char; 1] = [name.as_ptr()];
    let mut errors: [c_char; 256] = [0; 256];
    // SAFETY: the client lives for as long as the caller holds it; names and buffers outlive each call, which copy
    // what they keep; each object is freed once, the queue last. What is read of the result is read before the event
    // that owns it is freed.
    unsafe {
        let queue =
            Owned::new(sys::rd_kafka_queue_new(client), sys::rd_kafka_queue_destroy).ok_or_else(no_memory)?;
        let options = Owned::new(
            sys::rd_kafka_AdminOptions_new(
                client,
                sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBETOPICS,
            ),
            sys::rd_kafka_AdminOptions_destroy,
        )
        .ok_or_else(no_memory)?;
        let set = sys::rd_kafka_AdminOptions_set_request_timeout(
            options.pointer,
            timeout_ms,
            errors.as_mut_ptr(),
            errors.len(),
        );
        refuse(set)?;
        let topics = Owned::new(
            sys::rd_kafka_TopicCollection_of_topic_names(names.as_mut_ptr(), names.len()),
            sys::rd_kafka_TopicCollection_destroy,
        )
        .ok_or_else(no_memory)?;
        sys::rd_kafka_DescribeTopics(client, topics.pointer, options.pointer, queue.pointer);
        let event = Owned::new(
            sys::rd_kafka_queue_poll(queue.pointer, timeout_ms.saturating_add(500)),
            sys::rd_kafka_event_destroy,
        )
        .ok_or(RDKafkaErrorCode::OperationTimedOut)?;
        refuse(sys::rd_kafka_event_error(event.pointer))?;
        let result = sys::rd_kafka_event_DescribeTopics_result(event.pointer);
        if result.is_null() {
            return Err(RDKafkaErrorCode::Fail);
        }
        let mut count = 0;
        let described = sys::rd_kafka_DescribeTopics_result_topics(result, &mut count);
        if described.is_null() || count == 0 {
            return Err(RDKafkaErrorCode::Fail);
        }
        let topic = *described;
        match refuse(sys::rd_kafka_error_code(sys::rd_kafka_TopicDescription_error(topic))) {
            Ok(()) => {}
            Err(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                return Ok(Described::Missing);
            }
            Err(code) => return Err(code),
        }
        let mut partitions = 0;
        sys::rd_kafka_TopicDescription_partitions(topic, &mut partitions);
        let id = sys::rd_kafka_TopicDescription_topic_id(topic);
        if id.is_null() {
            return Err(RDKafkaErrorCode::UnsupportedFeature);
        }
        let (most, least) =
            (sys::rd_kafka_Uuid_most_significant_bits(id), sys::rd_kafka_Uuid_least_significant_bits(id));
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&most.to_be_bytes());
        bytes[8..].copy_from_slice(&least.to_be_bytes());
        Ok(Described::Topic { id: bytes, partitions })
    }
}

fn refuse(code: RDKafkaRespErr) -> Result<(), RDKafkaErrorCode> {
    match code {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(code.into()),
    }
}
