//! Functions with a state: called once a run or a batch, with whole values.

use std::fmt::Display;

use arrow::array::{ArrayRef, RecordBatch};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::Failure;
use super::arguments::Args;
use super::outcome::WholeOutcome;
use crate::flow_type::{FlowType, Item};
use crate::fold::{Accumulator, FoldType, Folded};
use crate::plain::{self, Plain};
use crate::row::Element;
use crate::value::Value;
use crate::wrappers::{All, Column, Each, Whole};

/// What a function with a state may take beside it: a `RecordBatch`, a [`Column<T>`], numbers, text, dates, `Option` or
/// `Vec` of these; any other type as [`Whole<T>`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a node with a state",
    note = "`RecordBatch`, `Column<T>`, a number, text, a date, `Option` or `Vec` of one, or `Whole<T>` can"
)]
pub trait StepParameter: Sized {
    #[doc(hidden)]
    fn flow_type() -> FlowType;
    #[doc(hidden)]
    fn take(value: &Value) -> Option<Self>;
}

/// What a function with a state may return: what a [`StepParameter`] may be, [`Each<T>`], or a `Result` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a node with a state returns",
    note = "`RecordBatch`, `Column<T>`, a number, text, a date, `Option` or `Vec` of one, `Whole<T>`, or a `Result` can"
)]
pub trait StepOutcome {
    #[doc(hidden)]
    fn flow_type() -> FlowType;
    #[doc(hidden)]
    fn into_value(self) -> Result<Value, String>;
}

macro_rules! plain {
    ($($ty:ty),* $(,)?) => {$(
        impl StepParameter for $ty {
            fn flow_type() -> FlowType {
                FlowType::of::<$ty>()
            }

            fn take(value: &Value) -> Option<Self> {
                plain::take(value)
            }
        }

        impl StepOutcome for $ty {
            fn flow_type() -> FlowType {
                FlowType::of::<$ty>()
            }

            fn into_value(self) -> Result<Value, String> {
                Ok(plain::of(self))
            }
        }
    )*};
}

macro_rules! plain_forms {
    ($($ty:ty),*) => { plain!($($ty, Option<$ty>, Vec<$ty>),*); };
}

plain_forms!(f64, f32, i64, i32, u32, bool, String, NaiveDate, NaiveDateTime, DateTime<Utc>, RecordBatch);
plain!(Value);

macro_rules! wrapped {
    ($([$generic:ident: $bound:path] $ty:ty => $flow:expr, |$value:ident| $made:expr;)*) => {$(
        impl<$generic: $bound> StepParameter for $ty {
            fn flow_type() -> FlowType {
                $flow
            }

            fn take($value: &Value) -> Option<Self> {
                $made
            }
        }
    )*};
}

fn column(value: &Value) -> Option<&ArrayRef> {
    if let Value::Column(column) = value { Some(column) } else { None }
}

wrapped! {
    [T: Plain] Whole<T> => FlowType::of::<T>(), |value| plain::take(value).map(Whole);
    [T: Element] Column<T> => FlowType::column(T::ITEM), |value| Column::from_array(column(value)?);
    [A: Accumulator] Folded<A> => FlowType::folded(FoldType::of::<A>(), A::ITEM), |value| value.downcast_ref::<Self>().cloned();
    [T: Plain] All<T> => FlowType::all(Item::of::<T>()), |value| {
        let Value::List(values) = value else { return None };
        values.iter().map(plain::take).collect::<Option<_>>().map(All)
    };
}

macro_rules! outcomes {
    ($([$generic:ident: $bound:path] $ty:ty),*) => {$(
        impl<$generic: $bound> StepOutcome for $ty {
            fn flow_type() -> FlowType {
                <Self as WholeOutcome>::flow_type()
            }

            fn into_value(self) -> Result<Value, String> {
                WholeOutcome::into_value(self)
            }
        }
    )*};
}

outcomes!([T: Plain] Whole<T>, [T: Element] Column<T>, [T: Plain] Each<T>);

impl<T: StepOutcome, E: Display> StepOutcome for Result<T, E> {
    fn flow_type() -> FlowType {
        T::flow_type()
    }

    fn into_value(self) -> Result<Value, String> {
        self.map_err(|error| error.to_string())?.into_value()
    }
}

/// A function of a state and of [`StepParameter`]s.
pub trait StepFunction<S, Marker, const N: usize>: Send + Sync + 'static {
    /// What it returns.
    type Out: StepOutcome;
    #[doc(hidden)]
    fn types() -> [FlowType; N];
    #[doc(hidden)]
    fn step(&self, state: &mut S, args: Args<'_>) -> Result<Self::Out, Failure>;
}

macro_rules! functions {
    ($n:literal: $($param:ident $index:tt),*) => {
        #[allow(non_snake_case, unused_variables, clippy::too_many_arguments, reason = "one name for a type and its value")]
        impl<F, S, Out, $($param),*> StepFunction<S, ($($param,)*), $n> for F
        where
            F: Fn(&mut S, $($param),*) -> Out + Send + Sync + 'static,
            Out: StepOutcome,
            $($param: StepParameter,)*
        {
            type Out = Out;

            fn types() -> [FlowType; $n] {
                [$($param::flow_type()),*]
            }

            fn step(&self, state: &mut S, args: Args<'_>) -> Result<Out, Failure> {
                $(let $param = $param::take(args.get($index)).ok_or_else(|| {
                    let found = args.get($index).type_name();
                    Failure::unexpected(format!("wants {}, found {found}", $param::flow_type()))
                })?;)*
                Ok(self(state, $($param),*))
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
