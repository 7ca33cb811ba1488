//! The groups and methods that both waves have.

use std::collections::BTreeSet;

use shukei_schemas::definition::{Concordance, ConcordedGroup, SurveyDefinition, Where};

use super::panel::Panel;
use super::words;
use crate::catalog::Catalog;
use crate::error::QueryError;
use crate::request::TabulateRequest;
use crate::tabulate::count_wave;

/// Groups of the later wave that together are those of the earlier: the same units, as far as the concordance knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) later: Vec<String>,
    pub(super) earlier: Vec<String>,
}

impl Block {
    /// Whether groups of it have no figure of the other wave of their own.
    pub(super) fn is_joined(&self) -> bool {
        self.later.len() != 1 || self.earlier.len() != 1
    }

    /// As it stands in the column `breaks`.
    pub(super) fn name(&self) -> String {
        self.later.join("+")
    }
}

pub(super) struct Shared<'a> {
    /// None if neither wave has groups.
    pub(super) blocks: Option<Vec<Block>>,
    pub(super) methods: Vec<String>,
    /// The units that answered in both waves, if only they are asked about.
    pub(super) panel: Option<Panel>,
    left_out: Vec<String>,
    entries: &'a [ConcordedGroup],
}

impl<'a> Shared<'a> {
    pub(super) async fn of(
        catalog: &Catalog,
        definition: &SurveyDefinition,
        later: &TabulateRequest,
        earlier: &TabulateRequest,
        concordance: Option<&'a Concordance>,
    ) -> Result<Self, QueryError> {
        let (now, then) = (seen(catalog, later).await?, seen(catalog, earlier).await?);
        let entries = concordance.map_or(&[][..], |known| &known.groups);
        let wave = definition.survey.wave(&later.wave);
        let sectors = wave.and_then(|wave| definition.sectors_of(wave));
        // In printed order, and what the classification does not know behind.
        let listed = sectors.iter().flat_map(|sectors| &sectors.groups).map(|group| &group.group);
        let mut groups: Vec<&String> = listed.filter(|group| now.0.contains(*group)).collect();
        groups.extend(now.0.iter().filter(|group| !groups.contains(group)).collect::<Vec<_>>());
        let blocks = blocks(entries, &groups, &then.0);
        let in_blocks = |group: &String, of: fn(&Block) -> &Vec<String>| {
            blocks.iter().any(|block| of(block).contains(group))
        };
        let mut left_out: Vec<String> = Vec::new();
        left_out.extend(now.0.iter().filter(|group| !in_blocks(group, |block| &block.later)).cloned());
        left_out.extend(then.0.iter().filter(|group| !in_blocks(group, |block| &block.earlier)).cloned());
        left_out.extend(now.1.symmetric_difference(&then.1).cloned());
        left_out.sort();
        let has_groups = !now.0.is_empty() || !then.0.is_empty();
        Ok(Self {
            blocks: has_groups.then_some(blocks),
            methods: now.1.intersection(&then.1).cloned().collect(),
            panel: None,
            left_out,
            entries,
        })
    }

    /// Only units of some blocks, collected in some ways: the conditions of the later and of the earlier wave.
    pub(super) fn limits(&self, methods: &[String], of: Option<&Block>) -> [Where; 2] {
        let list = |names: Vec<String>| match names.is_empty() {
            // Nobody: no group or method has an empty name.
            true => vec![String::new()],
            false => names,
        };
        let side = |names: fn(&Block) -> &Vec<String>| {
            let by_method = Where { method: list(methods.to_vec()), ..Where::default() };
            let Some(blocks) = &self.blocks else { return by_method };
            let blocks = of.map_or(&blocks[..], std::slice::from_ref);
            let groups = blocks.iter().flat_map(names).cloned().collect();
            let by_group = Where { group: list(groups), ..Where::default() };
            Where { all: vec![by_method, by_group], ..Where::default() }
        };
        [side(|block| &block.later), side(|block| &block.earlier)]
    }

    /// The earlier groups that together are these later ones; none if they are not just these.
    pub(super) fn earlier_groups(&self, later: &[String]) -> Option<Vec<String>> {
        let mut earlier: Vec<String> = Vec::new();
        for group in later {
            let block = self.blocks.iter().flatten().find(|block| block.later.contains(group))?;
            if !block.later.iter().all(|group| later.contains(group)) {
                return None;
            }
            if !block.earlier.iter().all(|group| earlier.contains(group)) {
                earlier.extend(block.earlier.iter().cloned());
            }
        }
        Some(earlier)
    }

    pub(super) fn joined(&self) -> impl Iterator<Item = &Block> {
        self.blocks.iter().flatten().filter(|block| block.is_joined())
    }

    /// Who is left out everywhere, with what happened to groups.
    pub(super) fn note(&self, language: &str) -> Option<String> {
        let name = |name: &String| words::group(language, name, self.entry(name));
        let names: Vec<String> = self.left_out.iter().map(name).collect();
        (!names.is_empty()).then(|| words::left_out(language, &names))
    }

    /// What happened to the groups of a block.
    pub(super) fn notes_of(&self, block: &Block, language: &str) -> Vec<String> {
        let entries = block.later.iter().filter_map(|group| self.entry(group));
        let told = entries.filter(|entry| entry.since.is_some() || !entry.reason.is_empty());
        told.map(|entry| words::group(language, &entry.group, Some(entry))).collect()
    }

    fn entry(&self, group: &str) -> Option<&ConcordedGroup> {
        self.entries.iter().find(|entry| entry.group == *group)
    }
}

/// Blocks of groups that both waves have: what shares a group of either wave goes together.
fn blocks(entries: &[ConcordedGroup], now: &[&String], then: &BTreeSet<String>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for group in now {
        let entry = entries.iter().find(|entry| entry.group == **group);
        let were = entry.map_or_else(|| vec![(*group).clone()], |entry| entry.were.clone());
        let mut block = Block {
            later: vec![(*group).clone()],
            earlier: were.into_iter().filter(|was| then.contains(was)).collect(),
        };
        if block.earlier.is_empty() {
            continue;
        }
        let place =
            blocks.iter().position(|known| known.earlier.iter().any(|was| block.earlier.contains(was)));
        // All that touch the new one become one block, where the first of them stands.
        let (touching, others): (Vec<Block>, Vec<Block>) =
            blocks.into_iter().partition(|known| known.earlier.iter().any(|was| block.earlier.contains(was)));
        blocks = others;
        for known in touching.into_iter().rev() {
            block.later.splice(0..0, known.later);
            let earlier =
                known.earlier.into_iter().filter(|was| !block.earlier.contains(was)).collect::<Vec<_>>();
            block.earlier.splice(0..0, earlier);
        }
        blocks.insert(place.unwrap_or(blocks.len()), block);
    }
    blocks
}

/// The groups and methods of the units of a wave.
async fn seen(
    catalog: &Catalog,
    request: &TabulateRequest,
) -> Result<(BTreeSet<String>, BTreeSet<String>), QueryError> {
    let mut request = TabulateRequest::new(request.survey.clone(), request.wave.clone());
    request.questions = Some(Vec::new());
    request.by = vec!["group".to_owned(), "method".to_owned()];
    let counted = count_wave(catalog, &request).await?;
    let names = |cross: usize| {
        let seen = counted.tallies.iter().flat_map(|tally| tally.slots().seen(cross, 0));
        seen.map(str::to_owned).collect()
    };
    Ok((names(0), names(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_share_one_of_the_other_wave_go_together() {
        // What each later group was; the groups seen then; the blocks.
        let cases = [
            ("a=a b=b", "a b", "a=a b=b"),
            ("a=x b=x c=c", "x c", "a+b=x c=c"),
            ("a=x+y", "x y", "a=x+y"),
            ("a=x+y", "x", "a=x"),
            ("a=x b=y c=x+y", "x y", "a+b+c=x+y"),
            ("new= a=a", "a", "a=a"),
        ];
        for (were, then, wanted) in cases {
            let split = |text: &str| -> Vec<String> {
                text.split('+').filter(|name| !name.is_empty()).map(str::to_owned).collect()
            };
            let entries: Vec<ConcordedGroup> = were
                .split(' ')
                .map(|entry| {
                    let (group, were) = entry.split_once('=').unwrap();
                    ConcordedGroup {
                        group: group.to_owned(),
                        were: split(were),
                        since: None,
                        reason: Default::default(),
                    }
                })
                .collect();
            let now: Vec<&String> = entries.iter().map(|entry| &entry.group).collect();
            let then: BTreeSet<String> = then.split(' ').map(str::to_owned).collect();
            let text = |block: &Block| format!("{}={}", block.name(), block.earlier.join("+"));
            let got: Vec<String> = blocks(&entries, &now, &then).iter().map(text).collect();
            assert_eq!(got.join(" "), wanted, "{were}");
        }
        let entry = ConcordedGroup {
            group: "b".to_owned(),
            were: vec!["a".to_owned()],
            since: None,
            reason: Default::default(),
        };
        let (a, b) = ("a".to_owned(), "b".to_owned());
        let then: BTreeSet<String> = [a.clone()].into();
        let got = blocks(&[entry], &[&a, &b], &then);
        let names: Vec<String> = got.iter().map(Block::name).collect();
        assert_eq!(names, ["a+b"], "`b` was split off `a`, which kept its name");
    }
}
