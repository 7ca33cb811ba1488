use std::fmt;
use std::sync::Arc;

use shukei_schemas::definition::{Base, Question, Survey};
use shukei_schemas::{QuestionId, State, SurveyId, WaveId};

/// One figure of a table, with what it was formed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The survey.
    pub survey: SurveyId,
    /// The wave.
    pub wave: WaveId,
    /// The table: the name of a named one, else the question's number.
    pub table: String,
    /// The question.
    pub question: QuestionId,
    /// Its number as it is printed, for people.
    pub printed: String,
    /// The question's title, for people.
    pub title: String,
    /// The question's wording, for people.
    pub text: String,
    /// The row of a grid, the item of a ranking.
    pub row: Option<i16>,
    /// The words of that row, for people.
    pub row_label: Option<String>,
    /// The option, where the figure is one of an option.
    pub option: Option<i16>,
    /// The words of the option, the set or the state.
    pub label: String,
    /// The state, where the figure is one of a state.
    pub state: Option<State>,
    /// The part of the units, as `name=category`, several joined by `; `; empty for all of them.
    pub breaks: String,
    /// The same in words, one for each thing crossed. Filled where figures leave, as in [`crate::tabulate()`].
    pub parts: Arc<[BreakPart]>,
    /// What `value` is.
    pub measure: MeasureKind,
    /// The figure as decimal text, rounded once; empty where it cannot be formed (see `flags`).
    pub value: String,
    /// The units that the figure is of, without weights.
    pub count: u64,
    /// The units or marks that a share relates to, without weights. For means and the like: the units that gave a
    /// number.
    pub base: u64,
    /// The same.
    pub base_unweighted: u64,
    /// Which units are in the base.
    pub base_rule: BaseRule,
    /// How the units in the base were collected, by name, each once.
    pub methods: Vec<String>,
    /// What a reader of the figure must know.
    pub flags: Vec<Flag>,
    /// The same in words of the definitions, for example whom the base leaves out.
    pub notes: Vec<String>,
    /// The set of options that are counted together, where the figure is one of a set.
    pub set: Option<String>,
    /// With weights, what the units that the figure is of weigh, as exact decimal text.
    pub count_weighted: Option<String>,
    /// With weights, what the base weighs.
    pub base_weighted: Option<String>,
    /// Of a mean, numerator and denominator: what a change between two waves is formed of. It does not leave.
    pub exact: Option<(i128, i128)>,
    /// The name of the figure, the same as long as the same is asked.
    pub id: String,
}

/// One category of the part of the units that a figure is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakPart {
    /// What is broken down by, as in the column `breaks`: `group`, `method`, or a question's number.
    pub name: String,
    /// The same for people: the question's title.
    pub title: String,
    /// The category, as in the column `breaks`.
    pub category: String,
    /// Its words.
    pub label: String,
}

impl Measure {
    /// The words of the part of the units, several joined by ` × `; empty for all of them.
    pub fn part_label(&self) -> String {
        let labels: Vec<&str> = self.parts.iter().map(|part| part.label.as_str()).collect();
        labels.join(" × ")
    }

    /// Flags and notes, as they stand in the column `flags`.
    pub fn remarks(&self) -> Vec<String> {
        self.flags.iter().map(|flag| flag.as_str().to_owned()).chain(self.notes.iter().cloned()).collect()
    }

    /// Whether the figure is weighted, so that it does not follow from the whole counts beside it.
    pub fn is_weighted(&self) -> bool {
        self.base_weighted.is_some()
    }
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$each])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$($name::$variant,)*];

            /// The name in output.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

named! {
    /// What the value of a [`Measure`] is.
    MeasureKind {
        /// Units; with weights what they weigh.
        Count = "count",
        /// Per cent of the base.
        Share = "share",
        /// Per cent of those who are counted in any part of the break.
        ShareAcross = "share_across",
        /// Per cent of the base of all parts of the break.
        ShareWhole = "share_whole",
        /// The mean of the numbers given, or of the values of the options chosen.
        Mean = "mean",
        /// The mean on another scale.
        MeanRescaled = "mean_rescaled",
        /// The number in the middle.
        Median = "median",
        /// The sum of the numbers given.
        Sum = "sum",
        /// The least number given.
        Min = "min",
        /// The greatest number given.
        Max = "max",
        /// The share of one set of options less that of another, in points.
        NetScore = "net_score",
        /// The plain mean of the groups' shares, in per cent.
        ShareEqualGroups = "share_equal_groups",
        /// The mean of the groups' shares, each weighted with its number of invited, in per cent.
        ShareFrameWeighted = "share_frame_weighted",
        /// The share of an earlier wave that a change is formed of, in per cent.
        ShareEarlier = "share_earlier",
        /// That of the later wave.
        ShareLater = "share_later",
        /// A share less that of an earlier wave, in points.
        ChangePoints = "change_points",
        /// The relative change of a share since an earlier wave, in per cent.
        ChangePercent = "change_percent",
        /// The difference of the printed shares of two waves, in points.
        ChangePrinted = "change_printed",
        /// The mean of an earlier wave that a change is formed of.
        MeanEarlier = "mean_earlier",
        /// That of the later wave.
        MeanLater = "mean_later",
        /// A mean less that of an earlier wave.
        ChangeMean = "change_mean",
        /// The difference of the printed means of two waves.
        ChangeMeanPrinted = "change_mean_printed",
    }
}

impl MeasureKind {
    /// Whether it is a share of a base in per cent.
    pub fn is_share(self) -> bool {
        matches!(self, Self::Share | Self::ShareAcross | Self::ShareWhole)
    }

    /// Whether it is of two waves: a change, or a figure that stands beside one.
    pub fn is_of_two_waves(self) -> bool {
        match self {
            Self::ShareEarlier
            | Self::ShareLater
            | Self::ChangePoints
            | Self::ChangePercent
            | Self::ChangePrinted
            | Self::MeanEarlier
            | Self::MeanLater
            | Self::ChangeMean
            | Self::ChangeMeanPrinted => true,
            Self::Count
            | Self::Share
            | Self::ShareAcross
            | Self::ShareWhole
            | Self::Mean
            | Self::MeanRescaled
            | Self::Median
            | Self::Sum
            | Self::Min
            | Self::Max
            | Self::NetScore
            | Self::ShareEqualGroups
            | Self::ShareFrameWeighted => false,
        }
    }
}

named! {
    /// Which units are in a base, or what else a share relates to.
    BaseRule {
        /// Those who answered, or marked nothing where that is an answer.
        Answered = "answered",
        /// All who were asked, those who gave no answer and those whose answer is invalid too.
        Asked = "asked",
        /// The same without those whose answer is invalid.
        AskedWithoutInvalid = "asked_without_invalid",
        /// The same without those who gave no answer.
        AskedWithoutNoAnswer = "asked_without_no_answer",
        /// Every unit, asked or not.
        All = "all",
        /// Those who answered on the scale: with an option that is not `not_applicable`.
        OnScale = "on_scale",
        /// All marks of the question.
        Mentions = "mentions",
        /// Those who answered the row.
        Row = "row",
        /// All answers at the option, over rows or questions.
        ScalePoint = "scale_point",
        /// All ranks given to the item.
        Rank = "rank",
        /// Those counted in any part of the break.
        Across = "across",
        /// The groups that have a base.
        Groups = "groups",
        /// Of an indicator: those in the base of everything that it looks at, covered for every option of its set.
        Covered = "covered",
        /// Of an indicator: those in the base of the questions that it names.
        Questions = "questions",
        /// Of an indicator: those in its base of whom its condition `among` holds.
        Among = "among",
    }
}

impl BaseRule {
    /// The rule of a question: its own where it sets one, else that of its survey.
    pub fn of(survey: &Survey, question: &Question) -> Self {
        let in_base = |state| question.state_rule(survey, state).in_base;
        match (in_base(State::NoAnswer), in_base(State::Invalid)) {
            (false, false) => Self::Answered,
            (true, true) => Self::Asked,
            (true, false) => Self::AskedWithoutInvalid,
            (false, true) => Self::AskedWithoutNoAnswer,
        }
    }
}

impl From<Base> for BaseRule {
    fn from(base: Base) -> Self {
        match base {
            Base::All => Self::All,
            Base::Asked => Self::Asked,
            Base::Answered => Self::Answered,
            Base::OnScale => Self::OnScale,
            Base::Mentions => Self::Mentions,
            Base::Row => Self::Row,
            Base::ScalePoint => Self::ScalePoint,
            Base::Rank => Self::Rank,
        }
    }
}

named! {
    /// What a reader of a figure must know.
    Flag {
        /// The answers are made up.
        Synthetic = "synthetic",
        /// The wording of the question is not the published one.
        Reconstructed = "reconstructed",
        /// Nobody is in the base, so there is no value.
        BaseZero = "base_zero",
        /// The base is smaller than the table asks for without a mark.
        Unreliable = "unreliable",
        /// The base is so small that the value is left out.
        Blanked = "blanked",
        /// Units in the base did not come with any answer to it: what collected them does not cover it.
        IncludesNotMapped = "includes_not_mapped",
        /// Organisations delivered counts without records, and this figure needs the answers of each unit: their units
        /// are not in it.
        AggregatesLeftOut = "aggregates_left_out",
        /// Units without a weight count as nothing.
        WeightMissing = "weight_missing",
        /// The table was not asked in both waves alike, and is shown for what it is worth.
        DefinitionChanged = "definition_changed",
        /// There is nothing in the other wave to compare with.
        NotCompared = "not_compared",
        /// The waves must not be compared here.
        Broken = "broken",
    }
}
