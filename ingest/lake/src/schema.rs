use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int8Type, Int16Type, Int32Type, Int64Type, Schema, SchemaRef, TimeUnit};
use shukei_protocol::TableName;
use shukei_schemas::columns::MEANING;

use crate::error::LakeError;

/// Refuses what Delta stores wrongly or only with a higher protocol: the library writes an unsigned number without
/// complaint and can never read it again.
pub(crate) fn check_types(table: &TableName, schema: &Schema) -> Result<(), LakeError> {
    match schema.fields().iter().find(|field| !is_kept(field.data_type())) {
        None => Ok(()),
        Some(field) => Err(LakeError::schema(
            table,
            format!(
                "column `{}` has type `{}`, which the lake does not keep",
                field.name(),
                field.data_type()
            ),
        )),
    }
}

fn is_kept(data_type: &DataType) -> bool {
    match data_type {
        DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Utf8
        | DataType::Binary
        | DataType::Date32
        | DataType::Decimal128(_, _) => true,
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) => zone.as_ref() == "UTC",
        DataType::List(item) => is_kept(item.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| is_kept(field.data_type())),
        _ => false,
    }
}

/// Refuses a table whose columns are not those wanted, or mean something else.
pub(crate) fn check_same(table: &TableName, held: &Schema, wanted: &Schema) -> Result<(), LakeError> {
    let same = held.fields().len() == wanted.fields().len()
        && held.fields().iter().zip(wanted.fields()).all(|(held, wanted)| {
            held.name() == wanted.name() && held.data_type().equals_datatype(wanted.data_type())
        });
    if !same {
        return Err(LakeError::schema(table, "its columns are not those of this program version"));
    }
    // A table from before columns said what they mean is taken as it is.
    let otherwise = held.fields().iter().zip(wanted.fields()).find(|(held, wanted)| {
        held.metadata().get(MEANING).is_some_and(|meaning| wanted.metadata().get(MEANING) != Some(meaning))
    });
    match otherwise {
        None => Ok(()),
        Some((field, _)) => {
            let problem = format!("what is stored in column `{}` means other options", field.name());
            Err(LakeError::schema(table, problem))
        }
    }
}

/// The rows under exactly the table's schema: columns by name, list items renamed, nulls checked.
pub(crate) fn conform(
    table: &TableName,
    schema: &SchemaRef,
    batch: &RecordBatch,
) -> Result<RecordBatch, LakeError> {
    if batch.schema_ref() == schema {
        return Ok(batch.clone());
    }
    if batch.num_columns() != schema.fields().len() {
        let problem = format!("rows have {} columns, not {}", batch.num_columns(), schema.fields().len());
        return Err(LakeError::schema(table, problem));
    }
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let column = batch
            .column_by_name(field.name())
            .ok_or_else(|| LakeError::schema(table, format!("rows lack column `{}`", field.name())))?;
        if column.data_type() == field.data_type() {
            columns.push(column.clone());
        } else if column.data_type().equals_datatype(field.data_type()) {
            columns.push(cast(column, field.data_type()).map_err(|source| LakeError::arrow(table, source))?);
        } else {
            let (is, wanted) = (column.data_type(), field.data_type());
            let problem = format!("rows have type `{is}` in column `{}`, not `{wanted}`", field.name());
            return Err(LakeError::schema(table, problem));
        }
    }
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(|source| LakeError::arrow(table, source))
}

/// A row's number in a column of any signed width; none if it is null or no number.
pub(crate) fn number_at(column: &dyn Array, row: usize) -> Option<i64> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Int8 => Some(column.as_primitive::<Int8Type>().value(row).into()),
        DataType::Int16 => Some(column.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Some(column.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Some(column.as_primitive::<Int64Type>().value(row)),
        _ => None,
    }
}
