use serde::Deserialize;

use super::text::Text;

/// `sectors/*.yaml`: a versioned classification of respondents (分野・グループ).
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sectors {
    /// The id of the classification.
    pub sectors: String,
    /// Its version.
    pub version: u32,
    /// Where the ministries come from, if the classification's own source does not name them.
    #[serde(default)]
    pub ministry_origin: Option<String>,
    /// The fields (分野), in printed order.
    pub fields: Vec<SectorField>,
    /// The groups that are counted apart, in printed order.
    pub groups: Vec<Group>,
}

impl Sectors {
    /// The group with this id.
    pub fn group(&self, id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.group == id)
    }

    /// Which classification, in which version.
    pub fn reference(&self) -> SectorsRef {
        SectorsRef { sectors: self.sectors.clone(), version: self.version }
    }
}

/// A field of the classification.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SectorField {
    /// The id.
    pub field: String,
    /// The words, as printed.
    pub label: Text,
}

/// A group of respondents.
#[derive(Clone, Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// The id, as it stands in submissions.
    pub group: String,
    /// Its field.
    pub field: String,
    /// The words, as printed.
    pub label: Text,
    /// Who belongs to it, as printed.
    #[serde(default)]
    pub target: Text,
    /// The ministry in charge (所管省庁).
    #[serde(default)]
    pub ministry: Text,
    /// `form`, or the id of the mapping that reads it across.
    #[serde(default)]
    pub collected_by: Option<String>,
}

/// A classification in one version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SectorsRef {
    /// The classification.
    pub sectors: String,
    /// Its version.
    pub version: u32,
}
