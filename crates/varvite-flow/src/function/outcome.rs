//! What a function may return, and how it becomes a value or a chunk.

use std::fmt::Display;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::Failure;
use crate::flow_type::{FlowType, Item};
use crate::plain::{self, Plain};
use crate::row::{Element, Lane, Validity};
use crate::value::Value;
use crate::wrappers::{Column, Each, Whole};

/// What a function of rows may return: a value of rows, an `Option` of one, or a `Result` of either.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a row",
    note = "a number, `bool`, `String`, a chrono type, an `Option` of one, or a `Result` of either can"
)]
pub trait RowOutcome {
    /// The type of the values.
    type Element: Element;
    #[doc(hidden)]
    const NULLABLE: bool;
    #[doc(hidden)]
    fn into_option(self) -> Result<Option<Self::Element>, String>;
    /// Computes a chunk.
    #[doc(hidden)]
    fn fill(
        lane: &mut Lane<Self::Element>,
        len: usize,
        mask: Option<&Validity>,
        f: impl FnMut(usize) -> Self,
    ) -> Result<(), Failure>;
}

macro_rules! rows {
    ($($ty:ty),*) => {$(
        impl RowOutcome for $ty {
            type Element = $ty;
            const NULLABLE: bool = false;

            #[inline]
            fn into_option(self) -> Result<Option<$ty>, String> {
                Ok(Some(self))
            }

            #[inline]
            fn fill(
                lane: &mut Lane<$ty>,
                len: usize,
                mask: Option<&Validity>,
                f: impl FnMut(usize) -> Self,
            ) -> Result<(), Failure> {
                lane.len = len;
                match mask {
                    None => lane.validity.set_all(len),
                    Some(mask) => lane.validity.copy_from(mask),
                }
                <$ty as Element>::fill(&mut lane.values, len, mask, f);
                Ok(())
            }
        }

        impl RowOutcome for Option<$ty> {
            type Element = $ty;
            const NULLABLE: bool = true;

            #[inline]
            fn into_option(self) -> Result<Option<$ty>, String> {
                Ok(self)
            }

            fn fill(
                lane: &mut Lane<$ty>,
                len: usize,
                mask: Option<&Validity>,
                f: impl FnMut(usize) -> Self,
            ) -> Result<(), Failure> {
                fill_checked(lane, len, mask, f)
            }
        }

        impl<E: Display> RowOutcome for Result<$ty, E> {
            type Element = $ty;
            const NULLABLE: bool = false;

            fn into_option(self) -> Result<Option<$ty>, String> {
                self.map(Some).map_err(|error| error.to_string())
            }

            fn fill(
                lane: &mut Lane<$ty>,
                len: usize,
                mask: Option<&Validity>,
                f: impl FnMut(usize) -> Self,
            ) -> Result<(), Failure> {
                fill_checked(lane, len, mask, f)
            }
        }

        impl<E: Display> RowOutcome for Result<Option<$ty>, E> {
            type Element = $ty;
            const NULLABLE: bool = true;

            fn into_option(self) -> Result<Option<$ty>, String> {
                self.map_err(|error| error.to_string())
            }

            fn fill(
                lane: &mut Lane<$ty>,
                len: usize,
                mask: Option<&Validity>,
                f: impl FnMut(usize) -> Self,
            ) -> Result<(), Failure> {
                fill_checked(lane, len, mask, f)
            }
        }
    )*};
}

rows!(f64, f32, i64, i32, u32, bool, String, NaiveDate, NaiveDateTime, DateTime<Utc>);

/// Computes a chunk whose rows may be null or fail; after a failure nothing more is called.
fn fill_checked<R: RowOutcome>(
    lane: &mut Lane<R::Element>,
    len: usize,
    mask: Option<&Validity>,
    mut f: impl FnMut(usize) -> R,
) -> Result<(), Failure> {
    let mut failure = None;
    let mut absent = Vec::new();
    R::Element::fill(&mut lane.values, len, mask, |row| {
        if failure.is_none() {
            match f(row).into_option() {
                Ok(Some(value)) => return value,
                Ok(None) => {}
                Err(message) => failure = Some(Failure { row: Some(row), ..Failure::said(message) }),
            }
        }
        absent.push(row);
        R::Element::absent()
    });
    lane.len = len;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if absent.is_empty() {
        match mask {
            None => lane.validity.set_all(len),
            Some(mask) => lane.validity.copy_from(mask),
        }
        return Ok(());
    }
    let mut absent = absent.into_iter().peekable();
    lane.validity.set_with(len, |row| {
        let is_absent = absent.next_if_eq(&row).is_some();
        !is_absent && mask.is_none_or(|mask| mask.is_valid(row))
    });
    Ok(())
}

/// What a function that is called once may return: [`Whole<T>`], [`Column<T>`], [`Each<T>`], or a `Result` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a value of the data set",
    note = "`Whole<T>`, `Column<T>`, `Each<T>`, or a `Result` of one can"
)]
pub trait WholeOutcome {
    #[doc(hidden)]
    fn flow_type() -> FlowType;
    #[doc(hidden)]
    fn into_value(self) -> Result<Value, String>;
}

impl<T: Plain> WholeOutcome for Whole<T> {
    fn flow_type() -> FlowType {
        FlowType::of::<T>()
    }

    fn into_value(self) -> Result<Value, String> {
        Ok(plain::of(self.0))
    }
}

impl<T: Element> WholeOutcome for Column<T> {
    fn flow_type() -> FlowType {
        FlowType::column(T::ITEM)
    }

    fn into_value(self) -> Result<Value, String> {
        Ok(Value::Column(self.as_array().clone()))
    }
}

impl<T: Plain> WholeOutcome for Each<T> {
    fn flow_type() -> FlowType {
        FlowType::each(Item::of::<T>())
    }

    fn into_value(self) -> Result<Value, String> {
        Ok(self.0.into_iter().map(plain::of).collect::<Vec<_>>().into())
    }
}

impl<T: WholeOutcome, E: Display> WholeOutcome for Result<T, E> {
    fn flow_type() -> FlowType {
        T::flow_type()
    }

    fn into_value(self) -> Result<Value, String> {
        self.map_err(|error| error.to_string())?.into_value()
    }
}
