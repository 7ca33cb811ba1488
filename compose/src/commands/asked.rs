//! What may be asked of tables on the command line: the same words as over HTTP and in a survey's `tables/`.

use clap::Args;
use shukei_query::{Catalog, TabulateRequest, request_of_table};

use crate::fault::Fault;

#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Asked {
    /// A table that the survey names in its folder `tables/`
    #[arg(long, value_name = "NAME", conflicts_with_all = ["question", "indicator", "indicators", "by", "where_", "numerator", "base", "percent",
        "weight", "decimals", "mean_decimals", "measure", "net", "at_least", "net_score", "rescale", "equal_groups", "frame_weighted",
        "mark_below", "blank_below", "response"])]
    table: Option<String>,
    /// Only this question; may be given again
    #[arg(long)]
    question: Vec<String>,
    /// An indicator of the survey, `indicators/*.yaml`; may be given again. Alone, no question is tabulated
    #[arg(long, value_name = "ID")]
    indicator: Vec<String>,
    /// All indicators of the wave
    #[arg(long)]
    indicators: bool,
    /// Break down by `group`, `method`, a question with options (`number.row` for a row of one), or several crossed with
    /// `*`; may be given again
    #[arg(long, value_name = "BREAK")]
    by: Vec<String>,
    /// Only the units of which this holds: `3=1,2`, `3=1-4`, `3!=1`, `3>=2`, `3<=5`, `3.2=1`, `3=answered`, `group=a,b`,
    /// `method=form`; may be given again, then all hold
    #[arg(long = "where", id = "where_", value_name = "CONDITION")]
    where_: Vec<String>,
    /// Count only these, of a base that holds the others too
    #[arg(long, value_name = "CONDITION")]
    numerator: Vec<String>,
    /// What shares relate to: all, asked, answered, on_scale, mentions, row, scale_point or rank
    #[arg(long)]
    base: Option<String>,
    /// In which direction of a break shares add up: down, across or whole
    #[arg(long)]
    percent: Option<String>,
    /// The question that says how many units one unit stands for
    #[arg(long, value_name = "QUESTION")]
    weight: Option<String>,
    /// Digits of shares and means, 0 to 6
    #[arg(long, value_name = "N")]
    decimals: Option<String>,
    /// Digits of means and medians, 0 to 6, where they differ
    #[arg(long, value_name = "N")]
    mean_decimals: Option<String>,
    /// Only this: count, share, mean, median, sum, min or max; may be given again
    #[arg(long, value_name = "NAME")]
    measure: Vec<String>,
    /// Options counted together, any of them: `id=1,2` or `id=1-4`; may be given again
    #[arg(long, value_name = "ID=CODES")]
    net: Vec<String>,
    /// On a scale: the units at this value, or code, or above
    #[arg(long, value_name = "VALUE")]
    at_least: Option<String>,
    /// The share of some options less that of others, `9,10/0-6`
    #[arg(long, value_name = "CODES/CODES")]
    net_score: Option<String>,
    /// Means on another scale, `1,5:0,100`
    #[arg(long, value_name = "A,B:C,D")]
    rescale: Option<String>,
    /// Form the plain mean of the groups' shares too
    #[arg(long)]
    equal_groups: bool,
    /// Form the mean of the groups' shares weighted with their numbers of invited too
    #[arg(long)]
    frame_weighted: bool,
    /// Mark figures on a base of fewer units
    #[arg(long, value_name = "N")]
    mark_below: Option<String>,
    /// Leave out values on a base of fewer units
    #[arg(long, value_name = "N")]
    blank_below: Option<String>,
}

impl Asked {
    /// The request.
    ///
    /// # Errors
    /// What cannot be read, with what can.
    pub(crate) fn request(
        &self,
        catalog: &Catalog,
        survey: &str,
        wave: &str,
    ) -> Result<TabulateRequest, Fault> {
        let (survey, wave) = (survey.into(), wave.into());
        if let Some(table) = &self.table {
            return Ok(request_of_table(catalog, survey, wave, table)?);
        }
        let mut request = TabulateRequest::new(survey, wave);
        let several = [
            ("question", &self.question),
            ("indicator", &self.indicator),
            ("by", &self.by),
            ("where", &self.where_),
            ("numerator", &self.numerator),
            ("measure", &self.measure),
            ("net", &self.net),
        ];
        let one = [
            ("base", &self.base),
            ("percent", &self.percent),
            ("weight", &self.weight),
            ("decimals", &self.decimals),
            ("mean_decimals", &self.mean_decimals),
            ("at_least", &self.at_least),
            ("net_score", &self.net_score),
            ("rescale", &self.rescale),
            ("mark_below", &self.mark_below),
            ("blank_below", &self.blank_below),
        ];
        let several =
            several.into_iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        let one = one.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        for (name, value) in several.chain(one) {
            request.ask_with(catalog.definitions(), name, value)?;
        }
        if self.indicators {
            request.ask("indicators", "true")?;
        }
        request.how.equal_groups = self.equal_groups;
        request.how.frame_weighted = self.frame_weighted;
        Ok(request)
    }
}
