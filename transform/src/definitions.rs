//! Definitions by hash: stored before their first use, read back to carry out what was decided with them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use shukei_lake::Lake;
use shukei_schemas::SurveyId;
use shukei_schemas::definition::{Definitions, SurveyDefinition, content_hash};

use crate::error::TransformError;

/// The definitions folder of a data folder, with what was read or written of it.
pub(crate) struct DefinitionStore {
    lake: Lake,
    stored: HashSet<String>,
    listed: HashMap<SurveyId, String>,
    read: HashMap<Vec<String>, Arc<Definitions>>,
}

impl DefinitionStore {
    pub(crate) fn new(lake: Lake) -> Self {
        Self { lake, stored: HashSet::new(), listed: HashMap::new(), read: HashMap::new() }
    }

    /// Stores every file of the definitions that is not known to be stored, and which files each survey is made of.
    pub(crate) async fn store(&mut self, definitions: &Definitions) -> Result<(), TransformError> {
        for survey in definitions.surveys() {
            for (hash, bytes) in survey.definition_files() {
                if !self.stored.contains(hash) {
                    self.lake.put_definition(hash, bytes).await?;
                    self.stored.insert(hash.to_owned());
                }
            }
            let (id, listing) = (&survey.survey.survey, survey.listing());
            if self.listed.get(id) != Some(&listing) {
                self.lake.put_listing(id, &listing).await?;
                self.listed.insert(id.clone(), listing);
            }
        }
        Ok(())
    }

    /// The definitions that these names (`path:sha256`) make up.
    pub(crate) async fn named(&mut self, names: &[String]) -> Result<Arc<Definitions>, TransformError> {
        if let Some(definitions) = self.read.get(names) {
            return Ok(Arc::clone(definitions));
        }
        let mut files = BTreeMap::new();
        for name in names {
            let bad = || TransformError::Definition { name: name.clone() };
            let (path, hash) = name.rsplit_once(':').ok_or_else(bad)?;
            let bytes = self.lake.get_definition(hash).await?;
            if content_hash(&bytes) != hash {
                return Err(bad());
            }
            files.insert(path.to_owned(), bytes);
        }
        let (survey, _) = SurveyDefinition::load(&files);
        let survey = survey
            .ok_or_else(|| TransformError::Definition { name: names.first().cloned().unwrap_or_default() })?;
        let mut definitions = Definitions::default();
        definitions.insert(survey);
        let definitions = Arc::new(definitions);
        self.read.insert(names.to_vec(), Arc::clone(&definitions));
        Ok(definitions)
    }
}
