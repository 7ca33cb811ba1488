//! The law as SQL: each check lists the spans of offsets that break it. They read the tables
//!
//! * `lanes (generation, partition, start, raw_next, outcomes_next)`: where each lane begins, and the two cursors;
//! * `cursors (target, generation, partition, next)`: the cursors of the tables that carry out outcomes and exist;
//! * `raw`, `outcomes`: every row; `spans`: the rows of `raw` with where they end and how far those before reach;
//! * `held (target, generation, partition, offset, interpretation)`: their rows;
//! * `named`: the outcomes that name such a table, in the same columns.
//!
//! Every query groups by lane or lists rows, so that none can be answered from the totals that files carry.

use shukei_protocol::Invariant;

use super::FindingKind;

/// One rule and the query that lists what breaks it: `subject` (a table), `generation`, `partition`, `first`, `end`.
pub(super) struct Check {
    pub(super) kind: FindingKind,
    pub(super) invariant: Invariant,
    /// What is the matter, behind the table's name.
    pub(super) problem: &'static str,
    pub(super) sql: String,
}

/// The rows of `raw` as spans, in order.
pub(super) const SPANS: &str = r#"
    SELECT *, coalesce(max("end") OVER (PARTITION BY generation, "partition" ORDER BY first, "end"
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), start) AS reached
    FROM (SELECT r.generation, r."partition", r."offset" AS first,
                 CASE WHEN r.kind = 'hole' THEN coalesce(r.hole_end, r."offset") ELSE r."offset" + 1 END AS "end",
                 l.start, l.raw_next
          FROM raw r JOIN lanes l ON l.generation = r.generation AND l."partition" = r."partition")"#;

/// The outcomes that name a table.
pub(super) const NAMED: &str = r#"
    SELECT target, generation, "partition", "offset", interpretation
    FROM outcomes WHERE kind IN ('response', 'edit', 'aggregate') AND target IS NOT NULL"#;

pub(super) fn checks() -> Vec<Check> {
    let mut checks = raw_checks();
    checks.extend(outcome_checks());
    checks.extend(table_checks());
    checks
}

fn raw_checks() -> Vec<Check> {
    let broken = |problem, sql: &str| Check {
        kind: FindingKind::Broken,
        invariant: Invariant::Contiguous,
        problem,
        sql: sql.to_owned(),
    };
    vec![
        broken(
            "lacks offsets below its cursor",
            r#"SELECT 'raw' AS subject, generation, "partition", reached AS first, first AS "end"
               FROM spans WHERE first > reached
               UNION ALL
               SELECT 'raw', l.generation, l."partition", coalesce(s.reached, l.start), l.raw_next
               FROM lanes l LEFT JOIN (
                   SELECT generation, "partition", max("end") AS reached FROM spans GROUP BY generation, "partition") s
                 ON s.generation = l.generation AND s."partition" = l."partition"
               WHERE coalesce(s.reached, l.start) < l.raw_next"#,
        ),
        broken(
            "holds offsets twice",
            r#"SELECT 'raw' AS subject, generation, "partition", first, least("end", reached) AS "end"
               FROM spans WHERE first < reached AND first >= start"#,
        ),
        broken(
            "holds offsets before the first of the generation",
            r#"SELECT 'raw' AS subject, generation, "partition", first, "end" FROM spans WHERE first < start"#,
        ),
        broken(
            "holds offsets at or past its cursor",
            r#"SELECT 'raw' AS subject, generation, "partition", greatest(first, raw_next) AS first, "end"
               FROM spans WHERE "end" > raw_next"#,
        ),
        broken(
            "holds a hole without an end",
            r#"SELECT 'raw' AS subject, generation, "partition", first, first + 1 AS "end"
               FROM spans WHERE "end" <= first"#,
        ),
        Check {
            kind: FindingKind::Broken,
            invariant: Invariant::Contiguous,
            problem: "holds rows of a lane that `sources` does not know",
            sql: islands(
                r#"SELECT a.subject, a.generation, a."partition", a."offset"
                   FROM (SELECT 'raw' AS subject, generation, "partition", "offset" FROM raw
                         UNION ALL SELECT 'outcomes', generation, "partition", "offset" FROM outcomes
                         UNION ALL SELECT target, generation, "partition", "offset" FROM held) a
                   LEFT ANTI JOIN lanes l ON l.generation = a.generation AND l."partition" = a."partition""#,
            ),
        },
    ]
}

fn outcome_checks() -> Vec<Check> {
    let check = |kind, invariant, problem, sql| Check { kind, invariant, problem, sql: islands(sql) };
    vec![
        check(
            FindingKind::Broken,
            Invariant::Once,
            "decides positions twice",
            r#"SELECT 'outcomes' AS subject, generation, "partition", "offset" FROM outcomes
               GROUP BY generation, "partition", "offset", interpretation HAVING count(*) > 1"#,
        ),
        check(
            FindingKind::Broken,
            Invariant::Decided,
            "lacks raw records below its cursor",
            r#"SELECT 'outcomes' AS subject, r.generation, r."partition", r."offset"
               FROM raw r JOIN lanes l ON l.generation = r.generation AND l."partition" = r."partition"
               LEFT ANTI JOIN outcomes o ON o.generation = r.generation AND o."partition" = r."partition"
                    AND o."offset" = r."offset" AND o.interpretation = 0
               WHERE r.kind = 'record' AND r."offset" < l.outcomes_next"#,
        ),
        check(
            FindingKind::Behind,
            Invariant::Decided,
            "is not yet where `raw` is",
            r#"SELECT 'outcomes' AS subject, r.generation, r."partition", r."offset"
               FROM raw r JOIN lanes l ON l.generation = r.generation AND l."partition" = r."partition"
               WHERE r.kind = 'record' AND r."offset" >= l.outcomes_next"#,
        ),
        check(
            FindingKind::Broken,
            Invariant::Decided,
            "lacks records that `outcomes` decided",
            r#"SELECT 'raw' AS subject, o.generation, o."partition", o."offset" FROM outcomes o
               LEFT ANTI JOIN raw r ON r.generation = o.generation AND r."partition" = o."partition"
                    AND r."offset" = o."offset" AND r.kind = 'record'"#,
        ),
        check(
            FindingKind::Broken,
            Invariant::Decided,
            "holds positions at or past its cursor",
            r#"SELECT 'outcomes' AS subject, o.generation, o."partition", o."offset"
               FROM outcomes o JOIN lanes l ON l.generation = o.generation AND l."partition" = o."partition"
               WHERE o."offset" >= l.outcomes_next AND o.interpretation = 0"#,
        ),
    ]
}

fn table_checks() -> Vec<Check> {
    let check = |kind, invariant, problem, sql| Check { kind, invariant, problem, sql: islands(sql) };
    // Cursors are those of the first interpretation; a run of a later one has cursors of its own.
    let lacking = |past: &str| {
        format!(
            r#"SELECT n.target AS subject, n.generation, n."partition", n."offset" FROM named n
               LEFT JOIN cursors c ON c.target = n.target AND c.generation = n.generation
                    AND c."partition" = n."partition"
               LEFT ANTI JOIN held h ON h.target = n.target AND h.generation = n.generation
                    AND h."partition" = n."partition" AND h."offset" = n."offset"
                    AND h.interpretation = n.interpretation
               WHERE {past}"#
        )
    };
    let unnamed = |subject: &str, side: &str| {
        format!(
            r#"SELECT {subject} AS subject, h.generation, h."partition", h."offset" FROM held h
               JOIN lanes l ON l.generation = h.generation AND l."partition" = h."partition"
               LEFT ANTI JOIN named n ON n.target = h.target AND n.generation = h.generation
                    AND n."partition" = h."partition" AND n."offset" = h."offset"
                    AND n.interpretation = h.interpretation
               WHERE h."offset" {side} l.outcomes_next"#
        )
    };
    vec![
        check(
            FindingKind::Broken,
            Invariant::Once,
            "holds positions twice",
            r#"SELECT target AS subject, generation, "partition", "offset" FROM held
               GROUP BY target, generation, "partition", "offset", interpretation HAVING count(*) > 1"#,
        ),
        check(
            FindingKind::Broken,
            Invariant::CarriedOut,
            "lacks rows below its cursor that `outcomes` names",
            &lacking(r#"n."offset" < c.next"#),
        ),
        check(
            FindingKind::Behind,
            Invariant::CarriedOut,
            "is not yet where `outcomes` is",
            &lacking(r#"(c.next IS NULL OR n."offset" >= c.next)"#),
        ),
        check(
            FindingKind::Broken,
            Invariant::CarriedOut,
            "holds rows that `outcomes` does not name",
            &unnamed("h.target", "<"),
        ),
        check(
            FindingKind::Behind,
            Invariant::Decided,
            "is not yet where a table made from it is",
            &unnamed("'outcomes'", ">="),
        ),
        check(
            FindingKind::Broken,
            Invariant::CarriedOut,
            "holds positions at or past its cursor",
            r#"SELECT h.target AS subject, h.generation, h."partition", h."offset"
               FROM held h JOIN cursors c ON c.target = h.target AND c.generation = h.generation
                    AND c."partition" = h."partition"
               WHERE h."offset" >= c.next AND h.interpretation = 0"#,
        ),
    ]
}

/// Turns a list of positions into spans of offsets that follow each other.
fn islands(positions: &str) -> String {
    format!(
        r#"SELECT subject, generation, "partition", min("offset") AS first, max("offset") + 1 AS "end"
           FROM (SELECT *, "offset" - CAST(row_number() OVER (
                     PARTITION BY subject, generation, "partition" ORDER BY "offset") AS BIGINT) AS island
                 FROM (SELECT DISTINCT subject, generation, "partition", "offset" FROM ({positions})))
           GROUP BY subject, generation, "partition", island"#
    )
}
