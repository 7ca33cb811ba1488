//! JSON Schemas of the definition files, made from the types that read them.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::concordance::Concordance;
use super::form_file::FormFile;
use super::indicator::IndicatorSet;
use super::layout_yaml::LayoutYaml;
use super::mapping::MappingFile;
use super::sectors::Sectors;
use super::survey::Survey;
use super::table::Table;

/// The schemas by the name of the kind of file, in the order of the documentation.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("survey", schema::<Survey>()),
        ("form", schema::<FormFile>()),
        ("layout", schema::<LayoutYaml>()),
        ("sectors", schema::<Sectors>()),
        ("mapping", schema::<MappingFile>()),
        ("table", schema::<Table>()),
        ("concordance", schema::<Concordance>()),
        ("indicators", schema::<IndicatorSet>()),
    ]
}

fn schema<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>()
}
