//! Tables that a survey names (集計計画): what is asked of the figures. The command line and HTTP say the same with
//! options, so that there is one language and one implementation.

use schemars::JsonSchema;
use serde::Deserialize;

use super::scalar::Scalar;
use super::table_where::Where;
use super::text::Text;

/// `tables/<table>.yaml`: one table.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The id, by which it is asked for.
    pub table: String,
    /// What it is called.
    #[serde(default)]
    pub title: Text,
    /// The numbers of its questions; all if none are given.
    #[serde(default)]
    #[schemars(with = "Vec<Scalar>")]
    pub questions: Vec<String>,
    /// The ids of its indicators, `*` for all of the wave; where it has some and names no question, it has them alone.
    #[serde(default)]
    #[schemars(with = "Vec<Scalar>")]
    pub indicators: Vec<String>,
    /// What it is broken down by, each beside the total: `group`, `method`, a question, or several crossed with `*`.
    #[serde(default)]
    #[schemars(with = "Vec<Scalar>")]
    pub by: Vec<String>,
    /// Only the units of which this holds.
    #[serde(default)]
    pub filter: Option<Where>,
    /// Only these units are counted, of a base that holds the others too.
    #[serde(default)]
    pub numerator: Option<Where>,
    /// What shares relate to, where it is not what the survey's states say.
    #[serde(default)]
    pub base: Option<Base>,
    /// In which direction of a break shares add up.
    #[serde(default)]
    pub percent: Percent,
    /// The question that says how many units one unit stands for.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub weight: Option<String>,
    /// Which figures are formed; what suits each kind of question if none are given.
    #[serde(default)]
    pub measures: Vec<Statistic>,
    /// Digits behind the point of shares and means, 0 to 6; those of the survey if not given.
    #[serde(default)]
    pub decimals: Option<u8>,
    /// Digits behind the point of means and medians, 0 to 6; if not given `decimals`, then those of the survey.
    #[serde(default)]
    pub mean_decimals: Option<u8>,
    /// What becomes of figures on a small base.
    #[serde(default)]
    pub reliability: Reliability,
    /// Options that are counted together, unit by unit.
    #[serde(default)]
    pub groups: Vec<OptionGroup>,
    /// On an ordered scale: the units at this value or above. Options without a value count by their code.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub at_least: Option<String>,
    /// The share of one set of options less that of another.
    #[serde(default)]
    pub net_score: Option<NetScore>,
    /// Means on another scale.
    #[serde(default)]
    pub rescale: Option<Rescale>,
    /// Whether the plain mean of the groups' shares is formed too.
    #[serde(default)]
    pub equal_groups: bool,
    /// Whether the mean of the groups' shares, each weighted with its number of invited, is formed too.
    #[serde(default)]
    pub frame_weighted: bool,
}

/// Options that are counted together.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionGroup {
    /// The id, in the column `set`.
    pub id: String,
    /// What it is called; the id if not given.
    #[serde(default)]
    pub label: Text,
    /// The codes.
    pub options: Vec<i16>,
}

/// Two sets of options of which the shares are subtracted.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetScore {
    /// The codes that count for it.
    pub promoters: Vec<i16>,
    /// The codes that count against it.
    pub detractors: Vec<i16>,
}

/// A straight line from one scale to another.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rescale {
    /// Two points of the scale that was answered on.
    #[schemars(with = "[Scalar; 2]")]
    pub from: [String; 2],
    /// What they become.
    #[schemars(with = "[Scalar; 2]")]
    pub to: [String; 2],
}

/// What becomes of figures whose base, without weights, is small. Nothing to do with confidentiality.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reliability {
    /// Below this a figure is marked.
    #[serde(default)]
    pub mark_below: Option<u64>,
    /// Below this its value is blank.
    #[serde(default)]
    pub blank_below: Option<u64>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$each])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[$name] = &[$($name::$variant,)*];

            /// The name in definitions, on the command line and in output.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The one with this name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == text)
            }
        }
    };
}

words! {
    /// What a share relates to.
    Base {
        /// Every unit, asked or not.
        All = "all",
        /// The units that routing and coverage reach.
        Asked = "asked",
        /// Of these the ones that answered, or marked nothing where that is an answer.
        Answered = "answered",
        /// Those who answered on the scale: with an option that is not `not_applicable`.
        OnScale = "on_scale",
        /// All marks of the question.
        Mentions = "mentions",
        /// Those who answered the row of a grid, or gave the item of a ranking a rank.
        Row = "row",
        /// All answers at that option over the rows, or over the questions named that share their options.
        ScalePoint = "scale_point",
        /// All ranks given to the item of a ranking.
        Rank = "rank",
    }
}

words! {
    /// In which direction of a break shares add up.
    Percent {
        /// Within each part.
        Down = "down",
        /// Over the parts: of whoever is counted, how many are in this part.
        Across = "across",
        /// Over all parts and options: of the whole base.
        Whole = "whole",
    }
}

words! {
    /// A figure that is formed.
    Statistic {
        /// Units.
        Count = "count",
        /// Per cent of the base.
        Share = "share",
        /// The mean of numbers, or of the values of options.
        Mean = "mean",
        /// The value in the middle.
        Median = "median",
        /// The sum of numbers.
        Sum = "sum",
        /// The least number.
        Min = "min",
        /// The greatest number.
        Max = "max",
    }
}

#[expect(clippy::derivable_impls, reason = "the macro's variants carry no default")]
impl Default for Percent {
    fn default() -> Self {
        Self::Down
    }
}

impl Table {
    /// The dimensions of each break: those of `group*3` are `group` and `3`.
    pub fn crosses(&self) -> impl Iterator<Item = Vec<&str>> {
        self.by.iter().map(|by| by.split('*').map(str::trim).collect())
    }
}
