//! Functions of text. Places and lengths count characters.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, StringArray, StringBuilder};
use arrow::compute::kernels::concat_elements::concat_elements_utf8;
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;

use crate::expression::function::Side;
use crate::expression::value::Kernel;

pub(in crate::expression) fn lower() -> Kernel {
    each(|text| text.to_lowercase().into())
}

pub(in crate::expression) fn upper() -> Kernel {
    each(|text| text.to_uppercase().into())
}

/// Cuts off blanks, no other white space.
pub(in crate::expression) fn trim(side: Side) -> Kernel {
    match side {
        Side::Both => each(|text| text.trim_matches(' ').into()),
        Side::Left => each(|text| text.trim_start_matches(' ').into()),
        Side::Right => each(|text| text.trim_end_matches(' ').into()),
    }
}

fn each(change: fn(&str) -> std::borrow::Cow<'_, str>) -> Kernel {
    Kernel::unary(move |array| {
        Ok(Arc::new(array.as_string::<i32>().iter().map(|text| text.map(change)).collect::<StringArray>()))
    })
}

pub(in crate::expression) fn length() -> Kernel {
    Kernel::unary(|array| {
        let count = |text: &str| i64::try_from(text.chars().count()).ok();
        Ok(Arc::new(array.as_string::<i32>().iter().map(|text| text.and_then(count)).collect::<Int64Array>()))
    })
}

/// Null if either is.
pub(in crate::expression) fn join() -> Kernel {
    Kernel::new(|values, rows| {
        let (a, b) = (values[0].expand(rows)?, values[1].expand(rows)?);
        Ok(Arc::new(concat_elements_utf8(a.as_string::<i32>(), b.as_string::<i32>())?))
    })
}

/// Passes over nulls.
pub(in crate::expression) fn concat() -> Kernel {
    Kernel::new(|values, rows| {
        let parts = values.iter().map(|value| value.expand(rows)).collect::<Result<Vec<_>, ArrowError>>()?;
        let parts: Vec<&StringArray> = parts.iter().map(AsArray::as_string::<i32>).collect();
        let mut found = StringBuilder::with_capacity(rows, 0);
        let mut text = String::new();
        for row in 0..rows {
            text.clear();
            parts.iter().filter(|part| part.is_valid(row)).for_each(|part| text.push_str(part.value(row)));
            found.append_value(&text);
        }
        Ok(Arc::new(found.finish()))
    })
}

/// The characters from a place, the first being 1, for a count. Places before the text count; a negative count is null.
pub(in crate::expression) fn substring() -> Kernel {
    Kernel::new(|values, rows| {
        let parts = values.iter().map(|value| value.expand(rows)).collect::<Result<Vec<_>, ArrowError>>()?;
        let number = |at: usize, row: usize| {
            let numbers = parts[at].as_primitive::<Int64Type>();
            numbers.is_valid(row).then(|| numbers.value(row))
        };
        let texts = parts[0].as_string::<i32>();
        let cut = |row: usize| {
            let text = texts.is_valid(row).then(|| texts.value(row))?;
            let from = number(1, row)?;
            let end = if parts.len() == 3 {
                let count = number(2, row)?;
                from.saturating_add(if count < 0 { return None } else { count })
            } else {
                i64::MAX
            };
            let begin = usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX);
            let count = usize::try_from(end.saturating_sub(from.max(1))).unwrap_or(0);
            Some(text.chars().skip(begin).take(count).collect::<String>())
        };
        Ok(Arc::new((0..rows).map(cut).collect::<StringArray>()))
    })
}
