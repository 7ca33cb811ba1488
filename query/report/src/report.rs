use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use shukei_doors::{DoorError, Format};
use shukei_query::{
    Catalog, CommonVector, FrontTable, Measure, ResponseKind, ResponseTable, TabulateRequest, thousands,
};
use shukei_schemas::definition::{SurveyDefinition, Used, Wave, content_hash};
use shukei_schemas::{SurveyId, WaveId};

use crate::blocks::{Block, Part, blocks};
use crate::error::ReportError;
use crate::manifest::{Made, manifest};
use crate::page::page;
use crate::words::{DISTRIBUTION, Words};
use crate::workbook::workbook;

/// Which report to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRequest {
    /// The survey.
    pub survey: SurveyId,
    /// The wave.
    pub wave: WaveId,
    /// The language of labels; the survey's first if none.
    pub language: Option<String>,
}

/// All that a report says, read from one catalog.
#[derive(Debug)]
pub struct Report {
    pub(crate) definition: Arc<SurveyDefinition>,
    pub(crate) wave: Wave,
    pub(crate) language: String,
    /// Every question, in total and by group.
    pub(crate) measures: Vec<Measure>,
    pub(crate) front: FrontTable,
    /// Who was invited, and the response rates.
    pub(crate) response: ResponseTable,
    /// The Delta version of each table.
    pub(crate) versions: BTreeMap<String, i64>,
    pub(crate) vector: CommonVector,
    /// The definition files that the figures were formed with: path to hash.
    pub(crate) formed_with: BTreeMap<String, String>,
    /// The definition files that the answers were interpreted with, each as `path:hash`.
    pub(crate) interpreted_with: BTreeSet<String>,
    /// The latest order time among the records of the wave, in seconds since 1970; 0 if there is none.
    pub(crate) data_time: i64,
}

/// One file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name in the folder.
    pub name: &'static str,
    /// What it holds.
    pub content: Vec<u8>,
}

impl Report {
    /// Reads everything that the report says from a catalog, so that all of it is of one moment.
    ///
    /// # Errors
    /// An unknown survey or wave with the nearest known one; a failed query.
    pub async fn open(catalog: &Catalog, request: &ReportRequest) -> Result<Self, ReportError> {
        let mut tabulation = TabulateRequest::new(request.survey.clone(), request.wave.clone());
        tabulation.language.clone_from(&request.language);
        tabulation.by = vec!["group".to_owned()];
        // Refuses what is unknown.
        let measures = shukei_query::tabulate(catalog, &tabulation).await?;
        let unknown = || shukei_query::QueryError::UnknownWave {
            survey: request.survey.to_string(),
            wave: request.wave.to_string(),
            nearest: None,
        };
        let definition = catalog.definitions().survey(&request.survey).ok_or_else(unknown)?.clone();
        let wave = definition.survey.wave(&request.wave).ok_or_else(unknown)?.clone();
        let language = request.language.clone();
        let language = language.or_else(|| definition.survey.languages.first().cloned());
        let language = language.unwrap_or_else(|| "en".to_owned());
        let front = FrontTable::open(catalog, &definition, &wave, &language).await?;
        let response =
            ResponseTable::open(catalog, &request.survey, &request.wave, Some(language.as_str())).await?;
        let versions =
            catalog.versions().iter().map(|(table, version)| (table.to_string(), *version)).collect();
        let quoted = |text: &str| text.replace('\'', "''");
        let of_wave = format!(
            "kind IN ('response', 'edit', 'aggregate') AND survey = '{}' AND wave = '{}'",
            quoted(request.survey.as_str()),
            quoted(request.wave.as_str())
        );
        let used = format!(
            "SELECT DISTINCT array_to_string(definitions, '|') FROM outcomes WHERE {of_wave} ORDER BY 1"
        );
        let used = texts(catalog, &used).await?;
        let interpreted_with = used.iter().flat_map(|names| names.split('|')).map(str::to_owned).collect();
        let newest = format!(
            "SELECT cast(date_part('epoch', max(order_time)) AS BIGINT) FROM outcomes WHERE {of_wave}"
        );
        let newest = texts(catalog, &newest).await?;
        let data_time = newest.first().and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
        Ok(Self {
            formed_with: formed_with(&definition, &wave),
            definition,
            wave,
            language,
            measures,
            front,
            response,
            versions,
            vector: catalog.vector().clone(),
            interpreted_with,
            data_time,
        })
    }

    /// The files, in the order in which the manifest names them; the manifest itself is the last.
    ///
    /// # Errors
    /// A figure or a name that a file cannot hold.
    pub fn files(&self, made: &Made) -> Result<Vec<File>, ReportError> {
        let parts = self.parts();
        let blocks = blocks(&self.measures, &parts);
        let mut files = vec![
            File { name: "figures.csv", content: self.csv()? },
            File { name: "figures.xlsx", content: workbook(self, &parts, &blocks)? },
            File { name: "report.html", content: page(self, &blocks).into_bytes() },
        ];
        let content = manifest(self, made, &files)?;
        files.push(File { name: "manifest.json", content });
        Ok(files)
    }

    pub(crate) fn words(&self) -> &'static Words {
        Words::of(&self.language)
    }

    /// How many a group's row of the front table says were invited, and its response rate; empty where nobody says.
    pub(crate) fn invited(&self, group: Option<&str>) -> (String, String) {
        let row = group.and_then(|group| self.response.group(group));
        let invited = row.and_then(|row| row.invited).map_or_else(String::new, thousands);
        let rate = row.and_then(|row| row.rate.clone()).unwrap_or_default();
        (invited, rate)
    }

    /// What is said below the front table: marks, figures that were published, and the source.
    pub(crate) fn front_lines(&self) -> Vec<String> {
        let (words, survey) = (self.words(), &self.definition.survey);
        let language = self.language.as_str();
        let marks = self.front.notes.iter().map(|note| format!("{} {}", note.mark, note.words));
        let rates =
            [(ResponseKind::TotalForm, words.own_form), (ResponseKind::TotalAcross, words.read_across)];
        let rates = rates.into_iter().filter_map(|(kind, whose)| {
            let row = self.response.total(kind)?;
            let (rate, base) = (row.rate.as_ref()?, row.base?);
            let (answered, base) = (thousands(row.answered), thousands(base));
            Some(format!("{} ({whose}): {rate}% ({answered}/{base}); {}", words.rate, self.response.formula))
        });
        let date = self.wave.reference_date.iter().map(|date| format!("{}: {date}", words.reference_date));
        let issuer = survey.issuer.in_language(language);
        let issuer = (!issuer.is_empty()).then(|| format!("{}: {issuer}", words.issuer));
        let published = survey.published.iter().map(|figure| {
            let unit = if figure.unit == "percent" { "%" } else { figure.unit.as_str() };
            let (label, note) = (figure.label.in_language(language), figure.note.in_language(language));
            format!("{label}: {} {unit} ({note})", figure.value)
        });
        let source = survey.source.in_language(language);
        let source = (!source.is_empty()).then(|| format!("{}: {source}", words.source));
        marks.chain(rates).chain(issuer).chain(date).chain(published).chain(source).collect()
    }

    /// The heading of the section that a question stands in.
    pub(crate) fn section_of(&self, block: &Block<'_>) -> &str {
        let number = block.first.question.as_str();
        let forms = self.wave.forms.iter().filter_map(|form| self.definition.form(form));
        let section = forms
            .filter_map(|form| form.question(number).and_then(|(_, asked)| form.sections.get(asked.section)))
            .next();
        let title = section.map_or("", |section| section.title.in_language(&self.language));
        if title.is_empty() { section.map_or("", |section| section.id.as_str()) } else { title }
    }

    /// The total, and the groups that figures were formed of.
    fn parts(&self) -> Vec<Part> {
        let mut parts = vec![Part { breaks: String::new(), label: self.words().total.to_owned() }];
        let sectors = self.definition.sectors_of(&self.wave);
        for measure in &self.measures {
            if parts.iter().any(|part| part.breaks == measure.breaks) {
                continue;
            }
            let name = measure.breaks.split_once('=').map_or(measure.breaks.as_str(), |(_, name)| name);
            let group = sectors.and_then(|sectors| sectors.group(name));
            let label = group.map_or(name, |group| group.label.in_language(&self.language));
            parts.push(Part { breaks: measure.breaks.clone(), label: label.to_owned() });
        }
        parts
    }

    /// The columns of `shukei tabulate` and one more that says for whom they are.
    fn csv(&self) -> Result<Vec<u8>, ReportError> {
        let batch = shukei_doors::measures_batch(&self.measures)?;
        let told: ArrayRef =
            Arc::new(StringArray::from_iter_values((0..batch.num_rows()).map(|_| DISTRIBUTION)));
        let mut fields: Vec<Arc<Field>> = batch.schema().fields().iter().cloned().collect();
        // Columns that came later stand behind it.
        let place = fields.iter().position(|field| field.name() == "breaks_label").unwrap_or(fields.len());
        fields.insert(place, Arc::new(Field::new("distribution", DataType::Utf8, false)));
        let mut columns = batch.columns().to_vec();
        columns.insert(place, told);
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
            .map_err(|error| DoorError::Write(std::io::Error::other(error)))?;
        let mut out = Vec::new();
        shukei_doors::render(&batch.schema(), &[batch], Format::Csv, usize::MAX, &mut out)?;
        Ok(out)
    }
}

/// The definition files of a wave, with their hashes.
fn formed_with(definition: &SurveyDefinition, wave: &Wave) -> BTreeMap<String, String> {
    let forms = wave.forms.iter().map(|form| Used { wave: Some(wave), form: Some(form), ..Used::default() });
    let layouts = wave.layouts.iter().map(|layout| Used { layout: Some(layout), ..Used::default() });
    let mappings = wave.mappings.iter().map(|mapping| Used {
        form: definition.mapping(mapping).map(|mapping| &mapping.source),
        mapping: Some(mapping),
        ..Used::default()
    });
    let frame = wave.frame.as_ref().and_then(|frame| {
        let content = definition.file(&frame.file)?;
        Some((frame.file.clone(), content_hash(content)))
    });
    forms
        .chain(layouts)
        .chain(mappings)
        .flat_map(|used| definition.names_of(&used))
        .filter_map(|name| name.rsplit_once(':').map(|(path, hash)| (path.to_owned(), hash.to_owned())))
        .chain(frame)
        .collect()
}

/// The first column of a query; nulls are left out.
async fn texts(catalog: &Catalog, query: &str) -> Result<Vec<String>, ReportError> {
    let mut texts = Vec::new();
    for batch in catalog.query(query).await?.collect().await? {
        for row in (0..batch.num_rows()).filter(|row| !batch.column(0).is_null(*row)) {
            let text = arrow::util::display::array_value_to_string(batch.column(0), row);
            texts.extend(text.ok());
        }
    }
    Ok(texts)
}
