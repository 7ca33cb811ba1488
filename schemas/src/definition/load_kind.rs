//! The kind of a question with its options and rows, and the keys that belong to it.

use super::form::{Precision, Role};
use super::form_file::{KindFile, QuestionFile, UnlistedFile};
use super::kind::{Choice, Kind, Row, UNLISTED_CODE};
use super::load_bands::band_options;
use super::load_form::{FormLoader, Waiting};
use super::load_options::{Listed, options_of};
use super::text::Text;
use crate::moment;

impl FormLoader<'_> {
    pub(super) fn kind(&mut self, file: &QuestionFile, line: Option<u64>, waiting: &mut Waiting) -> Kind {
        let number = &file.number.value;
        self.fits(file, line);
        let listed = match (&file.derived, file.kind) {
            (Some(derived), KindFile::Single) if !derived.bands.is_empty() => {
                band_options(self.path, &derived.bands)
            }
            _ => options_of(self, file, line),
        };
        self.check_codes(number, listed.iter().map(|l| (&l.path, l.choice.code, l.line)).collect());
        let path = self.path.to_owned();
        let row_codes = file.rows.iter().map(|r| (&path, r.row.value, r.row.referenced.line())).collect();
        self.check_codes(number, row_codes);
        let mut options = Vec::new();
        for Listed { choice, ask_if, .. } in listed {
            waiting.options.extend(ask_if.map(|premise| (options.len(), premise)));
            options.push(choice);
        }
        if file.unlisted == UnlistedFile::Other {
            options.push(unlisted_choice());
        }
        let mut rows = Vec::new();
        for row in &file.rows {
            waiting.rows.extend(row.ask_if.clone().map(|premise| (rows.len(), premise)));
            rows.push(Row { code: row.row.value, label: row.label.clone(), ask_if: None });
        }
        let day = |loader: &mut Self, key: &str, text: &Option<String>| {
            let day = text.as_deref().map(moment::iso_date)?;
            if day.is_none() {
                loader.error(line, format!("question `{number}`: `{key}` is no day (YYYY-MM-DD)"));
            }
            day
        };
        match file.kind {
            KindFile::Single => Kind::Single { options },
            KindFile::Multiple => Kind::Multiple { options },
            KindFile::Grid => Kind::Grid { rows, options },
            KindFile::Rating => Kind::Rating { options },
            KindFile::Ranking => {
                let items = i16::try_from(rows.len()).unwrap_or(i16::MAX);
                let most = file.ranks.unwrap_or(items);
                if most < 1 || most > items {
                    let message = format!("question `{number}`: {most} ranks of {items} items");
                    self.hinted(line, message, "give at most as many ranks as there are items");
                }
                let rank = |rank: i16| Choice::new(rank, Text::plain(rank.to_string()));
                let options = if options.is_empty() { (1..=most).map(rank).collect() } else { options };
                Kind::Ranking { rows, options }
            }
            KindFile::Number => Kind::Number {
                decimals: file.decimals.min(9),
                // A weight below 0 would take others' answers away.
                min: file.min.or((file.role == Role::Weight).then_some(0)),
                max: file.max,
            },
            KindFile::Text => Kind::Text { chars_max: file.chars_max },
            KindFile::Date => Kind::Date {
                precision: file.precision,
                earliest: day(self, "earliest", &file.earliest),
                latest: day(self, "latest", &file.latest),
            },
            KindFile::Datetime => {
                let zone = file.zone.clone().unwrap_or_else(|| "UTC".to_owned());
                if jiff::tz::TimeZone::get(&zone).is_err() {
                    let message = format!("question `{number}`: unknown time zone `{zone}`");
                    self.hinted(line, message, "use a name such as Asia/Tokyo or Europe/London");
                }
                Kind::Datetime { zone }
            }
            KindFile::Time => Kind::Time,
        }
    }

    /// Keys that do not belong to the kind.
    fn fits(&mut self, file: &QuestionFile, line: Option<u64>) {
        use KindFile::{Date, Datetime, Grid, Multiple, Number, Ranking, Rating, Single, Text};
        let number = &file.number.value;
        let takes_options = matches!(file.kind, Single | Multiple | Grid | Rating | Ranking);
        let has_options = !file.options.is_empty() || file.scale.is_some() || file.options_file.is_some();
        if !takes_options && has_options {
            self.error(line, format!("question `{number}` takes no options"));
        }
        if matches!(file.kind, Grid | Ranking) == file.rows.is_empty() {
            let message = format!("question `{number}`: rows belong to a grid, and a grid has rows");
            self.hinted(line, message, "give rows to kind: grid and kind: ranking only");
        }
        if file.decimals > 9 {
            self.error(line, format!("question `{number}`: decimals above 9"));
        }
        // How exact a period is follows from what it is.
        let is_period = file.derived.as_ref().is_some_and(|derived| derived.period.is_some());
        let strange: &[(&str, bool, bool)] = &[
            ("points", file.points.is_some(), matches!(file.kind, Rating | Grid)),
            ("ranks", file.ranks.is_some(), file.kind == Ranking),
            ("max_marks", file.max_marks.is_some(), file.kind == Multiple && file.derived.is_none()),
            ("decimals", file.decimals > 0, file.kind == Number),
            ("min", file.min.is_some(), file.kind == Number),
            ("max", file.max.is_some(), file.kind == Number),
            ("precision", file.precision != Precision::default(), file.kind == Date && !is_period),
            ("earliest", file.earliest.is_some(), file.kind == Date),
            ("latest", file.latest.is_some(), file.kind == Date),
            ("zone", file.zone.is_some(), file.kind == Datetime),
            ("chars_max", file.chars_max.is_some(), file.kind == Text),
            ("check", file.check.is_some(), file.kind == Text),
            ("unlisted", file.unlisted != UnlistedFile::Refuse, matches!(file.kind, Single | Multiple)),
        ];
        for (key, given, belongs) in strange {
            if *given && !belongs {
                self.error(line, format!("question `{number}` takes no `{key}`"));
            }
        }
        if file.max_marks == Some(0) {
            let message = format!("question `{number}`: `max_marks` is 0, so every mark is too many");
            self.hinted(line, message, "write how many options may be marked");
        }
        if file.role == Role::Weight && file.kind != Number {
            self.error(line, format!("question `{number}`: a weight is a number"));
        }
        if file.role == Role::Weight && file.min.is_some_and(|min| min < 0) {
            let message = format!("question `{number}`: a weight is never below 0");
            self.hinted(line, message, "leave `min` out, or write 0 or more");
        }
    }
}

fn unlisted_choice() -> Choice {
    let label = Text::of(&[("en", "Other (not listed)"), ("ja", "その他（選択肢外）")]);
    Choice { other: true, implied: true, ..Choice::new(UNLISTED_CODE, label) }
}
