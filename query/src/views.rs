//! The SQL of the views. Everything here sees only rows below the common vector.

/// What an outcome's position is called everywhere.
pub(crate) const POSITION: &str = r#"generation, "partition", "offset""#;

/// `outcomes` with only the highest interpretation of each position.
pub(crate) fn decided(reinterpreted: bool) -> String {
    if !reinterpreted {
        return "outcomes".to_owned();
    }
    format!(
        "(SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY {POSITION} ORDER BY interpretation DESC) AS latest
          FROM outcomes) WHERE latest = 1)"
    )
}

/// `current_<form>_<version>`: the wide rows of one responses table that count. Where units can count twice, their names
/// are those of `current`; elsewhere the two are the same, and a filter by unit can act before the join.
pub(crate) fn current_wide(responses: &str, target: &str, columns: &[String], renames_units: bool) -> String {
    let column = |column: &String| match column.as_str() {
        "unit" if renames_units => "c.unit".to_owned(),
        column => format!("r.{}", quoted(column)),
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!(
        "SELECT c.survey, {columns} FROM {responses} r JOIN current c
           ON r.generation = c.generation AND r.\"partition\" = c.\"partition\" AND r.\"offset\" = c.\"offset\"
              AND r.interpretation = c.interpretation
         WHERE c.target = '{target}'",
        columns = columns.join(", "),
        responses = quoted(responses),
        target = target.replace('\'', "''"),
    )
}

/// `current`, where some units do not count for how much they answered.
pub(crate) fn without(current: &str, left_out: &[String]) -> String {
    format!(
        "SELECT c.* FROM ({current}) c LEFT ANTI JOIN ({left_out}) o
           ON c.generation = o.generation AND c.\"partition\" = o.\"partition\" AND c.\"offset\" = o.\"offset\"
              AND c.interpretation = o.interpretation",
        left_out = left_out.join(" UNION ALL "),
    )
}

/// `received`: of each unit the response that stands, whether it counts, how complete it is and whether it came late.
/// `out` are the conditions under which a row does not count for how much was answered.
pub(crate) fn received(standing: &str, every_row: &[String], out: &[String]) -> String {
    let columns = "survey, wave, unit, generation, partition, offset, interpretation, target, event_source, event_id, \
                   revision, order_time, flags";
    let columns: Vec<String> = columns.split(", ").map(|column| format!("s.{}", quoted(column))).collect();
    let columns = columns.join(", ");
    if every_row.is_empty() {
        return format!(
            "SELECT {columns}, s.late, CAST(NULL AS VARCHAR) AS completeness, NOT s.set_aside AS counts FROM ({standing}) s"
        );
    }
    format!(
        "SELECT {columns}, s.late, e.completeness, NOT (s.set_aside OR coalesce(({out}), FALSE)) AS counts
         FROM ({standing}) s LEFT JOIN ({every_row}) e
           ON s.target = e.target AND s.generation = e.generation AND s.\"partition\" = e.\"partition\"
              AND s.\"offset\" = e.\"offset\" AND s.interpretation = e.interpretation",
        out = if out.is_empty() { "FALSE".to_owned() } else { out.join(" OR ") },
        every_row = every_row.join(" UNION ALL "),
    )
}

/// `aggregate_counts`: what organisations delivered as counts, one row per count. `standing` is SQL of the deliveries
/// that count, as positions; none where there are no deliveries.
pub(crate) fn aggregate_counts(standing: Option<&str>) -> String {
    let heads = "survey, wave, unit, body, \"group\", form, method, mapping, revision, reference_date, units";
    let position = format!("{POSITION}, interpretation");
    let all = match standing {
        None => format!("SELECT {heads}, {position}, cells, FALSE AS \"current\" FROM aggregates"),
        Some(standing) => {
            let of_a = |columns: &str| -> String {
                let columns: Vec<String> = columns.split(", ").map(|column| format!("a.{column}")).collect();
                columns.join(", ")
            };
            format!(
                "SELECT {heads}, {position}, a.cells, c.generation IS NOT NULL AS \"current\"
                 FROM aggregates a LEFT JOIN ({standing}) c
                   ON a.generation = c.generation AND a.\"partition\" = c.\"partition\" AND a.\"offset\" = c.\"offset\"
                      AND a.interpretation = c.interpretation",
                heads = of_a(heads),
                position = of_a(&position),
            )
        }
    };
    format!(
        "SELECT {heads}, cell['question'] AS question, cell['row'] AS \"row\", cell['option'] AS \"option\",
                cell['state'] AS \"state\", cell['count'] AS \"count\", cell['base'] AS base, \"current\", {position}
         FROM (SELECT {heads}, {position}, \"current\", unnest(cells) AS cell FROM ({all}))"
    )
}

/// `rejections`: the records that could not be read or attributed.
pub(crate) fn rejections(reinterpreted: bool) -> String {
    format!(
        "SELECT {POSITION}, survey, wave, event_source, event_id, code,
                issues[1]['path'] AS path, issues[1]['hint'] AS hint, order_time
         FROM {} WHERE kind = 'rejection'",
        decided(reinterpreted)
    )
}

/// `issues`: what was bad inside accepted records, one row each.
pub(crate) fn issues(reinterpreted: bool) -> String {
    format!(
        "SELECT {POSITION}, survey, wave, unit, event_source, event_id,
                issue['code'] AS code, issue['path'] AS path, issue['hint'] AS hint
         FROM (SELECT {POSITION}, survey, wave, unit, event_source, event_id, unnest(issues) AS issue
               FROM {} WHERE kind <> 'rejection')",
        decided(reinterpreted)
    )
}

/// Per table named by outcomes and lane: the first outcome at or past the table's cursor. `cursors` holds the
/// cursors of the tables that exist; a table that does not exist yet lacks everything that names it.
pub(crate) const FIRST_MISSING: &str = r#"
    SELECT o.target, o.generation, o."partition", min(o."offset") AS first_missing
    FROM outcomes o LEFT JOIN cursors c
      ON c.target = o.target AND c.generation = o.generation AND c."partition" = o."partition"
    WHERE o.target IS NOT NULL AND o.interpretation = 0 AND (c.next IS NULL OR o."offset" >= c.next)
    GROUP BY o.target, o.generation, o."partition""#;

/// What SHOW TABLES lists: our tables, without those that describe the engine.
pub(crate) const SHOW_TABLES: &str =
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name";

/// A table's name in SQL: `responses/uk2017-1` becomes `responses_uk2017_1`.
pub(crate) fn sql_name(table: &str) -> String {
    table.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

/// An identifier as it is, whatever its letters.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
