//! How functions of up to twelve parameters are called: with one value each, or with a chunk each.

use super::Failure;
use super::arguments::{Args, Feed};
use super::outcome::RowOutcome;
use super::parameter::Parameter;
use crate::flow_type::FlowType;
use crate::plain::{self, Plain};
use crate::row::{Lane, Validity};

/// A function of [`Parameter`]s: closures and `fn` items, whose parameters' types are written out.
pub trait Function<Marker, const N: usize>: Send + Sync + 'static {
    /// What it returns.
    type Out;
    #[doc(hidden)]
    fn types() -> [FlowType; N];
    #[doc(hidden)]
    fn refusals() -> [Option<String>; N];
    /// `None` if an argument is null that the function does not see.
    #[doc(hidden)]
    fn call(&self, args: Args<'_>) -> Result<Option<Self::Out>, Failure>;
    #[doc(hidden)]
    fn pass(
        &self,
        feeds: &[Feed<'_>],
        len: usize,
        scratch: &mut Validity,
        lane: &mut Lane<<Self::Out as RowOutcome>::Element>,
    ) -> Result<(), Failure>
    where
        Self::Out: RowOutcome;
}

/// A function of plain values of any type.
pub trait PlainFunction<Marker, const N: usize>: Send + Sync + 'static {
    /// What it returns.
    type Out: Plain;
    #[doc(hidden)]
    fn types() -> [FlowType; N];
    #[doc(hidden)]
    fn call(&self, args: Args<'_>) -> Result<Self::Out, Failure>;
}

/// The rows that a function is called for: those that no argument hides.
pub(super) fn combine<'a>(masks: &[Option<&'a Validity>], scratch: &'a mut Validity) -> Option<&'a Validity> {
    let mut masks = masks.iter().flatten();
    let first = masks.next()?;
    let Some(second) = masks.next() else { return Some(first) };
    scratch.copy_from(first);
    scratch.intersect(second);
    masks.for_each(|mask| scratch.intersect(mask));
    Some(scratch)
}

macro_rules! functions {
    ($n:literal: $($param:ident $index:tt),*) => {
        #[allow(non_snake_case, unused_variables, clippy::too_many_arguments, reason = "one name for a type and its value")]
        impl<F, Out, $($param),*> Function<($($param,)*), $n> for F
        where
            // The first bound tells the types from the closure, the second is what it is called as.
            F: Fn($($param),*) -> Out + for<'a> Fn($($param::Item<'a>),*) -> Out + Send + Sync + 'static,
            $($param: Parameter,)*
        {
            type Out = Out;

            fn types() -> [FlowType; $n] {
                [$($param::flow_type()),*]
            }

            fn refusals() -> [Option<String>; $n] {
                [$($param::refusal()),*]
            }

            #[inline]
            fn call(&self, args: Args<'_>) -> Result<Option<Out>, Failure> {
                fn inner<Out, $($param),*>(f: &impl Fn($($param),*) -> Out, $($param: $param),*) -> Out {
                    f($($param),*)
                }
                $(let Some($param) = $param::one(args.get($index))? else { return Ok(None) };)*
                Ok(Some(inner(self, $($param),*)))
            }

            fn pass(
                &self,
                feeds: &[Feed<'_>],
                len: usize,
                scratch: &mut Validity,
                lane: &mut Lane<<Out as RowOutcome>::Element>,
            ) -> Result<(), Failure>
            where
                Out: RowOutcome,
            {
                #[inline]
                fn inner<Out, $($param),*>(f: &impl Fn($($param),*) -> Out, $($param: $param),*) -> Out {
                    f($($param),*)
                }
                $(let $param = $param::view(feeds[$index], len)?;)*
                let mask = combine(&[$($param::mask(feeds[$index])),*], scratch);
                Out::fill(lane, len, mask, #[inline] |row| inner(self, $($param::at(&$param, row)),*))
            }
        }

        #[allow(non_snake_case, unused_variables, clippy::too_many_arguments, reason = "one name for a type and its value")]
        impl<F, Out, $($param),*> PlainFunction<($($param,)*), $n> for F
        where
            F: Fn($($param),*) -> Out + Send + Sync + 'static,
            Out: Plain,
            $($param: Plain,)*
        {
            type Out = Out;

            fn types() -> [FlowType; $n] {
                [$(FlowType::of::<$param>()),*]
            }

            #[inline]
            fn call(&self, args: Args<'_>) -> Result<Out, Failure> {
                $(let $param = plain::take::<$param>(args.get($index)).ok_or_else(|| {
                    let found = args.get($index).type_name();
                    Failure::unexpected(format!("wants {}, found {found}", FlowType::of::<$param>()))
                })?;)*
                Ok(self($($param),*))
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
