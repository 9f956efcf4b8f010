//! Lazy frames, as functions take and give them.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use arrow::array::RecordBatch;
use polars::prelude::{DataFrame, IntoLazy, LazyFrame, PolarsResult, Schema};

use super::convert::{fits, to_batch, to_frame};
use super::expression::{ColExpr, column};
use crate::flow_type::{FlowType, Item};
use crate::function::{Failure, Feed, Parameter, WholeOutcome};
use crate::row::Element;
use crate::value::Value;

/// What all frames are in a graph, whatever their model.
pub(crate) fn frame_item() -> Item {
    Item::of::<Frame>()
}

/// A lazy frame with the columns that `M` promises. It is a [`LazyFrame`] by `*`.
///
/// Frames are lazy from node to node: nothing is read until a column leaves them, or a caller collects.
pub struct Frame<M = AnyColumns> {
    frame: LazyFrame,
    model: PhantomData<fn() -> M>,
}

/// Stands for a frame where its columns are names alone: it has whatever a model says.
pub(super) struct Symbolic;

/// The model of a frame of which nothing is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnyColumns;

/// The columns that a frame must have, others beside them allowed. Checked when the plan is made.
///
/// Through the crate `varvite`, with its features `asset`, `flow` and `polars`, `#[derive(FeatureModel)]` implements it: the
/// model of an asset is the model of its frames. A struct with another schema says so itself, by [`columns_of`] if Arrow
/// knows its columns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model of a frame",
    note = "implement `FrameModel`, or derive `FeatureModel` through the crate `varvite`"
)]
pub trait FrameModel: 'static {
    /// Their names and types; [`Item::Any`] leaves the type open.
    fn columns() -> Vec<(String, Item)>;
}

/// The columns of an Arrow schema, for a [`FrameModel`]. Types that rows of a dataflow cannot have, such as lists, are left
/// open; whether a column may be null is not asked.
pub fn columns_of(schema: &arrow::datatypes::Schema) -> Vec<(String, Item)> {
    schema.fields().iter().map(|field| (field.name().clone(), Item::of_column(field.data_type()))).collect()
}

impl FrameModel for AnyColumns {
    fn columns() -> Vec<(String, Item)> {
        Vec::new()
    }
}

impl<M> Frame<M> {
    /// A frame of which is said that it has the columns of the model.
    pub fn new(frame: LazyFrame) -> Self {
        Self { frame, model: PhantomData }
    }

    /// The lazy frame.
    pub fn lazy(self) -> LazyFrame {
        self.frame
    }

    /// The same frame under another model.
    pub fn of<O>(self) -> Frame<O> {
        Frame::new(self.frame)
    }

    /// One of its columns, for a function of expressions that reads this frame.
    pub fn column<T: Element>(&self, name: &str) -> ColExpr<T> {
        ColExpr::new(column(name))
    }

    /// All its rows.
    ///
    /// # Errors
    /// Those of Polars.
    pub fn collect(self) -> PolarsResult<DataFrame> {
        self.frame.collect()
    }

    /// All its rows, as Arrow has them.
    ///
    /// # Errors
    /// Those of Polars, as text.
    pub fn to_batch(self) -> Result<RecordBatch, String> {
        to_batch(self.frame.collect().map_err(|error| error.to_string())?)
    }

    /// The rows of a batch.
    ///
    /// # Errors
    /// A type that Polars has not, as text.
    pub fn from_batch(batch: &RecordBatch) -> Result<Self, String> {
        Ok(Self::new(to_frame(batch)?.lazy()))
    }
}

impl<M: FrameModel> Frame<M> {
    /// Says which columns of the model are absent, or of another type.
    fn check(&self) -> Result<(), String> {
        let wanted = M::columns();
        if wanted.is_empty() {
            return Ok(());
        }
        let schema = self.frame.clone().collect_schema().map_err(|error| error.to_string())?;
        let wrong: Vec<String> = wanted.iter().filter_map(|(name, item)| wrong(&schema, name, *item)).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("; ")) }
    }
}

/// What is wrong with a column of a frame.
fn wrong(schema: &Schema, name: &str, item: Item) -> Option<String> {
    match schema.get(name) {
        None => {
            let known: Vec<String> = schema.iter_names().map(|name| format!("`{name}`")).collect();
            Some(format!("its frame lacks the column `{name}`: it has {}", known.join(", ")))
        }
        Some(found) if !fits(found, item) => {
            Some(format!("column `{name}` of its frame is {found}, wanted is {}", FlowType::one(item)))
        }
        Some(_) => None,
    }
}

impl<M> Clone for Frame<M> {
    fn clone(&self) -> Self {
        Self::new(self.frame.clone())
    }
}

impl<M> fmt::Debug for Frame<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").finish_non_exhaustive()
    }
}

impl<M> Deref for Frame<M> {
    type Target = LazyFrame;

    fn deref(&self) -> &LazyFrame {
        &self.frame
    }
}

impl<M> From<LazyFrame> for Frame<M> {
    fn from(frame: LazyFrame) -> Self {
        Self::new(frame)
    }
}

impl<M> From<DataFrame> for Frame<M> {
    fn from(frame: DataFrame) -> Self {
        Self::new(frame.lazy())
    }
}

impl<M> From<Frame<M>> for Value {
    fn from(frame: Frame<M>) -> Self {
        Self::other(frame.of::<AnyColumns>())
    }
}

impl From<LazyFrame> for Value {
    fn from(frame: LazyFrame) -> Self {
        Frame::<AnyColumns>::new(frame).into()
    }
}

impl From<DataFrame> for Value {
    fn from(frame: DataFrame) -> Self {
        frame.lazy().into()
    }
}

impl<M: FrameModel> Parameter for Frame<M> {
    type Item<'a> = Self;
    type View<'a> = Self;

    fn flow_type() -> FlowType {
        FlowType::one(frame_item())
    }

    fn one(value: &Value) -> Result<Option<Self>, Failure> {
        if value.downcast_ref::<Symbolic>().is_some() {
            return Ok(Some(DataFrame::empty().into()));
        }
        let frame = of_value(value)?.of::<M>();
        frame.check().map_err(Failure::unexpected)?;
        Ok(Some(frame))
    }

    fn view(feed: Feed<'_>, _len: usize) -> Result<Self, Failure> {
        match feed {
            Feed::One(value) => Ok(of_value(value)?.of()),
            Feed::Lane(_) | Feed::Windows(..) => Err(Failure::unexpected("wants a frame, found a column")),
        }
    }

    fn at<'a>(view: &Self, _row: usize) -> Self
    where
        'a: 'a,
    {
        view.clone()
    }
}

/// The frame that a value is, or whose rows it is.
pub(super) fn of_value(value: &Value) -> Result<Frame, Failure> {
    match value {
        Value::Batch(batch) => Frame::from_batch(batch).map_err(Failure::said),
        value => value.downcast_ref::<Frame>().cloned().ok_or_else(|| {
            Failure::unexpected(format!("wants a frame, found {}", crate::flow_type::short(value.type_name())))
        }),
    }
}

impl<M: FrameModel> WholeOutcome for Frame<M> {
    fn flow_type() -> FlowType {
        FlowType::one(frame_item())
    }

    fn into_value(self) -> Result<Value, String> {
        self.check()?;
        Ok(self.into())
    }
}
