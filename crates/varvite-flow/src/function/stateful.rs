//! Functions of a state and of what functions of rows and of data sets take.

use super::Failure;
use super::arguments::{Args, Feed};
use super::call::combine;
use super::outcome::RowOutcome;
use super::parameter::Parameter;
use crate::flow_type::FlowType;
use crate::row::{Lane, Validity};

/// A function of a state and of [`Parameter`]s, such as `|last: &mut f64, x: f64| ...`.
pub trait StatefulFunction<S, Marker, const N: usize>: Send + Sync + 'static {
    /// What it returns.
    type Out;
    #[doc(hidden)]
    fn types() -> [FlowType; N];
    #[doc(hidden)]
    fn refusals() -> [Option<String>; N];
    /// `None` if an argument is null that the function does not see.
    #[doc(hidden)]
    fn call(&self, state: &mut S, args: Args<'_>) -> Result<Option<Self::Out>, Failure>;
    /// Computes a chunk, row by row: rows that an argument hides leave the state alone.
    #[doc(hidden)]
    fn pass(
        &self,
        state: &mut S,
        feeds: &[Feed<'_>],
        len: usize,
        scratch: &mut Validity,
        lane: &mut Lane<<Self::Out as RowOutcome>::Element>,
    ) -> Result<(), Failure>
    where
        Self::Out: RowOutcome;
}

macro_rules! functions {
    ($n:literal: $($param:ident $index:tt),*) => {
        #[allow(non_snake_case, unused_variables, clippy::too_many_arguments, reason = "one name for a type and its value")]
        impl<F, S, Out, $($param),*> StatefulFunction<S, ($($param,)*), $n> for F
        where
            // The first bound tells the types from the closure, the second is what it is called as.
            F: Fn(&mut S, $($param),*) -> Out + for<'a> Fn(&mut S, $($param::Item<'a>),*) -> Out + Send + Sync + 'static,
            $($param: Parameter,)*
        {
            type Out = Out;

            fn types() -> [FlowType; $n] {
                [$($param::flow_type()),*]
            }

            fn refusals() -> [Option<String>; $n] {
                [$($param::refusal()),*]
            }

            fn call(&self, state: &mut S, args: Args<'_>) -> Result<Option<Out>, Failure> {
                fn inner<S, Out, $($param),*>(
                    f: &impl Fn(&mut S, $($param),*) -> Out,
                    state: &mut S,
                    $($param: $param),*
                ) -> Out {
                    f(state, $($param),*)
                }
                $(let Some($param) = $param::one(args.get($index))? else { return Ok(None) };)*
                Ok(Some(inner(self, state, $($param),*)))
            }

            fn pass(
                &self,
                state: &mut S,
                feeds: &[Feed<'_>],
                len: usize,
                scratch: &mut Validity,
                lane: &mut Lane<<Out as RowOutcome>::Element>,
            ) -> Result<(), Failure>
            where
                Out: RowOutcome,
            {
                #[inline]
                fn inner<S, Out, $($param),*>(
                    f: &impl Fn(&mut S, $($param),*) -> Out,
                    state: &mut S,
                    $($param: $param),*
                ) -> Out {
                    f(state, $($param),*)
                }
                $(let $param = $param::view(feeds[$index], len)?;)*
                let mask = combine(&[$($param::mask(feeds[$index])),*], scratch);
                Out::fill(lane, len, mask, #[inline] |row| inner(self, state, $($param::at(&$param, row)),*))
            }
        }
    };
}

functions!(0:);
functions!(1: A 0);
functions!(2: A 0, B 1);
functions!(3: A 0, B 1, C 2);
functions!(4: A 0, B 1, C 2, D 3);
functions!(5: A 0, B 1, C 2, D 3, E 4);
functions!(6: A 0, B 1, C 2, D 3, E 4, G 5);
functions!(7: A 0, B 1, C 2, D 3, E 4, G 5, H 6);
functions!(8: A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7);
functions!(9: A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8);
functions!(10: A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9);
functions!(11: A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10);
functions!(12: A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7, J 8, K 9, L 10, M 11);
