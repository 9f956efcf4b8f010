//! Nodes with a state: what they remember goes from batch to batch.

use super::{Node, named};
use crate::flow_type::{FlowType, Shape};
use crate::function::{RowOutcome, StatefulFunction, StepFunction, StepOutcome, WholeOutcome};
use crate::kernel;
use crate::memory::NodeState;
use crate::row::Element;
use crate::value::Value;

impl Node {
    /// A function with a state, called once a run or a batch: `|total: &mut f64, trades: RecordBatch| ...`.
    ///
    /// On a data set it is called once, with the state that `init` makes. In a stream it is called for each batch, and
    /// the state goes on from one to the next; it is part of what [`crate::Stream::state`] gives. A batch that fails
    /// leaves it as it was. Single rows have no such nodes: there its value is replaced.
    pub fn stateful<const N: usize, M: 'static, S: NodeState, F>(
        name: impl Into<String>,
        params: [&str; N],
        init: impl Fn() -> S + Send + Sync + 'static,
        step: F,
    ) -> Self
    where
        F: StepFunction<S, M, N>,
    {
        let out = F::Out::flow_type();
        let node = Self::new(name, named(params, F::types()), out, kernel::step(init, step));
        Self { is_stateful: true, ..node }
    }

    /// A loop with a state: a function of rows that is called in their order, `|last: &mut f64, x: f64| ...`.
    ///
    /// It is not called for a row with a null that it does not see: the result is null, the state as it was. The state goes
    /// on from batch to batch as that of [`Node::stateful`]. However rows are cut into batches, the answer is the same;
    /// so it reads no [`crate::Column`], which differs from batch to batch, and no window: read a node that does.
    pub fn stateful_row<const N: usize, M: 'static, S: NodeState, F>(
        name: impl Into<String>,
        params: [&str; N],
        init: impl Fn() -> S + Send + Sync + 'static,
        f: F,
    ) -> Self
    where
        F: StatefulFunction<S, M, N>,
        F::Out: RowOutcome,
    {
        let item = <F::Out as RowOutcome>::Element::ITEM;
        let out = FlowType { nullable: F::Out::NULLABLE, ..FlowType::column(item) };
        let types = F::types();
        let mut refusals = F::refusals();
        for (refusal, of) in refusals.iter_mut().zip(&types) {
            *refusal = refusal.take().or_else(|| refused_in_loop(of));
        }
        // A loop goes over columns: it is called once with all rows that there are.
        let types = types.map(|of| if of.shape == Shape::Row { FlowType { shape: Shape::Column, ..of } } else { of });
        let node = Self::new(name, named(params, types), out, kernel::row_step(init, f)).refusing(refusals);
        Self { is_stateful: true, ..node }
    }

    /// A function with a state whose result is of the data set, as `#[dataflow]` makes it.
    pub(crate) fn stateful_whole<const N: usize, M: 'static, S: NodeState, F>(
        name: &str,
        params: [&str; N],
        init: impl Fn() -> S + Send + Sync + 'static,
        f: F,
    ) -> Self
    where
        F: StatefulFunction<S, M, N>,
        F::Out: WholeOutcome,
    {
        let out = F::Out::flow_type();
        let node = Self::new(name, named(params, F::types()), out, kernel::whole_step(init, f));
        Self { is_stateful: true, ..node.refusing(F::refusals()) }
    }

    /// A function with a state whose types are known at run time, called once a run or a batch.
    pub fn dynamic_stateful<S: NodeState, F>(
        name: impl Into<String>,
        params: Vec<(String, FlowType)>,
        out: FlowType,
        init: impl Fn() -> S + Send + Sync + 'static,
        step: F,
    ) -> Self
    where
        F: Fn(&mut S, &[&Value]) -> Result<Value, String> + Send + Sync + 'static,
    {
        let node = Self::new(name, params, out, kernel::dynamic_step(init, step));
        Self { is_stateful: true, ..node }
    }
}

/// Why a loop over rows cannot read this.
fn refused_in_loop(of: &FlowType) -> Option<String> {
    let why = "which differs from batch to batch: take a value of rows, or make it a function of columns";
    (of.shape == Shape::Column).then(|| format!("is {of}, {why}"))
}
