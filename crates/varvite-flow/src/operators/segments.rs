//! Segmented aggregations as nodes.

use varvite_ops::{SegmentOptions, SegmentState, SegmentedAggregation, Segments};

use super::{batch, code_of};
use crate::flow_type::{FlowType, Item};
use crate::node::Node;
use crate::plain;
use crate::value::Value;

impl Node {
    /// A segmented aggregation: rows cut into bins, and values of each.
    ///
    /// It reads the columns that the options name, as columns of rows: inputs, or nodes of rows. It makes one value, the
    /// [`Segments`] of a run or a batch, as bins are other rows than those that are read. Have the bins, those that are
    /// closed, or snapshots as nodes by [`field`](Self::field).
    ///
    /// In a stream the open bin is part of a batch's bins as far as it is known, and comes again, complete, first in
    /// the bins of the next. Whoever keeps the last bin of each label has what a run over all rows gives, to the bit.
    /// A row before an earlier one is an error that names it. Single rows have no such node.
    ///
    /// ```
    /// use std::num::NonZeroU64;
    /// use varvite_flow::arrow::array::{AsArray, RecordBatch};
    /// use varvite_flow::arrow::datatypes::Int64Type;
    /// use varvite_flow::arrow::{array::record_batch, datatypes as arrow_schema}; // the name that the macro looks for
    /// use varvite_flow::ops::{Bins, Function, SegmentOptions, Segments};
    /// use varvite_flow::{Dataflow, Module, Node};
    ///
    /// let pairs = Bins::rows(NonZeroU64::new(2).ok_or("no rows")?);
    /// let options = SegmentOptions::new("at", pairs, [Function::Sum.of("size")]);
    /// let module = Module::new()
    ///     .node(Node::row("size", ["lots"], |lots: i64| lots * 100))
    ///     .node(Node::segments("pairs", options)?.field("bars", |made: &Segments| made.bins.clone()));
    /// let flow = Dataflow::builder().with(module).build()?;
    ///
    /// let mut stream = flow.stream_named(&flow.unfitted(), &["bars"])?;
    /// let mut push = |at: Vec<i64>, lots: Vec<i64>| -> Result<_, Box<dyn std::error::Error>> {
    ///     let made = stream.push(&record_batch!(("at", Int64, at), ("lots", Int64, lots))?)?;
    ///     let bars = made.get("bars").and_then(|bars| bars.as_batch()).ok_or("no bars")?;
    ///     Ok(bars["size_sum"].as_primitive::<Int64Type>().values().to_vec())
    /// };
    /// assert_eq!(push(vec![1, 2, 3], vec![1, 2, 3])?, [300, 300]);
    /// assert_eq!(push(vec![4, 5, 6], vec![4, 5, 6])?, [700, 1_100]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// What [`SegmentedAggregation::try_new`] refuses.
    pub fn segments(name: impl Into<String>, options: SegmentOptions) -> varvite_ops::Result<Self> {
        SegmentedAggregation::try_new(options.clone())?;
        let names: Vec<String> = options.columns().into_iter().map(str::to_owned).collect();
        let params = names.iter().map(|name| (name.clone(), FlowType::column(Item::Any))).collect();
        let code = code_of(&options)?;
        let step = move |state: &mut Option<SegmentState>, values: &[&Value]| {
            let mut aggregation = match state.take() {
                Some(state) => SegmentedAggregation::restore(options.clone(), state),
                None => SegmentedAggregation::try_new(options.clone()),
            }
            .map_err(|error| error.to_string())?;
            let made = aggregation.push(&batch(&names, values)?).map_err(|error| error.to_string())?;
            *state = Some(aggregation.state().map_err(|error| error.to_string())?);
            Ok(plain::of(made))
        };
        Ok(Self::dynamic_stateful(name, params, FlowType::of::<Segments>(), || None, step).with_code(code))
    }
}
