//! [`Family`]: what kind of values a column has, whatever their width: it decides which checks and literals make sense.

/// What kind of values a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Family {
    /// Whole numbers between these.
    Integer {
        /// The smallest.
        min: i128,
        /// The largest.
        max: i128,
    },
    /// Floats.
    Float,
    /// Flags.
    Bool,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// Dates.
    Date,
    /// Times of a day.
    Time,
    /// Instants, or dates with times.
    Timestamp,
    /// Decimal numbers.
    Decimal,
    /// Lists.
    List,
    /// Structs.
    Struct,
}

impl Family {
    /// Whether values have an order that limits and comparisons can name: numbers, dates and times.
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Float | Self::Decimal | Self::Date | Self::Time | Self::Timestamp)
    }

    /// Whether a column of this kind can say when a row is.
    pub const fn says_when(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }

    /// Whether an asset can be partitioned by a column of this kind.
    pub const fn is_key(self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Bool | Self::Text | Self::Date)
    }

    /// Whether values have a length: characters, bytes or elements.
    pub const fn has_length(self) -> bool {
        matches!(self, Self::Text | Self::Bytes | Self::List)
    }

    /// Whether values can be compared for equality, and be said in a definition.
    pub const fn has_literals(self) -> bool {
        self.is_ordered() || matches!(self, Self::Bool | Self::Text)
    }
}
