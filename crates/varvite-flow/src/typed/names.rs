//! Types that name nodes and inputs.

use super::output::Output;
use crate::value::Value;

/// A type that names a node or an input: `features::score`. `#[dataflow]` makes one beside each function.
#[diagnostic::on_unimplemented(message = "`{Self}` names no node and no input of a dataflow")]
pub trait Named: 'static {
    /// The name in the graph.
    const NAME: &'static str;
    /// What a request for it gives.
    type Out: Output;
}

/// A type that names a node, which can be replaced.
#[diagnostic::on_unimplemented(
    message = "`{Self}` names no node of a dataflow, so that it cannot be replaced",
    note = "an input is given: `inputs(&Inputs {{ .. }})`, `input(name, value)`, or a column of `frame(..)`"
)]
pub trait NamedNode: Named {}

/// The inputs of a module, one field each: `features::Inputs`.
pub trait Inputs: 'static {
    /// Their names, in the order of the fields.
    const NAMES: &'static [&'static str];
    /// Calls with each value, in the order of the fields; with nothing for what single rows do not need.
    #[doc(hidden)]
    fn for_each(&self, each: &mut dyn FnMut(Option<Value>));
}
