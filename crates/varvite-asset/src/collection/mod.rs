//! [`Collection`]: fields that are fetched together, by handles whose types say what comes back.

mod declare;
mod fetch;
mod filled;
mod outcomes;

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

pub use declare::AssetCollection;
pub use fetch::Fetch;
pub(crate) use fetch::columns_of;
pub use filled::Filled;
pub use outcomes::Outcomes;

use crate::slot::{AnyFilling, Erased};
use crate::{Error, FeatureModel, FieldPlan, Latest, Missing, Result, Slot, Want};

/// Fields that are fetched together. `#[derive(AssetCollection)]` makes one; by hand it serves what is only known at run
/// time.
#[derive(Debug)]
pub struct Collection {
    /// So that a handle of another collection is noticed.
    id: u64,
    fields: Vec<Field>,
}

/// Where the value of a field is found once it was fetched.
pub struct Handle<T> {
    pub(crate) collection: u64,
    pub(crate) at: usize,
    values: PhantomData<fn() -> T>,
}

pub(crate) type MakeFilling = fn(&FieldPlan) -> Result<Box<dyn AnyFilling>>;

/// A field, and how it is filled.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) want: Want,
    pub(crate) scans: bool,
    pub(crate) filling: MakeFilling,
}

impl Collection {
    /// One without fields.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self { id: NEXT.fetch_add(1, Ordering::Relaxed), fields: Vec::new() }
    }

    /// Adds a field.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a name that is taken; [`Error::InvalidOption`] for options that make no sense for `T`.
    pub fn add<T: Slot>(&mut self, field: impl Into<String>, fetch: impl Into<Fetch>) -> Result<Handle<T>> {
        let field = field.into();
        let want = T::want(&field, &fetch.into())?;
        self.add_want(want)
    }

    /// Adds a field that asks for `want`.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a name that is taken.
    pub fn add_want<T: Slot>(&mut self, want: Want) -> Result<Handle<T>> {
        if self.fields.iter().any(|field| field.want.field == want.field) {
            let reason = "another field of the collection has this name".to_owned();
            return Err(Error::InvalidName { name: want.field, reason });
        }
        let at = self.fields.len();
        self.fields.push(Field {
            want,
            scans: <T::Filling as crate::Filling>::SCANS,
            filling: |plan| Ok(Box::new(Erased(T::filling(plan)?))),
        });
        Ok(Handle { collection: self.id, at, values: PhantomData })
    }

    /// Adds a field of rows.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn rows<M: FeatureModel>(
        &mut self,
        field: impl Into<String>,
        fetch: impl Into<Fetch>,
    ) -> Result<Handle<Vec<M>>> {
        self.add(field, fetch)
    }

    /// Adds a field of the newest interval, up to `tolerance` intervals back; `None` if there is none.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn latest<M: FeatureModel>(
        &mut self,
        field: impl Into<String>,
        tolerance: u32,
    ) -> Result<Handle<Option<Latest<M>>>> {
        self.add(field, Fetch::default().latest(tolerance))
    }

    /// What the fields ask for, in order.
    pub fn wants(&self) -> impl ExactSizeIterator<Item = &Want> {
        self.fields.iter().map(|field| &field.want)
    }

    /// Changes what every field does about intervals that were never written.
    pub fn set_missing(&mut self, missing: Missing) {
        for field in &mut self.fields {
            field.want.missing = missing;
        }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn into_fields(self) -> Vec<Field> {
        self.fields
    }
}

impl Default for Collection {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.at)
    }
}

/// A value of a field, whatever its type.
pub(crate) type AnyValue = Box<dyn Any + Send>;
