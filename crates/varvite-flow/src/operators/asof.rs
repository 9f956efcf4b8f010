//! As-of merges as nodes.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::Schema;
use varvite_ops::{AsofMerge, AsofOptions, AsofState};

use super::{batch, code_of, refused};
use crate::flow_type::{FlowType, Item};
use crate::node::Node;
use crate::row::lane::{conform, item_of};
use crate::value::Value;

impl Node {
    /// An as-of merge: for each row the latest rows before it of other tables, one table a frame of the options.
    ///
    /// It reads the ordered column of the rows, by the name that the options give it, and each table, a record batch, by
    /// its own. It makes a record batch with a row for each row: the ordered column, and the matched ones, named as
    /// [`AsofOptions`] says. Have those as nodes of rows by [`columns`](Self::columns). Whether rows at the same time match
    /// is said by the options, which have no default for it; where there is no row, values are null, or what the options
    /// fill in.
    ///
    /// In a stream each batch brings rows and what the tables have got since the batch before, perhaps nothing. Rows of a
    /// table that come later than rows that they should have been matched with are an error that names the row.
    /// Single rows have no such node: there its columns are replaced.
    ///
    /// ```
    /// use varvite_flow::arrow::{array::record_batch, datatypes as arrow_schema}; // the name that the macro looks for
    /// use varvite_flow::ops::{AsofFrame, AsofOptions, Matching};
    /// use varvite_flow::{Batch, Dataflow, Module, Node};
    ///
    /// let options = AsofOptions::new("at", [AsofFrame::new(Matching::AtOrBefore).with_n_prev(1)]);
    /// let module = Module::new()
    ///     .node(Node::asof("quoted", ["quotes"], options)?.column::<f64>("bid", "bid_0").column::<f64>("bid_before", "bid_1"))
    ///     .node(Node::row("change", ["bid", "bid_before"], |bid: f64, before: f64| bid - before));
    /// let flow = Dataflow::builder().with(module).build()?;
    ///
    /// let mut stream = flow.stream_named(&flow.unfitted(), &["change"])?;
    /// let quotes = record_batch!(("at", Int64, [1, 3]), ("bid", Float64, [10.0, 12.5]))?;
    /// let trades = record_batch!(("at", Int64, [2, 3]))?;
    /// let made = stream.push(Batch::new().frame(&trades).input("quotes", quotes.clone()))?;
    /// assert_eq!(made.column::<f64>("change").map(|change| change.to_vec()), Some(vec![None, Some(2.5)]));
    ///
    /// // No quotes since: it goes on from the last ones.
    /// let made = stream.push(Batch::new().frame(&record_batch!(("at", Int64, [9]))?).input("quotes", quotes.slice(0, 0)))?;
    /// assert_eq!(made.column::<f64>("change").map(|change| change.to_vec()), Some(vec![Some(2.5)]));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidOption`](varvite_ops::Error::InvalidOption) for another number of tables than of frames, for tables of one
    /// name, for several join positions, of which each row would choose its groups; what [`AsofMerge::try_new`] refuses.
    pub fn asof<T: Into<String>>(
        name: impl Into<String>,
        tables: impl IntoIterator<Item = T>,
        options: AsofOptions,
    ) -> varvite_ops::Result<Self> {
        let tables: Vec<String> = tables.into_iter().map(Into::into).collect();
        check(&tables, &options)?;
        let options = options.with_names(&tables);
        AsofMerge::try_new(options.clone())?;
        let on = vec![options.on().to_owned()];
        let mut params = vec![(on[0].clone(), FlowType::column(Item::Any))];
        params.extend(tables.into_iter().map(|table| (table, FlowType::one(Item::Batch))));
        let code = code_of(&options)?;
        let step = move |state: &mut Option<AsofState>, values: &[&Value]| {
            let mut merge = match state.take() {
                Some(state) => AsofMerge::restore(options.clone(), state),
                None => AsofMerge::try_new(options.clone()),
            }
            .map_err(|error| error.to_string())?;
            let rows = batch(&on, values)?;
            let tables = values.iter().filter_map(|value| value.as_batch()).map(|table| in_unit_of(&rows, table));
            let made = merge.push(&rows, &tables.collect::<Vec<_>>()).map_err(|error| error.to_string())?;
            *state = Some(merge.state());
            Ok(made.into())
        };
        Ok(Self::dynamic_stateful(name, params, FlowType::one(Item::Batch), || None, step).with_code(code))
    }
}

/// A table whose times are in the unit that those of `rows` have in a graph; as it is if that cannot be.
fn in_unit_of(rows: &RecordBatch, table: &RecordBatch) -> RecordBatch {
    let on = rows.schema_ref().field(0);
    let converted = || {
        let at = table.schema_ref().index_of(on.name()).ok()?;
        let column = conform(table.column(at), item_of(rows.column(0))?)?;
        let mut columns = table.columns().to_vec();
        let mut fields = table.schema_ref().fields().to_vec();
        fields[at] = Arc::new(fields[at].as_ref().clone().with_data_type(column.data_type().clone()));
        columns[at] = column;
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).ok()
    };
    converted().unwrap_or_else(|| table.clone())
}

fn check(tables: &[String], options: &AsofOptions) -> varvite_ops::Result<()> {
    if tables.len() != options.num_frames() {
        let reason = format!("{} tables are named for {} frames", tables.len(), options.num_frames());
        return Err(refused("frames", reason));
    }
    if options.num_positions() > 1 {
        let reason = format!("a node has one join position, and these are {}", options.num_positions());
        return Err(refused("prefixes", reason));
    }
    let taken = |at: usize| tables[at] == options.on() || tables[..at].contains(&tables[at]);
    match (0..tables.len()).find(|&at| taken(at)) {
        Some(at) => Err(refused("frames", format!("two parameters would be named `{}`", tables[at]))),
        None => Ok(()),
    }
}
