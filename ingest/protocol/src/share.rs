use std::collections::BTreeSet;

use shukei_schemas::{Lane, Partition};

/// Which lanes a worker works on, of all generations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Share {
    /// All that there are: the worker is alone.
    All,
    /// Those of the partitions that a group gave it. The partitions of a generation that has more than the group deals
    /// out are dealt out in turn, so that each has its worker.
    Of {
        /// The partitions that it was given.
        mine: BTreeSet<Partition>,
        /// How many the group deals out.
        of: i32,
    },
}

impl Share {
    /// No lane at all: what a member of a group has before it was given something.
    pub fn nothing() -> Self {
        Self::Of { mine: BTreeSet::new(), of: 1 }
    }

    /// Whether a lane belongs to it.
    pub fn has(&self, lane: Lane) -> bool {
        match self {
            Self::All => true,
            Self::Of { mine, of } => mine.contains(&Partition(lane.partition.0 % (*of).max(1))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_of_every_generation_belongs_to_exactly_one_worker() {
        // Partitions that the group deals out, and those of a generation: as many, more and fewer.
        for (of, partitions) in [(4, 4), (4, 9), (4, 1), (1, 3)] {
            let shares: Vec<Share> =
                (0..of).map(|partition| Share::Of { mine: [Partition(partition)].into(), of }).collect();
            for partition in 0..partitions {
                let workers = shares.iter().filter(|share| share.has(Lane::new(1, partition))).count();
                assert_eq!(workers, 1, "partition {partition} of {partitions} among {of}");
            }
        }
        assert!(!Share::nothing().has(Lane::new(1, 0)));
        assert!(Share::All.has(Lane::new(7, 3)));
    }
}
