//! Types of columns as text: what fingerprints are made of, and what stands in files. It never changes.
//!
//! `i8` to `i64`, `u8` to `u64`, `f32`, `f64`, `bool`, `text`, `bytes`, `date`, `time[us]`, `timestamp[us]`,
//! `timestamp[ns, UTC]`, `decimal(9, 2)`, `list<f64?>`, `struct<lat: f64, since: date?>`. A `?` says that values may be
//! null. Names that are no words are JSON strings.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, TimeUnit};

const PLAIN: [(&str, DataType); 14] = [
    ("i8", DataType::Int8),
    ("i16", DataType::Int16),
    ("i32", DataType::Int32),
    ("i64", DataType::Int64),
    ("u8", DataType::UInt8),
    ("u16", DataType::UInt16),
    ("u32", DataType::UInt32),
    ("u64", DataType::UInt64),
    ("f32", DataType::Float32),
    ("f64", DataType::Float64),
    ("bool", DataType::Boolean),
    ("text", DataType::Utf8),
    ("bytes", DataType::Binary),
    ("date", DataType::Date32),
];

const UNITS: [(&str, TimeUnit); 4] = [
    ("s", TimeUnit::Second),
    ("ms", TimeUnit::Millisecond),
    ("us", TimeUnit::Microsecond),
    ("ns", TimeUnit::Nanosecond),
];

/// How deep lists and structs may be nested.
const MAX_DEPTH: usize = 32;

/// The text of a type, with a mark if values may be null; nothing for a type that no column of a model has.
pub(crate) fn write(data_type: &DataType, nullable: bool) -> Option<String> {
    let unit_text = |unit: &TimeUnit| UNITS.iter().find(|(_, known)| known == unit).map(|(text, _)| *text);
    let text = match data_type {
        DataType::Time64(unit) => format!("time[{}]", unit_text(unit)?),
        DataType::Timestamp(unit, None) => format!("timestamp[{}]", unit_text(unit)?),
        DataType::Timestamp(unit, Some(zone)) if zone.as_ref() == "UTC" => {
            format!("timestamp[{}, UTC]", unit_text(unit)?)
        }
        DataType::Decimal128(precision, scale) => format!("decimal({precision}, {scale})"),
        DataType::List(field) => format!("list<{}>", write(field.data_type(), field.is_nullable())?),
        DataType::Struct(fields) => {
            let part = |field: &Arc<Field>| {
                let text = write(field.data_type(), field.is_nullable())?;
                Some(format!("{}: {text}", name(field.name())))
            };
            format!("struct<{}>", fields.iter().map(part).collect::<Option<Vec<_>>>()?.join(", "))
        }
        plain => PLAIN.iter().find(|(_, known)| known == plain).map(|(text, _)| (*text).to_owned())?,
    };
    Some(if nullable { text + "?" } else { text })
}

/// A name as it stands in such texts.
pub(crate) fn name(name: &str) -> String {
    let is_word = |name: &str| !name.is_empty() && name.chars().all(|one| one.is_alphanumeric() || one == '_');
    if is_word(name) { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}

/// Reads a type, and whether values may be null; the reason, if it is none.
pub(crate) fn read(text: &str) -> Result<(DataType, bool), String> {
    let mut rest = text;
    match data_type(&mut rest, 0) {
        Some(read) if rest.is_empty() => Ok(read),
        _ => Err(format!(
            "`{text}` is no type of a column: such are `i64`, `f64?`, `text`, `timestamp[us, UTC]`, `list<f64>`"
        )),
    }
}

fn data_type(rest: &mut &str, depth: usize) -> Option<(DataType, bool)> {
    if depth > MAX_DEPTH {
        return None;
    }
    let read = match word(rest)? {
        "time" => DataType::Time64(bracketed(rest)?.0),
        "timestamp" => {
            let (unit, zone) = bracketed(rest)?;
            DataType::Timestamp(unit, zone.then(|| "UTC".into()))
        }
        "decimal" => {
            take(rest, "(")?;
            let precision = word(rest)?.parse().ok()?;
            take(rest, ", ")?;
            let scale = word(rest)?.parse().ok()?;
            take(rest, ")")?;
            DataType::Decimal128(precision, scale)
        }
        "list" => {
            take(rest, "<")?;
            let (element, nullable) = data_type(rest, depth + 1)?;
            take(rest, ">")?;
            DataType::List(Arc::new(Field::new("item", element, nullable)))
        }
        "struct" => structure(rest, depth)?,
        plain => PLAIN.iter().find(|(text, _)| *text == plain).map(|(_, known)| known.clone())?,
    };
    Some((read, take(rest, "?").is_some()))
}

fn structure(rest: &mut &str, depth: usize) -> Option<DataType> {
    take(rest, "<")?;
    let mut fields = Vec::new();
    loop {
        let name = if rest.starts_with('"') { quoted(rest)? } else { word(rest)?.to_owned() };
        take(rest, ": ")?;
        let (part, nullable) = data_type(rest, depth + 1)?;
        fields.push(Field::new(name, part, nullable));
        if take(rest, ", ").is_none() {
            take(rest, ">")?;
            return Some(DataType::Struct(fields.into()));
        }
    }
}

/// `[us]` or `[us, UTC]`.
fn bracketed(rest: &mut &str) -> Option<(TimeUnit, bool)> {
    take(rest, "[")?;
    let given = word(rest)?;
    let (_, unit) = UNITS.iter().find(|(text, _)| *text == given)?;
    let zone = take(rest, ", UTC").is_some();
    take(rest, "]")?;
    Some((*unit, zone))
}

fn take(rest: &mut &str, what: &str) -> Option<()> {
    *rest = rest.strip_prefix(what)?;
    Some(())
}

fn word<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let end = rest.find(|one: char| !(one.is_alphanumeric() || one == '_')).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    *rest = after;
    (!word.is_empty()).then_some(word)
}

/// A JSON string.
fn quoted(rest: &mut &str) -> Option<String> {
    let mut strings = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    let name = strings.next()?.ok()?;
    *rest = &rest[strings.byte_offset()..];
    Some(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back() {
        for text in [
            "i64",
            "f32?",
            "text",
            "bytes?",
            "date",
            "time[us]",
            "timestamp[us]",
            "timestamp[ns, UTC]?",
            "decimal(9, 2)",
            "list<list<f64?>?>",
            "struct<lat: f64, \"a \\\"b\": list<text>?, since: date?>?",
        ] {
            let (data_type, nullable) = read(text).unwrap();
            assert_eq!(write(&data_type, nullable).as_deref(), Some(text));
        }
        let deep = "list<".repeat(10_000);
        for bad in ["", "i128", "f64??", "list<f64", "timestamp[us, Europe/Berlin]", "decimal(9)", "struct<>", &deep] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
