use std::collections::BTreeSet;

use shukei_protocol::Event;
use shukei_schemas::{Lane, Partition};
use shukei_worker::WorkerError;

use crate::ingest::Ingest;

impl Ingest {
    /// The group gives more partitions: the table says where each begins.
    pub(crate) async fn assigned(&mut self, partitions: &[Partition]) -> Result<(), WorkerError> {
        self.confirm().await?;
        let held: BTreeSet<Lane> = self.driver.writer().lanes().collect();
        let more: BTreeSet<Lane> = partitions.iter().map(|partition| self.lane(*partition)).collect();
        let wanted = |lane| held.contains(&lane) || more.contains(&lane);
        self.driver.hold_only(std::slice::from_ref(&self.generation), wanted).await?;
        let writer = self.driver.writer();
        let positions = more.iter().filter_map(|lane| writer.expected(*lane).map(|at| (lane.partition, at)));
        if !more.is_empty() {
            tracing::info!(generation = %self.generation.generation, ?partitions, "partitions taken up");
        }
        self.source.take_up(positions)?;
        self.carry_out()
    }

    /// The group wants partitions back: what is held of them is committed first, unless others have them already.
    pub(crate) async fn revoked(&mut self, partitions: &[Partition], lost: bool) -> Result<(), WorkerError> {
        if !lost {
            self.tell(Event::Flush).await?;
        }
        for partition in partitions {
            let lane = self.lane(*partition);
            self.driver.tell(Event::Revoked { lane }).await?;
        }
        tracing::info!(generation = %self.generation.generation, ?partitions, lost, "partitions given up");
        self.source.give_up(partitions)?;
        self.carry_out()
    }

    pub(crate) fn lane(&self, partition: Partition) -> Lane {
        Lane { generation: self.generation.generation, partition }
    }

    pub(crate) async fn confirm(&self) -> Result<(), WorkerError> {
        match &self.cluster {
            Some(cluster) => cluster.confirm(&self.generation).await,
            None => Ok(()),
        }
    }
}
