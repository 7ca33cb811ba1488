use std::collections::{HashMap, HashSet};

use csv::StringRecord;

use super::SurveyDefinition;
use super::finding::Finding;
use super::lines::line_of;
use super::sectors::Sectors;
use super::survey::{UnitRule, Wave};

/// Who was invited to a wave (名簿), counted per group: what response rates are formed of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The groups, in the order of the file.
    pub groups: Vec<FrameGroup>,
    /// Of a file with a line per respondent those who are in scope, with their group where a respondent counts once in
    /// each; none if the file holds counts.
    pub in_scope: Option<HashSet<(String, Option<String>)>>,
}

/// The invited of one group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameGroup {
    /// The group's id; empty where the survey has no groups.
    pub group: String,
    /// How many were invited; none if the file does not say.
    pub invited: Option<u64>,
    /// How many of them turned out not to belong to the survey; none if the file does not say.
    pub out_of_scope: Option<u64>,
    /// How many of them refused; none if the file does not say.
    pub refused: Option<u64>,
}

impl Frame {
    /// The line of a group.
    pub fn group(&self, group: &str) -> Option<&FrameGroup> {
        self.groups.iter().find(|line| line.group == group)
    }

    /// Whether somebody was invited and is in scope; everybody is where the frame names nobody.
    pub fn invites(&self, unit: UnitRule, respondent: &str, group: Option<&str>) -> bool {
        let group = group.filter(|group| unit == UnitRule::RespondentAndGroup && !group.is_empty());
        let group = group.map(str::to_owned);
        self.in_scope.as_ref().is_none_or(|known| known.contains(&(respondent.to_owned(), group)))
    }

    /// Reads the file of a frame: counts per group, or a line per invited respondent.
    pub(super) fn read(
        path: &str,
        bytes: &[u8],
        sectors: Option<&Sectors>,
        unit: UnitRule,
    ) -> (Self, Vec<Finding>) {
        let mut reading = Reading {
            path,
            sectors,
            unit,
            places: HashMap::new(),
            frame: Self::default(),
            findings: Vec::new(),
        };
        reading.read(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        (reading.frame, reading.findings)
    }
}

impl SurveyDefinition {
    /// Who was invited to a wave: none if the wave names no frame, or if its file is not here.
    pub fn frame_of(&self, wave: &Wave) -> Option<Frame> {
        let path = &wave.frame.as_ref()?.file;
        let sectors = self.sectors_of(wave).map(AsRef::as_ref);
        Some(Frame::read(path, self.file(path)?, sectors, self.survey.unit).0)
    }
}

/// What is wrong with the frame of a wave.
pub(super) fn lint(definition: &SurveyDefinition, wave: &Wave) -> Vec<Finding> {
    let Some(frame) = &wave.frame else { return Vec::new() };
    match definition.file(&frame.file) {
        None => {
            let message = format!("wave `{}`: the frame `{}` is missing", wave.wave, frame.file);
            let keys = [("wave", wave.wave.as_str()), ("file", frame.file.as_str())];
            let line = definition.file("survey.yaml").and_then(|text| line_of(text, &keys));
            vec![
                Finding::error("survey.yaml", line, message)
                    .hint("put the CSV file into the survey's folder, or take the key `frame` out"),
            ]
        }
        Some(bytes) => {
            let sectors = definition.sectors_of(wave).map(AsRef::as_ref);
            Frame::read(&frame.file, bytes, sectors, definition.survey.unit).1
        }
    }
}

const COUNTS: [&str; 4] = ["group", "invited", "out_of_scope", "refused"];
const RESPONDENTS: [&str; 3] = ["respondent", "group", "status"];
const STATUSES: [&str; 3] = ["invited", "out_of_scope", "refused"];

struct Reading<'a> {
    path: &'a str,
    sectors: Option<&'a Sectors>,
    unit: UnitRule,
    /// Where each group stands in the frame.
    places: HashMap<String, usize>,
    frame: Frame,
    findings: Vec<Finding>,
}

impl Reading<'_> {
    fn read(&mut self, bytes: &[u8]) {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(_) => return self.wrong(Some(1), "the header is not UTF-8", "save the file as UTF-8"),
        };
        let has = |name: &str| header.iter().any(|column| column == name);
        let of_respondents = has("respondent");
        let known: &[&str] = if of_respondents { &RESPONDENTS } else { &COUNTS };
        for column in header.iter().filter(|column| !known.contains(column)) {
            let finding = Finding::error(self.path, Some(1), format!("unknown column `{column}`"));
            self.findings.push(finding.nearest(column, known.iter().copied()));
        }
        if !of_respondents && !has("invited") {
            let hint =
                "give `group,invited` with counts, or `respondent,group` with a line per invited respondent";
            return self.wrong(
                Some(1),
                "there is neither a column `invited` nor a column `respondent`",
                hint,
            );
        }
        if !has("group") && self.sectors.is_some() {
            let hint = "the wave has sectors: name the group of each line";
            return self.wrong(Some(1), "there is no column `group`", hint);
        }
        if of_respondents {
            self.frame.in_scope = Some(HashSet::new());
        }
        let mut respondents = HashSet::new();
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map(csv::Position::line);
                    self.wrong(
                        line,
                        "the line cannot be read",
                        "give each line as many cells as the header, in UTF-8",
                    );
                    continue;
                }
            };
            let line = record.position().map(csv::Position::line);
            let cell = |name: &str| cell(&header, &record, name);
            let Some(at) = self.place(line, cell("group")) else { continue };
            if of_respondents {
                let status = has("status").then(|| cell("status"));
                self.respondent(line, at, cell("respondent"), status, &mut respondents);
            } else {
                self.counts(line, at, &cell);
            }
        }
    }

    /// Where the counts of a group stand; none if there is no such group.
    fn place(&mut self, line: Option<u64>, group: &str) -> Option<usize> {
        if let Some(sectors) = self.sectors
            && sectors.group(group).is_none()
        {
            let known = sectors.groups.iter().map(|known| known.group.as_str());
            let finding = Finding::error(self.path, line, format!("unknown group `{group}`"));
            self.findings.push(finding.nearest(group, known));
            return None;
        }
        if let Some(at) = self.places.get(group) {
            return Some(*at);
        }
        let at = self.frame.groups.len();
        self.places.insert(group.to_owned(), at);
        self.frame.groups.push(FrameGroup { group: group.to_owned(), ..FrameGroup::default() });
        Some(at)
    }

    fn respondent(
        &mut self,
        line: Option<u64>,
        at: usize,
        respondent: &str,
        status: Option<&str>,
        seen: &mut HashSet<(String, Option<usize>)>,
    ) {
        if respondent.is_empty() {
            return self.wrong(line, "the line names no respondent", "give the id that submissions name");
        }
        let in_group = (self.unit == UnitRule::RespondentAndGroup).then_some(at);
        if !seen.insert((respondent.to_owned(), in_group)) {
            let message = format!("respondent `{respondent}` stands twice");
            return self.wrong(
                line,
                &message,
                "invite each respondent once, or once in each group where units are so",
            );
        }
        let has_status = status.is_some();
        let status = status.filter(|status| !status.is_empty()).unwrap_or("invited");
        let Some(group) = self.frame.groups.get_mut(at) else { return };
        if let Some(in_scope) = self.frame.in_scope.as_mut().filter(|_| status != "out_of_scope") {
            let name = in_group.map(|_| group.group.clone()).filter(|group| !group.is_empty());
            in_scope.insert((respondent.to_owned(), name));
        }
        let more = |count: Option<u64>, by: u64| Some(count.unwrap_or(0) + by);
        group.invited = more(group.invited, 1);
        if has_status {
            group.out_of_scope = more(group.out_of_scope, u64::from(status == "out_of_scope"));
            group.refused = more(group.refused, u64::from(status == "refused"));
        }
        if !STATUSES.contains(&status) {
            let finding = Finding::error(self.path, line, format!("unknown status `{status}`"));
            let hint = format!("a status is one of {}", STATUSES.join(", "));
            self.findings.push(finding.hint(hint).nearest(status, STATUSES.into_iter()));
        }
    }

    fn counts<'r>(&mut self, line: Option<u64>, at: usize, cell: &impl Fn(&str) -> &'r str) {
        let mut read = |name: &str| match cell(name) {
            "" => None,
            text => match text.parse::<u64>() {
                Ok(number) => Some(number),
                Err(_) => {
                    let message = format!("column `{name}` is no whole number");
                    self.wrong(
                        line,
                        &message,
                        "write digits only, or leave the cell empty if it is not known",
                    );
                    None
                }
            },
        };
        let (invited, out_of_scope, refused) = (read("invited"), read("out_of_scope"), read("refused"));
        let new = FrameGroup { group: cell("group").to_owned(), invited, out_of_scope, refused };
        let lost = out_of_scope.unwrap_or(0).saturating_add(refused.unwrap_or(0));
        if invited.is_some_and(|invited| lost > invited) {
            let message =
                format!("group `{}`: more are out of scope or refused than were invited", new.group);
            self.wrong(line, &message, "`invited` counts all who were invited, whatever became of them");
        }
        let Some(group) = self.frame.groups.get_mut(at) else { return };
        if *group == (FrameGroup { group: new.group.clone(), ..FrameGroup::default() }) {
            *group = new;
        } else {
            self.wrong(line, &format!("group `{}` stands twice", new.group), "give each group one line");
        }
    }

    fn wrong(&mut self, line: Option<u64>, message: &str, hint: &str) {
        self.findings.push(Finding::error(self.path, line, message).hint(hint));
    }
}

fn cell<'r>(header: &StringRecord, record: &'r StringRecord, name: &str) -> &'r str {
    let at = header.iter().position(|column| column == name);
    at.and_then(|at| record.get(at)).unwrap_or_default()
}
