//! Requests by type: one name, or a tuple of up to twelve.

use super::names::Named;
use super::output::{Output, found};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::flow_type::{FlowType, Item, Shape};
use crate::graph::Dataflow;
use crate::value::Value;

/// What is asked for, as a type: `features::score`, or a tuple of up to twelve such names.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no request",
    note = "ask for a node by its type, or for a tuple of them: `(features::score, features::age_mean)`"
)]
pub trait Request: 'static {
    /// What a data set or a batch gives.
    type Offline;
    /// What one row gives.
    type Online;
    #[doc(hidden)]
    fn names() -> Vec<&'static str>;
    #[doc(hidden)]
    fn wanted() -> Vec<FlowType>;
    /// From values in the order of the names.
    #[doc(hidden)]
    fn offline(values: &[&Value]) -> Result<Self::Offline>;
    #[doc(hidden)]
    fn online(values: &[Value]) -> Result<Self::Online>;
}

impl<N: Named> Request for N {
    type Offline = <N::Out as Output>::Offline;
    type Online = <N::Out as Output>::Online;

    fn names() -> Vec<&'static str> {
        vec![N::NAME]
    }

    fn wanted() -> Vec<FlowType> {
        vec![N::Out::flow_type()]
    }

    fn offline(values: &[&Value]) -> Result<Self::Offline> {
        take::<N, _>(values.first().copied(), N::Out::offline)
    }

    fn online(values: &[Value]) -> Result<Self::Online> {
        take::<N, _>(values.first(), N::Out::online)
    }
}

macro_rules! tuples {
    ($($($name:ident $at:tt),+;)*) => {$(
        impl<$($name: Named),+> Request for ($($name,)+) {
            type Offline = ($(<$name::Out as Output>::Offline,)+);
            type Online = ($(<$name::Out as Output>::Online,)+);

            fn names() -> Vec<&'static str> {
                vec![$($name::NAME),+]
            }

            fn wanted() -> Vec<FlowType> {
                vec![$($name::Out::flow_type()),+]
            }

            fn offline(values: &[&Value]) -> Result<Self::Offline> {
                Ok(($(take::<$name, _>(values.get($at).copied(), $name::Out::offline)?,)+))
            }

            fn online(values: &[Value]) -> Result<Self::Online> {
                Ok(($(take::<$name, _>(values.get($at), $name::Out::online)?,)+))
            }
        }
    )*};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
}

fn take<N: Named, T>(value: Option<&Value>, as_type: impl Fn(&Value) -> Option<T>) -> Result<T> {
    let value = value.unwrap_or(&Value::Null);
    as_type(value).ok_or_else(|| {
        let message = format!("`{}` is {}, and was asked for as {}", N::NAME, found(value), N::Out::flow_type());
        Error::one(Phase::Run, Problem::new(Kind::TypeMismatch, [N::NAME], message))
    })
}

/// The names of a request, if this graph makes of them what the types say.
pub(super) fn names<R: Request>(flow: &Dataflow) -> Result<Vec<&'static str>> {
    let names = R::names();
    let problems = names.iter().zip(R::wanted()).filter_map(|(name, wanted)| check(flow, name, &wanted));
    Error::check(Phase::Plan, problems.collect())?;
    Ok(names)
}

/// Names that are unknown are found, with all else, by the request itself.
pub(super) fn check(flow: &Dataflow, name: &str, wanted: &FlowType) -> Option<Problem> {
    let graph = &*flow.0;
    let of_node = || graph.index.get(name).map(|&node| &graph.node(node).out);
    let of_input = || graph.input_index.get(name).map(|&input| &graph.inputs[input as usize].flow_type);
    let made = of_node().or_else(of_input)?;
    let of_rows = |ty: &FlowType| matches!(ty.shape, Shape::Row | Shape::Column);
    let any = made.item == Item::Any || wanted.item == Item::Any;
    let same = any || made.item == wanted.item && made.list == wanted.list && of_rows(made) == of_rows(wanted);
    if same {
        return None;
    }
    let message = format!("`{name}` is {made} in this graph, and was asked for as {wanted}: another module defines it");
    Some(Problem::new(Kind::TypeMismatch, [name], message))
}
