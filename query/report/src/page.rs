//! The page: one file of HTML that needs nothing beside it.

use std::fmt::Write;

use shukei_query::{MeasureKind, thousands};

use crate::blocks::{Block, Line};
use crate::chart::chart;
use crate::report::Report;
use crate::words::Words;

const STYLE: &str = "\
:root{color-scheme:light}\
body{font-family:'BIZ UDPGothic','Noto Sans CJK JP','Noto Sans JP','Yu Gothic',Meiryo,'Hiragino Sans',sans-serif;\
color:#111;background:#fff;line-height:1.6;margin:0 auto;padding:1rem;max-width:62rem}\
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.25rem;border-bottom:2px solid #1f4e79;margin-top:2.5rem}\
h3{font-size:1.05rem;margin:2rem 0 .25rem}h4{font-size:1rem;margin:1rem 0 .25rem}\
.internal,.synthetic{font-weight:bold;border:2px solid #9c0006;color:#9c0006;padding:.25rem .75rem;margin:.5rem 0}\
.synthetic{background:#fff4e5}\
table{border-collapse:collapse;font-size:.875rem;margin:.5rem 0;width:100%}\
caption{text-align:left;font-weight:bold;padding:.25rem 0}\
th,td{border:1px solid #888;padding:.2rem .5rem;text-align:left;vertical-align:top}\
thead th{background:#dde6f0}th[scope=row]{font-weight:normal}\
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
tfoot th,tfoot td{font-weight:bold}\
figure{margin:.5rem 0}svg{max-width:100%;height:auto;font-size:14px}svg text{fill:#111}\
svg .bar{fill:#1f5a96}svg .room{fill:#edf1f5}\
.small{font-size:.8125rem;color:#333;overflow-wrap:anywhere}\
ul.notes{list-style:none;padding:0;margin:.25rem 0}\
@media print{body{max-width:none;padding:0;font-size:10pt}h2{break-before:page}h2:first-of-type{break-before:auto}\
section,figure,tr{break-inside:avoid}h3,h4,caption{break-after:avoid}\
svg .bar,svg .room,thead th{print-color-adjust:exact;-webkit-print-color-adjust:exact}\
@page{margin:15mm}}";

/// Forms the page. It holds no clock.
pub(crate) fn page(report: &Report, blocks: &[Block<'_>]) -> String {
    let (words, survey) = (report.words(), &report.definition.survey);
    let language = report.language.as_str();
    let title =
        format!("{} / {}", survey.names.in_language(language), report.wave.names.in_language(language));
    let mut out = String::new();
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <title>{} | {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n",
        escaped(language),
        escaped(&title),
        escaped(words.report)
    );
    let _ = writeln!(out, "<p class=\"internal\">{}</p>", escaped(words.distribution));
    let _ = writeln!(out, "<h1>{}</h1>", escaped(&title));
    if survey.synthetic {
        let _ = writeln!(out, "<p class=\"synthetic\" role=\"note\">{}</p>", escaped(words.synthetic));
    }
    out.push_str("</header>\n<main>\n");
    front(report, &mut out);
    let is_headline = |block: &&Block<'_>| report.wave.headline.contains(&block.first.question);
    let mut id = 0;
    let headline: Vec<&Block<'_>> = blocks.iter().filter(is_headline).collect();
    if !headline.is_empty() {
        let _ = writeln!(out, "<h2>{}</h2>", escaped(words.headline));
        questions(report, &headline, &mut id, &mut out);
    }
    let others: Vec<&Block<'_>> = blocks.iter().filter(|block| !is_headline(block)).collect();
    for of_section in others.chunk_by(|a, b| report.section_of(a) == report.section_of(b)) {
        let Some(first) = of_section.first() else { continue };
        let section = report.section_of(first);
        let section = if section.is_empty() { words.questions } else { section };
        let _ = writeln!(out, "<h2>{}</h2>", escaped(section));
        questions(report, of_section, &mut id, &mut out);
    }
    out.push_str("</main>\n<footer class=\"small\">\n");
    let versions: Vec<String> =
        report.versions.iter().map(|(table, version)| format!("{table}@{version}")).collect();
    let _ = writeln!(out, "<p>{}: {}</p>", escaped(words.tables), escaped(&versions.join(" ")));
    let _ = writeln!(out, "<p>{}: {}</p>", escaped(words.vector), escaped(&report.vector.to_string()));
    let _ = writeln!(out, "<p>{}</p>", escaped(words.distribution));
    out.push_str("</footer>\n</body>\n</html>\n");
    out
}

fn front(report: &Report, out: &mut String) {
    let (words, front) = (report.words(), &report.front);
    let _ = writeln!(out, "<section>\n<h2>{}</h2>", escaped(words.front));
    let rate = format!("{} %", words.rate);
    let names = [
        (words.group, ""),
        (words.target, ""),
        (words.ministry, ""),
        (words.invited, " class=\"n\""),
        (words.answers, " class=\"n\""),
        (&rate, " class=\"n\""),
        (words.method, ""),
    ];
    out.push_str("<table>\n<thead><tr>");
    for (name, class) in names {
        let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", escaped(name));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &front.rows {
        let (invited, rate) = report.invited(row.group.as_deref());
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td>{}</td></tr>",
            escaped(&row.name),
            escaped(&row.target),
            escaped(&row.ministry),
            escaped(&invited),
            thousands(row.count),
            escaped(&rate),
            escaped(&row.method_text())
        );
    }
    let _ = writeln!(
        out,
        "</tbody>\n<tfoot><tr><th scope=\"row\">{}</th><td></td><td></td><td></td><td class=\"n\">{}</td><td></td><td></td></tr></tfoot>\n\
         </table>",
        escaped(words.total),
        escaped(&front.total_text())
    );
    notes(&report.front_lines(), out);
    out.push_str("</section>\n");
}

fn notes(lines: &[String], out: &mut String) {
    if lines.is_empty() {
        return;
    }
    out.push_str("<ul class=\"notes small\">\n");
    for line in lines {
        let _ = writeln!(out, "<li>{}</li>", escaped(line));
    }
    out.push_str("</ul>\n");
}

/// Some questions, each grid as one with its rows below it.
fn questions(report: &Report, blocks: &[&Block<'_>], id: &mut usize, out: &mut String) {
    let words = report.words();
    for of_question in blocks.chunk_by(|a, b| a.first.question == b.first.question) {
        let Some(first) = of_question.first().map(|block| block.first) else { continue };
        let _ = writeln!(out, "<section>\n<h3>{} {}</h3>", escaped(&first.printed), escaped(&first.title));
        if first.text != first.title {
            let _ = writeln!(out, "<p>{}</p>", escaped(&first.text));
        }
        for block in of_question {
            *id += 1;
            if let Some(row) = &block.first.row_label {
                let _ = writeln!(out, "<h4>{}</h4>", escaped(row));
            }
            if let Some(drawing) = chart(block, words, &format!("chart{id}")) {
                let _ = writeln!(out, "<figure>{drawing}</figure>");
            }
            table(block, words, out);
            notes(&block.footnotes(words, 1), out);
        }
        out.push_str("</section>\n");
    }
}

/// The numbers of a block, all units: every share with its count and base.
fn table(block: &Block<'_>, words: &Words, out: &mut String) {
    let rule = block.bases.first().map_or("", |base| words.base_rule(base.first.base_rule));
    let _ = write!(
        out,
        "<table>\n<caption>{} {} ({}: {})</caption>\n<thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th>",
        escaped(words.question),
        escaped(&block.first.printed),
        escaped(words.base),
        escaped(rule),
        escaped(words.code),
        escaped(words.label)
    );
    for name in [words.count, words.base, words.percent] {
        let _ = write!(out, "<th scope=\"col\" class=\"n\">{}</th>", escaped(name));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for line in &block.lines {
        row(block, line, words, out);
    }
    out.push_str("</tbody>\n</table>\n");
}

fn row(block: &Block<'_>, line: &Line<'_>, words: &Words, out: &mut String) {
    let Some(cell) = line.total() else { return };
    let value = match cell.figure.measure {
        MeasureKind::Count => thousands(cell.figure.count),
        _ if cell.figure.value.is_empty() => "-".to_owned(),
        _ => cell.figure.value.clone(),
    };
    let share = cell.share.map_or("", |share| if share.value.is_empty() { "-" } else { &share.value });
    let marks = block.marks(line.base);
    let base = format!("{} {marks}", thousands(cell.figure.base));
    let _ = writeln!(
        out,
        "<tr><td>{}</td><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
        escaped(&line.code()),
        escaped(line.label(words)),
        escaped(&value),
        escaped(base.trim_end()),
        escaped(share)
    );
}

/// The text as it may stand in HTML, also between quotes. Control characters, and marks that turn the direction of
/// what follows, are replaced.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') => {
                out.push('\u{fffd}');
            }
            c => out.push(c),
        }
    }
    out
}
