//! [`Fetch`]: what `#[fetch(...)]` says about a field, as a builder.

use std::sync::Arc;

use crate::{AssetKind, Bound, Edges, Error, FeatureModel, Filter, Missing, ModelSchema, Result, Span, Want, When};

/// What is wanted of the asset of a field. What is not said is left to defaults: all columns and partitions, from the first
/// row until now, rows clipped, missing intervals skipped.
///
/// ```
/// use varvite_asset::{Fetch, Missing, Span};
/// let week = Fetch::from("now-7d..now".parse::<Span>()?).missing(Missing::Fail).key("region", "north");
/// let newest = Fetch::default().latest(2);
/// # Ok::<(), varvite_asset::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Fetch {
    start: Option<Bound>,
    end: Option<Bound>,
    latest: Option<u32>,
    missing: Option<Missing>,
    keys: Vec<(String, String)>,
    columns: Option<Vec<String>>,
    filter: Option<Filter>,
    edges: Option<Edges>,
    lake: Option<String>,
    version: Option<u32>,
}

impl Fetch {
    /// Rows of this stretch.
    pub fn within(mut self, span: Span) -> Self {
        (self.start, self.end, self.latest) = (Some(span.start), Some(span.end), None);
        self
    }

    /// Rows from here on.
    pub fn start(mut self, start: Bound) -> Self {
        self.start = Some(start);
        self
    }

    /// Rows before this. Default: the moment of the fetch.
    pub fn end(mut self, end: Bound) -> Self {
        self.end = Some(end);
        self
    }

    /// Rows of the interval that holds the moment of the fetch, or of the newest one before it, up to `tolerance` back.
    pub fn latest(mut self, tolerance: u32) -> Self {
        (self.start, self.end, self.latest) = (None, None, Some(tolerance));
        self
    }

    /// What to do about intervals that were never written.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = Some(missing);
        self
    }

    /// Only partitions with this value. For several keys, call it several times.
    #[expect(clippy::needless_pass_by_value, reason = "a number or a text is written here")]
    pub fn key(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.keys.push((name.into(), value.to_string()));
        self
    }

    /// Only these columns; the others of a row take their defaults.
    pub fn columns<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Only these rows.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Which rows at the edges of the stretch.
    pub fn edges(mut self, edges: Edges) -> Self {
        self.edges = Some(edges);
        self
    }

    /// The lake asset whose files are wanted, where the field's type does not name one.
    pub fn lake(mut self, asset: impl Into<String>) -> Self {
        self.lake = Some(asset.into());
        self
    }

    /// The version of the files, where the field's type does not name one. Default: 1.
    pub fn version(mut self, version: u32) -> Self {
        self.version = Some(version);
        self
    }

    /// This, where `over` does not say otherwise.
    pub fn overridden_by(mut self, over: &Self) -> Self {
        if over.latest.is_some() {
            (self.start, self.end, self.latest) = (None, None, over.latest);
        } else if over.start.is_some() || over.end.is_some() {
            (self.start, self.end, self.latest) = (over.start.or(self.start), over.end.or(self.end), None);
        }
        if !over.keys.is_empty() {
            self.keys.clone_from(&over.keys);
        }
        self.missing = over.missing.or(self.missing);
        self.edges = over.edges.or(self.edges);
        self.version = over.version.or(self.version);
        self.columns = over.columns.clone().or(self.columns);
        self.filter = over.filter.clone().or(self.filter);
        self.lake = over.lake.clone().or(self.lake);
        self
    }

    /// Whether rows of the newest interval are wanted.
    pub fn is_latest(&self) -> bool {
        self.latest.is_some()
    }

    /// Whether a stretch of time was said.
    pub fn is_ranged(&self) -> bool {
        self.start.is_some() || self.end.is_some()
    }

    /// What a field of rows of `M` asks for.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for what makes no sense for `M`: unknown columns and keys, a range for rows without dates.
    pub fn want<M: FeatureModel>(&self, field: &str) -> Result<Want> {
        let mut want = self.want_of(field, Arc::new(M::schema().clone()))?;
        for earlier in M::earlier() {
            want.earlier.push(earlier.schema.version);
            want.schemas.insert(earlier.schema.version, Arc::new(earlier.schema.clone()));
        }
        want.earlier.sort_unstable_by(|a, b| b.cmp(a));
        want.earlier.dedup();
        want.earlier.retain(|version| *version < want.version);
        Ok(want)
    }

    /// What a field of rows of this model asks for.
    ///
    /// # Errors
    /// As [`want`](Self::want).
    pub fn want_of(&self, field: &str, schema: Arc<ModelSchema>) -> Result<Want> {
        if self.lake.is_some() || self.version.is_some() {
            let reason = "the field's type names the asset and its version".to_owned();
            return Err(Error::InvalidOption { option: "lake", reason });
        }
        self.check_names(&schema)?;
        self.asking(Want::new(field, schema))
    }

    /// What a field of files asks for.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] without the name of an asset, and for options that ask for rows.
    pub fn want_files(&self, field: &str) -> Result<Want> {
        let refused = |option, reason: &str| Err(Error::InvalidOption { option, reason: reason.to_owned() });
        let Some(asset) = &self.lake else {
            return refused("lake", "say whose files these are, such as `lake = \"exports\"`");
        };
        match self {
            Self { columns: Some(_), .. } => refused("columns", "files are taken as they are"),
            Self { filter: Some(_), .. } => refused("filter", "files are taken as they are"),
            _ => self.asking(Want::files(field, asset, self.version.unwrap_or(1))),
        }
    }

    fn asking(&self, mut want: Want) -> Result<Want> {
        want.when = self.when(want.kind)?;
        want.keys.clone_from(&self.keys);
        want.keys.sort();
        want.columns.clone_from(&self.columns);
        want.filter.clone_from(&self.filter);
        want.missing = self.missing.unwrap_or_default();
        want.edges = self.edges.unwrap_or_default();
        let no_keys = matches!(want.kind, AssetKind::Lake | AssetKind::Persistent) && !want.keys.is_empty();
        let no_intervals = !matches!(want.kind, AssetKind::Feature { .. }) && want.edges == Edges::WholeIntervals;
        let refused = |option, reason: String| Err(Error::InvalidOption { option, reason });
        if no_keys {
            return refused("key", format!("{} has no partition keys", want.label()));
        }
        if no_intervals {
            return refused("edges", format!("{} has no intervals", want.label()));
        }
        Ok(want)
    }

    fn when(&self, kind: AssetKind) -> Result<When> {
        let refused = |option, reason: &str| Err(Error::InvalidOption { option, reason: reason.to_owned() });
        match (self.latest, kind) {
            (Some(_), _) if self.is_ranged() => refused("latest", "it is either the newest interval or a range"),
            (Some(_), AssetKind::Persistent) => refused("latest", "rows without dates are replaced as a whole"),
            (Some(tolerance), AssetKind::Lake) if tolerance > 0 => {
                refused("latest", "files have no intervals to go back by: the newest one until now is taken")
            }
            (Some(tolerance), _) => Ok(When::Latest { tolerance }),
            (None, AssetKind::Persistent) if self.is_ranged() => {
                refused("start", "rows without dates are taken as a whole")
            }
            (None, AssetKind::Persistent) => Ok(When::Within(Span::all())),
            (None, _) => {
                let start = self.start.unwrap_or(Bound::Unbounded);
                Ok(When::Within(Span { start, end: self.end.unwrap_or(Bound::NOW) }))
            }
        }
    }

    fn check_names(&self, schema: &ModelSchema) -> Result<()> {
        let unknown = |option, name: &str, known: Vec<&str>| {
            let reason = format!("{} has no `{name}`: there {}", schema.label(), listed(&known));
            Err(Error::InvalidOption { option, reason })
        };
        let columns = || schema.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
        for column in self.columns.iter().flatten() {
            if schema.column(column).is_none() {
                return unknown("columns", column, columns());
            }
        }
        if let Some(filter) = &self.filter {
            filter.validate(schema)?;
        }
        for (name, _) in &self.keys {
            if !schema.keys.contains(name) {
                return unknown("key", name, schema.keys.iter().map(String::as_str).collect());
            }
        }
        Ok(())
    }
}

impl From<Span> for Fetch {
    fn from(span: Span) -> Self {
        Self::default().within(span)
    }
}

fn listed(known: &[&str]) -> String {
    match known {
        [] => "is none".to_owned(),
        [one] => format!("is `{one}`"),
        many => format!("are `{}`", many.join("`, `")),
    }
}

/// The columns that a filter looks at.
pub(crate) fn columns_of<'a>(filter: &'a Filter, columns: &mut Vec<&'a str>) {
    match filter {
        Filter::Compare { column, .. } | Filter::OneOf { column, .. } | Filter::IsNull { column } => {
            columns.push(column);
        }
        Filter::All(all) | Filter::Any(all) => all.iter().for_each(|filter| columns_of(filter, columns)),
        Filter::Not(filter) => columns_of(filter, columns),
    }
}
