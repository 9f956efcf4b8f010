//! The text of a [`DataType`]: `decimal(10, 2)`, `array<float not null, 384>`, `struct<a: int>`.

use std::fmt;
use std::str::FromStr;

use arrow_schema::TimeUnit;

use super::{DataType, MAX_DEPTH, StructField};
use crate::error::{Error, Result};

/// What can be written, for messages.
pub(crate) const SPELLINGS: &str = "write one of int, bigint, float, double, string, boolean, date, timestamp[us, UTC], \
    decimal(10, 2), array<double>, map<string, double>, struct<a: int>";

impl fmt::Display for DataType {
    /// Writes the canonical text, which reads back to an equal type.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int => f.pad("int"),
            Self::BigInt => f.pad("bigint"),
            Self::Float => f.pad("float"),
            Self::Double => f.pad("double"),
            Self::String => f.pad("string"),
            Self::Boolean => f.pad("boolean"),
            Self::Date => f.pad("date"),
            Self::Timestamp { unit, zone: None } => write!(f, "timestamp[{}]", symbol(*unit)),
            Self::Timestamp { unit, zone: Some(zone) } => write!(f, "timestamp[{}, {zone}]", symbol(*unit)),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision}, {scale})"),
            Self::Array { element, nullable, length } => {
                write!(f, "array<{element}{}", not_null(*nullable))?;
                length.map_or(Ok(()), |length| write!(f, ", {length}"))?;
                f.write_str(">")
            }
            Self::Map { key, value, nullable } => write!(f, "map<{key}, {value}{}>", not_null(*nullable)),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (at, field) in fields.iter().enumerate() {
                    f.write_str(if at > 0 { ", " } else { "" })?;
                    write!(f, "{}: {}{}", quoted(&field.name), field.data_type, not_null(field.nullable))?;
                }
                f.write_str(">")
            }
        }
    }
}

fn not_null(nullable: bool) -> &'static str {
    if nullable { "" } else { " not null" }
}

fn symbol(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

/// A field's name, between backticks where it is no plain word.
fn quoted(name: &str) -> String {
    let is_plain = !name.is_empty() && name.chars().all(in_word);
    if is_plain { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl FromStr for DataType {
    type Err = Error;

    /// Reads the text of a type. Besides the canonical names it reads those of Arrow (`int32`, `float64`, `bool`,
    /// `list<...>`); `timestamp` alone is `timestamp[us, UTC]`.
    ///
    /// # Errors
    /// [`Error::InvalidDataType`] with what does not fit.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = |reason| Error::InvalidDataType { text: text.to_owned(), reason };
        let mut parser = Parser { rest: text.trim() };
        let parsed = parser.data_type(MAX_DEPTH).map_err(refuse)?;
        if !parser.rest.is_empty() {
            return Err(refuse(format!("there is `{}` after the type", parser.rest)));
        }
        parsed.check()?;
        Ok(parsed)
    }
}

/// Reads from the front of `rest`, which never begins with white space.
struct Parser<'a> {
    rest: &'a str,
}

type Parsed<T> = std::result::Result<T, String>;

impl<'a> Parser<'a> {
    fn data_type(&mut self, depth: usize) -> Parsed<DataType> {
        let depth = depth.checked_sub(1);
        let depth = depth.ok_or_else(|| format!("types stand within types more than {MAX_DEPTH} levels deep"))?;
        let word = self.word();
        Ok(match word.to_ascii_lowercase().as_str() {
            "int" | "int32" | "integer" => DataType::Int,
            "bigint" | "int64" | "long" => DataType::BigInt,
            "float" | "float32" => DataType::Float,
            "double" | "float64" => DataType::Double,
            "string" | "utf8" | "str" | "varchar" => DataType::String,
            "boolean" | "bool" => DataType::Boolean,
            "date" | "date32" => DataType::Date,
            "timestamp" => self.timestamp()?,
            "decimal" | "numeric" => self.decimal()?,
            "array" | "list" => self.array(depth)?,
            "map" => self.map(depth)?,
            "struct" => self.structure(depth)?,
            "" if self.rest.is_empty() => return Err("a type is missing".to_owned()),
            "" => return Err(format!("a type is missing before `{}`", self.rest)),
            _ => return Err(Self::unknown(word)),
        })
    }

    fn unknown(word: &str) -> String {
        const KNOWN: [&str; 12] = [
            "int",
            "bigint",
            "float",
            "double",
            "string",
            "boolean",
            "timestamp",
            "date",
            "decimal",
            "array",
            "map",
            "struct",
        ];
        match crate::error::nearest(word, KNOWN) {
            Some(near) => format!("`{word}` is unknown: did you mean `{near}`?"),
            None => format!("`{word}` is unknown: there is {}", crate::error::listed(KNOWN)),
        }
    }

    fn timestamp(&mut self) -> Parsed<DataType> {
        if !self.take('[') {
            return Ok(DataType::timestamp(TimeUnit::Microsecond));
        }
        let unit = match self.word() {
            "s" => TimeUnit::Second,
            "ms" => TimeUnit::Millisecond,
            "us" => TimeUnit::Microsecond,
            "ns" => TimeUnit::Nanosecond,
            other => return Err(format!("`{other}` is no unit of time: use s, ms, us or ns")),
        };
        let zone = if self.take(',') {
            let end = self.rest.find(']').unwrap_or(self.rest.len());
            Some(self.cut(end).trim_end().to_owned())
        } else {
            None
        };
        self.need(']')?;
        Ok(DataType::Timestamp { unit, zone })
    }

    fn decimal(&mut self) -> Parsed<DataType> {
        self.need('(').map_err(|_| "a decimal needs its digits: write `decimal(10, 2)`".to_owned())?;
        let precision = self.number("the number of digits")?;
        let scale = if self.take(',') { self.number("the number of digits after the point")? } else { 0 };
        self.need(')')?;
        Ok(DataType::Decimal { precision, scale })
    }

    fn array(&mut self, depth: usize) -> Parsed<DataType> {
        self.need('<').map_err(|_| "an array needs the type of its elements: write `array<double>`".to_owned())?;
        let element = Box::new(self.data_type(depth)?);
        let nullable = self.nullable()?;
        let length = if self.take(',') { Some(self.number("the number of elements")?) } else { None };
        self.need('>')?;
        Ok(DataType::Array { element, nullable, length })
    }

    fn map(&mut self, depth: usize) -> Parsed<DataType> {
        self.need('<').map_err(|_| "a map needs its types: write `map<string, double>`".to_owned())?;
        let key = Box::new(self.data_type(depth)?);
        self.need(',')?;
        let value = Box::new(self.data_type(depth)?);
        let nullable = self.nullable()?;
        self.need('>')?;
        Ok(DataType::Map { key, value, nullable })
    }

    fn structure(&mut self, depth: usize) -> Parsed<DataType> {
        self.need('<').map_err(|_| "a struct needs its fields: write `struct<a: int>`".to_owned())?;
        let mut fields = Vec::new();
        loop {
            let name = self.field_name()?;
            self.need(':')?;
            let data_type = self.data_type(depth)?;
            fields.push(StructField { name, data_type, nullable: self.nullable()? });
            if !self.take(',') {
                break;
            }
        }
        self.need('>')?;
        Ok(DataType::Struct(fields))
    }

    fn field_name(&mut self) -> Parsed<String> {
        let Some(inner) = self.rest.strip_prefix('`') else {
            return Ok(self.word().to_owned());
        };
        let mut name = String::new();
        let mut characters = inner.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            match c {
                '`' if characters.next_if(|(_, next)| *next == '`').is_some() => name.push('`'),
                '`' => {
                    self.rest = inner.get(at + 1..).unwrap_or_default().trim_start();
                    return Ok(name);
                }
                c => name.push(c),
            }
        }
        Err("a backtick is not closed".to_owned())
    }

    /// Reads `not null`, if it comes next.
    fn nullable(&mut self) -> Parsed<bool> {
        match self.word().to_ascii_lowercase().as_str() {
            "" => Ok(true),
            "not" if self.word().eq_ignore_ascii_case("null") => Ok(false),
            other => Err(format!("there is `{other}` after a type: only `not null` can stand there")),
        }
    }

    fn number<T: FromStr>(&mut self, what: &str) -> Parsed<T> {
        let word = self.word();
        word.parse().map_err(|_| match word {
            "" => format!("{what} is missing"),
            _ => format!("{what} cannot be `{word}`"),
        })
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|c| !in_word(c)).unwrap_or(self.rest.len());
        self.cut(end)
    }

    fn cut(&mut self, end: usize) -> &'a str {
        let (front, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        front
    }

    fn take(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.map_or(self.rest, str::trim_start);
        rest.is_some()
    }

    fn need(&mut self, c: char) -> Parsed<()> {
        if self.take(c) {
            return Ok(());
        }
        Err(match self.rest {
            "" => format!("`{c}` is missing at the end"),
            rest => format!("`{c}` is missing before `{rest}`"),
        })
    }
}
