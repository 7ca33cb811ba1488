use super::SurveyDefinition;
use super::finding::{Finding, nearest};
use super::form::{Form, Question, Role};
use super::lines::line_of;
use super::table::Table;
use super::table_where::Where;
use crate::decimal::{VALUE_DECIMALS, scaled};

/// What is wrong with the named tables of a survey.
pub(super) fn lint_tables(definition: &SurveyDefinition, findings: &mut Vec<Finding>) {
    let forms: Vec<&Form> = definition.forms.values().map(|used| used.value.as_ref()).collect();
    if forms.is_empty() {
        return;
    }
    for (id, used) in &definition.tables {
        let lint = Lint { definition, path: &used.path, id, forms: &forms };
        findings.extend(lint.table(&used.value));
    }
}

struct Lint<'a> {
    definition: &'a SurveyDefinition,
    path: &'a str,
    id: &'a str,
    forms: &'a [&'a Form],
}

impl Lint<'_> {
    fn at(&self, keys: &[(&str, &str)]) -> Option<u64> {
        let text = self.definition.file(self.path)?;
        // A value inside of a longer one is not found by itself.
        line_of(text, keys).or_else(|| line_of(text, &[(keys.first()?.0, "")]))
    }

    fn error(&self, keys: &[(&str, &str)], message: &str) -> Finding {
        Finding::error(self.path, self.at(keys), format!("table `{}`: {message}", self.id))
    }

    fn all(&self) -> impl Iterator<Item = &Question> {
        self.forms.iter().flat_map(|form| &form.questions)
    }

    fn find(&self, number: &str) -> Option<&Question> {
        self.forms.iter().find_map(|form| form.question(number)).map(|(_, question)| question)
    }

    fn unknown(&self, keys: &[(&str, &str)], number: &str) -> Finding {
        let known = self.all().map(|question| question.number.as_str());
        self.error(keys, &format!("unknown question `{number}`")).nearest(number, known)
    }

    fn table(&self, table: &Table) -> Vec<Finding> {
        let mut found = Vec::new();
        for number in &table.questions {
            if self.find(number).is_none() {
                found.push(self.unknown(&[("questions", number)], number));
            }
        }
        let named = self.definition.indicators.values().flat_map(|used| &used.value.indicators);
        let named: Vec<&str> = named
            .flat_map(|one| std::iter::once(one.indicator.as_str()).chain(one.each_of.as_deref()))
            .collect();
        for id in table.indicators.iter().filter(|id| *id != "*" && !named.contains(&id.as_str())) {
            let finding = self.error(&[("indicators", id)], &format!("unknown indicator `{id}`"));
            found.push(finding.nearest(id, named.iter().copied()));
        }
        for name in table.crosses().flatten() {
            found.extend(self.dimension(name));
        }
        for (key, condition) in [("filter", &table.filter), ("numerator", &table.numerator)] {
            found.extend(condition.as_ref().and_then(|condition| self.condition(key, condition)));
        }
        if let Some(weight) = &table.weight {
            let weights = || self.all().filter(|question| question.role == Role::Weight);
            if !weights().any(|question| question.number.as_str() == weight) {
                let known = weights().map(|question| question.number.as_str());
                let message = format!("`{weight}` is no question with `role: weight`");
                found.push(self.error(&[("weight", "")], &message).nearest(weight, known));
            }
        }
        if table.decimals.is_some_and(|decimals| decimals > 6) {
            found.push(self.error(&[("decimals", "")], "decimals above 6"));
        }
        if table.mean_decimals.is_some_and(|decimals| decimals > 6) {
            found.push(self.error(&[("mean_decimals", "")], "mean_decimals above 6"));
        }
        self.sets(table, &mut found);
        let languages = &self.definition.survey.languages;
        for language in table.title.missing(languages) {
            found.push(self.error(&[("title", "")], &format!("a title without `{language}`")));
        }
        found
    }

    fn dimension(&self, name: &str) -> Option<Finding> {
        let is_field = name == "field" && !self.definition.sectors.is_empty() && self.find(name).is_none();
        if is_field || matches!(name, "group" | "method") {
            return None;
        }
        let (number, row) = name.split_once('.').map_or((name, None), |(number, row)| (number, Some(row)));
        let Some(question) = self.find(number) else {
            let known = self.all().map(|question| question.number.as_str()).chain(["group", "method"]);
            let near = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
            let finding =
                self.error(&[("by", name)], &format!("`{name}` is nothing to break figures down by"));
            return Some(
                finding.hint(near.unwrap_or_else(|| "use `group`, `method` or a question".to_owned())),
            );
        };
        let hint = match (question.options().is_empty(), question.rows().is_empty(), row) {
            (true, ..) => "break down by its bands, `<number>band`",
            (false, false, None) => "name one of its rows, `number.row`",
            (false, _, Some(row)) if !question.rows().iter().any(|known| known.code.to_string() == row) => {
                "name one of its rows, `number.row`"
            }
            _ => return None,
        };
        let message = format!("`{name}` is nothing to break figures down by");
        Some(self.error(&[("by", name)], &message).hint(hint))
    }

    /// A condition must make sense in one of the forms at least; the words are those of the best try.
    fn condition(&self, key: &str, condition: &Where) -> Option<Finding> {
        let mut problems = Vec::new();
        for form in self.forms {
            match condition.resolve(form) {
                Ok(_) => return self.groups(key, condition),
                Err(problem) => problems.push(problem),
            }
        }
        problems.sort_by_key(|problem| problem.unknown_question);
        let problem = problems.first()?;
        Some(self.error(&[(key, "")], &problem.message).hint(problem.hint.clone()))
    }

    fn groups(&self, key: &str, condition: &Where) -> Option<Finding> {
        let sectors: Vec<_> = self.definition.sectors.values().map(|used| &used.value).collect();
        let named = condition.groups();
        let unknown = named.iter().find(|group| !sectors.iter().any(|known| known.group(group).is_some()))?;
        if sectors.is_empty() {
            return None;
        }
        let known =
            sectors.iter().flat_map(|sectors| sectors.groups.iter().map(|group| group.group.as_str()));
        Some(self.error(&[(key, "")], &format!("unknown group `{unknown}`")).nearest(unknown, known))
    }

    fn sets(&self, table: &Table, found: &mut Vec<Finding>) {
        let asked =
            || self.all().filter(|q| table.questions.iter().any(|wanted| q.number.as_str() == wanted));
        let has = |code: i16| {
            let everything = table.questions.is_empty() || asked().next().is_none();
            everything || asked().any(|question| question.options().iter().any(|option| option.code == code))
        };
        for (at, group) in table.groups.iter().enumerate() {
            let keys = [("groups", ""), ("id", group.id.as_str())];
            if table.groups[..at].iter().any(|other| other.id == group.id) {
                found.push(self.error(&keys, &format!("group `{}` stands twice", group.id)));
            }
            for code in group.options.iter().filter(|code| !has(**code)) {
                found.push(self.error(&keys, &format!("group `{}` names unknown option {code}", group.id)));
            }
        }
        if let Some(score) = &table.net_score {
            let keys = [("net_score", "")];
            for code in score.promoters.iter().chain(&score.detractors).filter(|code| !has(**code)) {
                found.push(self.error(&keys, &format!("the net score names unknown option {code}")));
            }
            if let Some(code) = score.promoters.iter().find(|code| score.detractors.contains(code)) {
                found.push(self.error(&keys, &format!("option {code} counts for and against the net score")));
            }
        }
        let numbers = table.at_least.iter().map(|text| ("at_least", text));
        let scale = table.rescale.iter().flat_map(|scale| scale.from.iter().chain(&scale.to));
        for (key, text) in numbers.chain(scale.map(|text| ("rescale", text))) {
            if scaled(text, VALUE_DECIMALS).is_none() {
                found.push(self.error(&[(key, "")], &format!("`{text}` is no number")));
            }
        }
        if table.rescale.as_ref().is_some_and(|scale| scale.from[0] == scale.from[1]) {
            found.push(self.error(&[("rescale", "")], "the two points of `from` are the same"));
        }
    }
}
