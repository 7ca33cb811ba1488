//! The view `edits`: which fields a survey office changed, by which rule. Values before and after stay in `raw`.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayBuilder, AsArray, ListBuilder, StringBuilder, StructBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use shukei_schemas::edit::Edited;
use shukei_schemas::tables::time_type;

use crate::views::{POSITION, decided};

/// The name of the function of a payload.
const FUNCTION: &str = "edits_in";

/// One row per field of every edit that was accepted.
pub(crate) fn view(reinterpreted: bool) -> String {
    let columns = "survey, wave, unit, event_source, event_id";
    format!(
        "SELECT {POSITION}, {columns}, edit['by'] AS edited_by, edit['at'] AS edited_at, edit['rule'] AS rule,
                edit['field'] AS field, edit['path'] AS path
         FROM (SELECT {POSITION}, {columns}, unnest({FUNCTION}(payload)) AS edit
               FROM (SELECT o.generation, o.\"partition\", o.\"offset\", o.survey, o.wave, o.unit, o.event_source,
                            o.event_id, r.payload
                     FROM (SELECT * FROM {} WHERE kind = 'edit') o JOIN raw r
                       ON r.generation = o.generation AND r.\"partition\" = o.\"partition\" AND r.\"offset\" = o.\"offset\"))",
        decided(reinterpreted)
    )
}

fn fields() -> Fields {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let at = Field::new("at", time_type(), true);
    Fields::from(vec![text("by"), at, text("rule"), text("field"), text("path")])
}

fn element() -> Arc<Field> {
    Arc::new(Field::new("element", DataType::Struct(fields()), true))
}

/// What a payload says of an edit: a list of who, when, rule, field and path; empty if it is none.
pub(crate) fn function() -> ScalarUDF {
    let of = Arc::new(|arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let payloads = arrow::compute::cast(&arrays[0], &DataType::BinaryView)?;
        let payloads = payloads.as_binary_view();
        let builders: Vec<Box<dyn ArrayBuilder>> = fields()
            .iter()
            .map(|field| match field.data_type() {
                DataType::Utf8 => Box::new(StringBuilder::new()) as Box<dyn ArrayBuilder>,
                _ => Box::new(TimestampMicrosecondBuilder::new().with_data_type(time_type())),
            })
            .collect();
        let mut lists = ListBuilder::new(StructBuilder::new(fields(), builders)).with_field(element());
        for row in 0..payloads.len() {
            let edited = payloads.is_valid(row).then(|| Edited::of_payload(payloads.value(row))).flatten();
            if let Some(edited) = edited {
                edited.fields.iter().for_each(|field| append(lists.values(), &edited, field));
            }
            lists.append(true);
        }
        Ok(ColumnarValue::Array(Arc::new(lists.finish())))
    });
    create_udf(FUNCTION, vec![DataType::BinaryView], DataType::List(element()), Volatility::Immutable, of)
}

fn append(item: &mut StructBuilder, edited: &Edited, field: &shukei_schemas::edit::EditedField) {
    let texts = [(0, &edited.by), (2, &field.rule), (3, &field.field), (4, &field.path)];
    for (at, text) in texts {
        if let Some(builder) = item.field_builder::<StringBuilder>(at) {
            builder.append_value(text);
        }
    }
    if let Some(builder) = item.field_builder::<TimestampMicrosecondBuilder>(1) {
        builder.append_value(edited.at_us);
    }
    item.append(true);
}
