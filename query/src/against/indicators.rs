//! Indicators of two waves: the condition of the later one, asked of the earlier under the names that its questions and
//! options had there.

use std::collections::BTreeMap;
use std::sync::Arc;

use shukei_schemas::definition::{ConcordedQuestion, IndicatorBase, Where};

use super::Work;
use super::held::{Batch, held, shares};
use super::rows::without_value;
use crate::error::QueryError;
use crate::indicator::AskedIndicator;
use crate::measure::Measure;
use crate::tabulate::tabulate;

/// An indicator as it is formed in both waves.
pub(super) struct Followed<'a> {
    later: Arc<AskedIndicator>,
    earlier: Arc<AskedIndicator>,
    /// What the concordance says of the questions that it looks at.
    pub(super) entries: Vec<&'a ConcordedQuestion>,
}

impl Followed<'_> {
    pub(super) fn id(&self) -> &str {
        &self.later.indicator.indicator
    }
}

impl<'a> Work<'a> {
    /// The changes of indicators, in the order in which they print.
    pub(super) async fn indicators(
        &self,
        asked: Vec<Arc<AskedIndicator>>,
    ) -> Result<Vec<Measure>, QueryError> {
        let mut requests = [self.later.clone(), self.earlier.clone()];
        requests.iter_mut().for_each(|request| request.questions = Some(Vec::new()));
        requests[0].indicators = Some(asked.clone());
        let printed = shares(tabulate(self.catalog, &requests[0]).await?);
        let (mut followed, mut rows) = (Vec::new(), BTreeMap::<String, Vec<Measure>>::new());
        for indicator in &asked {
            match self.followed(indicator) {
                Ok(found) => followed.push(found),
                Err(why) => {
                    let id = &indicator.indicator.indicator;
                    let total = printed
                        .values()
                        .find(|share| share.set.as_ref() == Some(id) && share.breaks.is_empty());
                    let row = total.map(|now| without_value(now, &why, self.later, self.between.against));
                    rows.insert(id.clone(), row.into_iter().collect());
                }
            }
        }
        requests[0].indicators = Some(followed.iter().map(|found| Arc::clone(&found.later)).collect());
        requests[1].indicators = Some(followed.iter().map(|found| Arc::clone(&found.earlier)).collect());
        let printed = (printed, shares(tabulate(self.catalog, &requests[1]).await?));
        let parts = self.between.parts(&self.later.by, self.shared);
        let batch = Batch::Indicators(&followed);
        let [later, earlier] = &requests;
        for found in held(self.catalog, batch, [later, earlier], &parts, self.shared, None).await? {
            self.add(batch, &found, Some(&printed), later, &mut rows);
        }
        self.of_blocks(batch, &requests, &mut rows).await?;
        let rows = asked.iter().filter_map(|one| rows.remove(&one.indicator.indicator));
        Ok(rows.flatten().collect())
    }

    /// The indicator in both waves, or why there is none in the earlier.
    fn followed(&self, asked: &Arc<AskedIndicator>) -> Result<Followed<'a>, String> {
        let between = self.between;
        let why = |error: QueryError| match error {
            QueryError::Request { problem, .. } => problem,
            other => other.to_string(),
        };
        let condition = asked.indicator.condition().unwrap_or_default();
        let mut earlier = AskedIndicator::clone(asked);
        earlier.indicator.of = Some(between.condition(&condition, self.shared).map_err(why)?);
        (earlier.indicator.question, earlier.indicator.options, earlier.indicator.rows) =
            (None, Vec::new(), Vec::new());
        let mut numbers = Vec::new();
        numbers_of(&condition, &mut numbers);
        if let Some(among) = &asked.indicator.among {
            earlier.indicator.among = Some(between.condition(among, self.shared).map_err(why)?);
            numbers_of(among, &mut numbers);
        }
        if let IndicatorBase::Questions(named) = asked.indicator.base() {
            let were = named.iter().map(|name| between.by(name));
            earlier.indicator.base =
                Some(IndicatorBase::Questions(were.collect::<Result<_, _>>().map_err(why)?));
            numbers.extend(
                named.iter().map(|name| name.split_once('.').map_or(name.as_str(), |(number, _)| number)),
            );
        }
        numbers.sort_unstable();
        numbers.dedup();
        let entries = between.concordance.map_or(&[][..], |known| &known.questions);
        let entries = entries.iter().filter(|entry| numbers.contains(&entry.question.as_str())).collect();
        Ok(Followed { later: Arc::clone(asked), earlier: Arc::new(earlier), entries })
    }
}

/// The questions that a condition names.
fn numbers_of<'w>(condition: &'w Where, numbers: &mut Vec<&'w str>) {
    numbers.extend(condition.question.as_deref());
    let inner = condition.all.iter().chain(&condition.any).chain(condition.not.as_deref());
    inner.for_each(|one| numbers_of(one, numbers));
}
