//! A receipt as text, `<topic id>.<partition>.<offset>`: it says where a record is stored, and is asked with.

use shukei_schemas::{Offset, Partition, TopicId};
use shukei_worker::Receipt;

pub(super) fn write(receipt: &Receipt) -> String {
    format!("{}.{}.{}", receipt.topic_id, receipt.partition.0, receipt.offset.0)
}

/// Reads what [`write`] wrote; nothing else.
pub(super) fn read(text: &str) -> Option<Receipt> {
    let (rest, offset) = text.rsplit_once('.')?;
    let (topic_id, partition) = rest.rsplit_once('.')?;
    let whole = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if topic_id.is_empty() || !whole(partition) || !whole(offset) {
        return None;
    }
    Some(Receipt {
        topic_id: TopicId::new(topic_id),
        partition: Partition(partition.parse().ok()?),
        offset: Offset(offset.parse().ok()?),
    })
}
