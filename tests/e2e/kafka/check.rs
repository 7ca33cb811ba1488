//! The check before a commit, without a broker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use shukei_lake::{Lake, LakeOptions};
use shukei_protocol::{Event, Limits, Permit, TableName, Writer};
use shukei_schemas::{Lane, Offset, Span, TopicId, tables};
use shukei_worker::{Batch, Driver, Sink, Stored, WorkerError};
use tempfile::TempDir;

/// Holds nothing: only cursors are committed.
struct Nothing;

impl Sink for Nothing {
    fn batch(&mut self, _: &Permit, _: &BTreeMap<String, i64>) -> Result<Batch, WorkerError> {
        Ok(Batch::default())
    }
    fn stored(&mut self, _: Lane, _: Span, _: Stored) {}
    fn discard(&mut self, _: Lane) {}
    fn read(&mut self, _: Lane, _: Offset) {}
}

#[tokio::test]
async fn nothing_is_committed_once_the_check_says_no() {
    let folder = TempDir::new().unwrap();
    let lake = Lake::local(folder.path(), LakeOptions::default()).unwrap();
    let generation = lake.open_generation("t", &TopicId::from("id"), &[Offset(0)], 0).await.unwrap();
    let name = TableName::raw();
    let table =
        lake.create_if_absent(&name, tables::raw(), &["partition"], &tables::POSITION_COLUMNS).await.unwrap();
    let same = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&same);
    let mut driver = Driver::new(Writer::new(name, Limits::default()), table, Nothing);
    driver.check_before_commit(Box::new(move || {
        let same = asked.load(Ordering::SeqCst);
        async move { if same { Ok(()) } else { Err(WorkerError::TopicMissing { topic: "t".into() }) } }
            .boxed()
    }));
    driver.assign(std::slice::from_ref(&generation)).await.unwrap();
    let lane = Lane::new(generation.generation.0, 0);
    let arrived =
        |first, end| Event::Arrived { lane, span: Span::new(first, end), rows: 1, bytes: 1, now_ms: 0 };

    driver.tell(arrived(0, 1)).await.unwrap();
    driver.tell(Event::Flush).await.unwrap();
    let version = driver.table().version();
    same.store(false, Ordering::SeqCst);
    driver.tell(arrived(1, 2)).await.unwrap();
    let refused = driver.tell(Event::Flush).await;
    assert!(matches!(refused, Err(WorkerError::TopicMissing { .. })), "{refused:?}");
    let mut table = lake.open(&TableName::raw()).await.unwrap();
    let cursor = table.cursor(&generation.apps()[&lane]).await.unwrap();
    assert_eq!((table.version(), cursor), (version, Some(1)), "only the first commit is there");
}
