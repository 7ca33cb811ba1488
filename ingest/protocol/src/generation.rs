use shukei_schemas::{Generation, TopicId};

use crate::permit::Permit;

/// What to do about a topic id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GenerationDecision {
    /// The table `sources` knows it already.
    Known {
        /// Its number.
        generation: Generation,
        /// Whether no later one exists. One that is not the newest never gets new raw rows.
        newest: bool,
    },
    /// It is new: write its row under this permit.
    Open {
        /// The number that it gets.
        generation: Generation,
        /// The right to write the row on the snapshot that was read.
        permit: Permit,
    },
}

/// Decides the generation of a topic id from all that `sources` holds at `version`.
///
/// The permit names the generation that it opens, and the lake commits it as a compare-and-swap on the generation
/// before: two who open at once get the same number, and one of them loses and decides again.
pub fn decide_generation(
    version: i64,
    known: &[(Generation, TopicId)],
    topic_id: &TopicId,
) -> GenerationDecision {
    let newest = known.iter().map(|(generation, _)| generation.0).max().unwrap_or(0);
    match known.iter().find(|(_, id)| id == topic_id) {
        Some((generation, _)) => {
            GenerationDecision::Known { generation: *generation, newest: generation.0 == newest }
        }
        None => {
            let generation = Generation(newest + 1);
            GenerationDecision::Open { generation, permit: Permit::opening(version, generation) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(ids: &[&str]) -> Vec<(Generation, TopicId)> {
        ids.iter().zip(1..).map(|(id, n)| (Generation(n), TopicId::from(*id))).collect()
    }

    #[test]
    fn the_first_topic_id_opens_generation_one() {
        let GenerationDecision::Open { generation, permit } = decide_generation(0, &[], &"a".into()) else {
            panic!("an unknown topic id opens a generation");
        };
        assert_eq!((generation, permit.opens(), permit.version()), (Generation(1), Some(Generation(1)), 0));
        assert!(permit.moves().is_empty());
    }

    #[test]
    fn a_known_topic_id_keeps_its_number_and_says_whether_it_is_the_newest() {
        let known = known(&["a", "b"]);
        let old = GenerationDecision::Known { generation: Generation(1), newest: false };
        let new = GenerationDecision::Known { generation: Generation(2), newest: true };
        assert_eq!(decide_generation(7, &known, &"a".into()), old);
        assert_eq!(decide_generation(7, &known, &"b".into()), new);
    }

    #[test]
    fn another_topic_id_gets_the_next_number() {
        match decide_generation(7, &known(&["a", "b"]), &"c".into()) {
            GenerationDecision::Open { generation, permit } => {
                assert_eq!((generation, permit.version()), (Generation(3), 7));
            }
            known => panic!("{known:?}"),
        }
    }
}
