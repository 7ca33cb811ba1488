//! What every command that only reads opens first.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use shukei_lake::Lake;
use shukei_query::Catalog;
use shukei_schemas::SurveyId;
use shukei_schemas::definition::{Definitions, SurveyDefinition};

use crate::cli::DataFolder;
use crate::fault::Fault;
use crate::{folder, surveys};

/// The tables of a data folder, with labels of the surveys that the program knows, of those in the folders given, and
/// of those that the data folder itself keeps.
pub(crate) async fn open(data: &DataFolder) -> Result<Catalog, Fault> {
    open_for(data, None).await
}

/// The same where only one survey is asked about: what is wrong with the definitions of others is no obstacle.
pub(crate) async fn open_for(data: &DataFolder, only: Option<&str>) -> Result<Catalog, Fault> {
    let definitions = surveys::load_for(&data.surveys, only)?;
    let lake = folder::open_to_read(&data.data)?;
    open_lake(&lake, &definitions, None).await
}

/// The same with definitions that are read already, and labels in the language given where there is one.
pub(crate) async fn open_lake(
    lake: &Lake,
    definitions: &Definitions,
    language: Option<&str>,
) -> Result<Catalog, Fault> {
    let catalog = Catalog::open_in(lake, definitions, language).await?;
    let kept = kept_surveys(lake, &catalog, definitions).await?;
    if kept.is_empty() {
        return Ok(catalog);
    }
    let mut definitions = definitions.clone();
    for survey in kept {
        definitions.insert(survey);
    }
    Ok(Catalog::open_in(lake, &definitions, language).await?)
}

/// Surveys that nobody named, as they were when their newest submissions were interpreted. What no row was made with,
/// such as tables, concordances, indicators and frames, is as the last writer knew it.
async fn kept_surveys(
    lake: &Lake,
    catalog: &Catalog,
    known: &Definitions,
) -> Result<Vec<SurveyDefinition>, Fault> {
    let query = "SELECT survey, array_to_string(definitions, '|') AS names FROM outcomes WHERE kind IN ('response', 'edit', 'aggregate') \
                 GROUP BY survey, names ORDER BY max(generation), max(order_time)";
    let mut files: BTreeMap<SurveyId, BTreeMap<String, String>> = BTreeMap::new();
    for batch in catalog.query(query).await?.collect().await? {
        let text =
            |column: usize| arrow::compute::cast(batch.column(column), &arrow::datatypes::DataType::Utf8);
        let (surveys, names) = (text(0).map_err(anyhow::Error::from)?, text(1).map_err(anyhow::Error::from)?);
        let (surveys, names) = (surveys.as_string::<i32>(), names.as_string::<i32>());
        for row in (0..batch.num_rows()).filter(|row| surveys.is_valid(*row) && names.is_valid(*row)) {
            let survey = SurveyId::new(surveys.value(row));
            if known.survey(&survey).is_none() {
                let hashes = files.entry(survey).or_default();
                hashes.extend(names.value(row).split('|').filter_map(|name| {
                    name.rsplit_once(':').map(|(path, hash)| (path.to_owned(), hash.to_owned()))
                }));
            }
        }
    }
    let mut surveys = Vec::new();
    for (survey, mut hashes) in files {
        let listing = lake.get_listing(&survey).await?.unwrap_or_default();
        for (path, hash) in listing.lines().filter_map(|line| line.rsplit_once(':')) {
            hashes.entry(path.to_owned()).or_insert_with(|| hash.to_owned());
        }
        let mut contents = BTreeMap::new();
        for (path, hash) in hashes {
            contents.insert(path, lake.get_definition(&hash).await?);
        }
        surveys.extend(SurveyDefinition::load(&contents).0);
    }
    Ok(surveys)
}
