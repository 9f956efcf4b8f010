//! The columns of a group: [`EntityKey`], [`TimeColumn`], and [`Column`] for all of them alike.

use std::fmt;

use crate::{DataType, FeatureSchema};

/// A column that names an entity, alone or with others. Never null, never a float.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityKey {
    pub(super) name: String,
    pub(super) data_type: DataType,
}

/// The column of the event time or the created time. Never null.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TimeColumn {
    pub(super) name: String,
    pub(super) data_type: Option<DataType>,
}

/// A column of a group, whatever it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is for.
    pub role: ColumnRole,
    /// Its type; `None` for a time whose unit is that of the first rows.
    pub data_type: Option<&'a DataType>,
    /// Whether it may be null.
    pub nullable: bool,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnRole {
    /// Names an entity.
    EntityKey,
    /// When a row began to be true.
    EventTime,
    /// When a row became known.
    CreatedTime,
    /// A feature.
    Feature,
}

impl EntityKey {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    pub(super) fn column(&self) -> Column<'_> {
        Column { name: &self.name, role: ColumnRole::EntityKey, data_type: Some(&self.data_type), nullable: false }
    }
}

impl TimeColumn {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its type, a timestamp or a date; `None` if the first rows that are written decide on unit and zone.
    pub fn data_type(&self) -> Option<&DataType> {
        self.data_type.as_ref()
    }

    pub(super) fn column(&self, role: ColumnRole) -> Column<'_> {
        Column { name: &self.name, role, data_type: self.data_type.as_ref(), nullable: false }
    }
}

impl<'a> Column<'a> {
    pub(super) fn of_feature(feature: &'a FeatureSchema) -> Self {
        let (name, data_type) = (feature.name(), Some(feature.data_type()));
        Self { name, role: ColumnRole::Feature, data_type, nullable: feature.is_nullable() }
    }
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.data_type)
    }
}

impl fmt::Display for TimeColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.data_type.as_ref().map_or(Ok(()), |data_type| write!(f, " {data_type}"))
    }
}

impl fmt::Display for ColumnRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::EntityKey => "entity key",
            Self::EventTime => "event time",
            Self::CreatedTime => "created time",
            Self::Feature => "feature",
        })
    }
}
