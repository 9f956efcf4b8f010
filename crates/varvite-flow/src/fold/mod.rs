//! Folds: a column in a few numbers, gathered part by part and put together in a fixed order.

mod accumulators;
pub(crate) mod exact;

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use accumulators::{Count, MinMax, Moments, Sum};

use crate::flow_type::Item;
use crate::row::lane::typed;
use crate::row::{AnyLane, Element};
use crate::value::Value;
use crate::window::{AnyWindow, Extent, Tracks};

/// Folds a column, part by part. Parts are merged in order, so that a result does not depend on threads; nulls are
/// passed over.
pub trait Accumulator: Clone + Default + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The type of the columns it folds; [`Item::Any`] takes each.
    const ITEM: Item;
    /// Takes in the rows of a part.
    fn fold(&mut self, part: &Part<'_>);
    /// Takes in what another gathered over the rows that follow.
    fn merge(&mut self, later: &Self);
}

/// Rows that an [`Accumulator`] takes in.
pub struct Part<'a> {
    lane: &'a dyn AnyLane,
    /// One row of the lane; all if not told.
    row: Option<usize>,
}

impl<'a> Part<'a> {
    pub(crate) fn all(lane: &'a dyn AnyLane) -> Self {
        Self { lane, row: None }
    }

    pub(crate) fn row(lane: &'a dyn AnyLane, row: usize) -> Self {
        Self { lane, row: Some(row) }
    }

    /// How many rows have a value.
    pub fn num_valid(&self) -> usize {
        self.row.map_or_else(|| self.lane.validity().valid(), |row| usize::from(self.lane.validity().is_valid(row)))
    }

    /// Calls with each value, in order; never if the column is of another type.
    #[inline]
    pub fn for_each<T: Element>(&self, mut each: impl FnMut(T)) {
        let Some(lane) = typed::<T>(self.lane) else { return };
        let view = T::view(&lane.values, lane.len);
        match self.row {
            None => lane.validity.for_each_valid(|row| each(T::at(view, row))),
            Some(row) if lane.validity.is_valid(row) => each(T::at(view, row)),
            Some(_) => {}
        }
    }
}

/// A column folded by `A`, as a parameter. Named like the column's node.
#[derive(Debug, Clone)]
pub struct Folded<A>(pub(crate) Arc<A>);

impl<A> Folded<A> {
    /// What a test gives a function that reads it.
    pub fn new(accumulator: A) -> Self {
        Self(Arc::new(accumulator))
    }
}

impl<A> std::ops::Deref for Folded<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

/// Which accumulator folds: its type, and how one begins.
#[derive(Clone, Copy)]
pub struct FoldType {
    id: TypeId,
    name: fn() -> &'static str,
    begin: fn() -> Box<dyn AnyFold>,
    window: fn(Extent, Item) -> Box<dyn AnyWindow>,
    load: fn(&serde_json::Value) -> Result<Box<dyn AnyFold>, serde_json::Error>,
}

impl FoldType {
    /// The fold by an accumulator.
    pub fn of<A: Accumulator>() -> Self {
        Self {
            id: TypeId::of::<A>(),
            name: std::any::type_name::<A>,
            begin: || Box::new(Fold(A::default())),
            window: |extent, item| Box::new(Tracks::<A>::new(extent, item)),
            load: |state| Ok(Box::new(Fold(A::deserialize(state)?))),
        }
    }

    /// The accumulator's name.
    pub fn name(&self) -> String {
        crate::flow_type::short((self.name)())
    }

    pub(crate) fn begin(&self) -> Box<dyn AnyFold> {
        (self.begin)()
    }

    pub(crate) fn window(&self, extent: Extent, item: Item) -> Box<dyn AnyWindow> {
        (self.window)(extent, item)
    }

    pub(crate) fn load(&self, state: &serde_json::Value) -> Result<Box<dyn AnyFold>, serde_json::Error> {
        (self.load)(state)
    }
}

impl PartialEq for FoldType {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for FoldType {}

impl fmt::Debug for FoldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// An accumulator at work, of a type known at run time.
pub(crate) trait AnyFold: Any + Send + Sync {
    fn fold(&mut self, lane: &dyn AnyLane);
    fn merge(&mut self, later: &dyn AnyFold);
    fn value(&self) -> Value;
    fn save(&self) -> Result<serde_json::Value, serde_json::Error>;
    fn duplicate(&self) -> Box<dyn AnyFold>;
}

struct Fold<A>(A);

impl<A: Accumulator> AnyFold for Fold<A> {
    fn fold(&mut self, lane: &dyn AnyLane) {
        self.0.fold(&Part::all(lane));
    }

    fn merge(&mut self, later: &dyn AnyFold) {
        if let Some(later) = (later as &dyn Any).downcast_ref::<Self>() {
            self.0.merge(&later.0);
        }
    }

    fn value(&self) -> Value {
        Value::other(Folded::new(self.0.clone()))
    }

    fn save(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(&self.0)
    }

    fn duplicate(&self) -> Box<dyn AnyFold> {
        Box::new(Self(self.0.clone()))
    }
}
