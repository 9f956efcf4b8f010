//! What a parameter may be, and how its argument is read: of one row, and of a chunk.

use arrow::array::ArrayRef;
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::{Failure, Feed};
use crate::flow_type::{FlowType, Item};
use crate::fold::{Accumulator, FoldType, Folded};
use crate::plain::{self, Plain};
use crate::row::lane::typed;
use crate::row::{Element, Validity};
use crate::value::Value;
use crate::window::{Window, Windowed};
use crate::wrappers::{All, Column, Whole};

/// A type that functions of rows and of data sets may take:
///
/// - `f64 f32 i64 i32 u32 bool String &str` and chrono's `NaiveDate NaiveDateTime DateTime<Utc>`: the row's value; a
///   null is not seen, the function's result is null then;
/// - `Option` of these: the row's value, nulls seen;
/// - [`Whole<T>`], or `&T`, which clones nothing: one value for the data set. Not `&String`, nor a reference to an `f32`,
///   `i32`, `u32`, an `Option` or a `Vec` of values of rows, which are kept in another form: building refuses them;
/// - [`Window<A>`]: the rows of a key up to this one;
/// - [`Folded<A>`], [`Column<T>`], [`All<T>`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a node",
    note = "a value of rows, `Option` of one, `Whole<T>`, `&T`, `Folded<A>`, `Column<T>` or `All<T>` can"
)]
pub trait Parameter {
    /// The argument.
    type Item<'a>;
    #[doc(hidden)]
    type View<'a>;
    #[doc(hidden)]
    fn flow_type() -> FlowType;
    /// Why no graph can have such a parameter.
    #[doc(hidden)]
    fn refusal() -> Option<String> {
        None
    }
    /// The argument of one call; `None` if it is null and the function does not see nulls.
    #[doc(hidden)]
    fn one(value: &Value) -> Result<Option<Self::Item<'_>>, Failure>;
    #[doc(hidden)]
    fn view(feed: Feed<'_>, len: usize) -> Result<Self::View<'_>, Failure>;
    #[doc(hidden)]
    fn at<'a>(view: &Self::View<'a>, row: usize) -> Self::Item<'a>
    where
        'a: 'a;
    /// The rows that the function is called for.
    #[doc(hidden)]
    fn mask(_feed: Feed<'_>) -> Option<&Validity> {
        None
    }
}

fn wrong<T>(wanted: &FlowType, found: &str) -> Result<T, Failure> {
    Err(Failure::unexpected(format!("wants {wanted}, found {}", crate::flow_type::short(found))))
}

fn lane_of<T: Element>(feed: Feed<'_>) -> Result<&crate::row::Lane<T>, Failure> {
    match feed {
        Feed::Lane(lane) => typed::<T>(lane).map_or_else(|| wrong(&FlowType::row(T::ITEM), "another type"), Ok),
        Feed::One(value) | Feed::Windows(value, _) => wrong(&FlowType::row(T::ITEM), value.type_name()),
    }
}

fn mask_of(feed: Feed<'_>) -> Option<&Validity> {
    let Feed::Lane(lane) = feed else { return None };
    Some(lane.validity()).filter(|validity| validity.nulls() > 0)
}

macro_rules! rows {
    ($($ty:ty),*) => {$(
        impl Parameter for $ty {
            type Item<'a> = $ty;
            type View<'a> = <$ty as Element>::View<'a>;

            fn flow_type() -> FlowType {
                FlowType::row(<$ty>::ITEM)
            }

            #[inline]
            fn one(value: &Value) -> Result<Option<$ty>, Failure> {
                match <$ty>::from_value(value) {
                    None if !value.is_null() => wrong(&Self::flow_type(), value.type_name()),
                    found => Ok(found),
                }
            }

            #[inline]
            fn view(feed: Feed<'_>, len: usize) -> Result<Self::View<'_>, Failure> {
                Ok(<$ty as Element>::view(&lane_of::<$ty>(feed)?.values, len))
            }

            #[inline]
            fn at<'a>(view: &Self::View<'a>, row: usize) -> $ty
    where
        'a: 'a,
    {
                <$ty as Element>::at(view, row)
            }

            fn mask(feed: Feed<'_>) -> Option<&Validity> {
                mask_of(feed)
            }
        }

        impl Parameter for Option<$ty> {
            type Item<'a> = Option<$ty>;
            type View<'a> = (<$ty as Element>::View<'a>, &'a Validity);

            fn flow_type() -> FlowType {
                FlowType::row(<$ty>::ITEM).optional()
            }

            #[inline]
            fn one(value: &Value) -> Result<Option<Option<$ty>>, Failure> {
                Ok(Some(<$ty as Parameter>::one(value)?))
            }

            #[inline]
            fn view(feed: Feed<'_>, len: usize) -> Result<Self::View<'_>, Failure> {
                let lane = lane_of::<$ty>(feed)?;
                Ok((<$ty as Element>::view(&lane.values, len), &lane.validity))
            }

            #[inline]
            fn at<'a>((view, validity): &Self::View<'a>, row: usize) -> Option<$ty>
    where
        'a: 'a,
    {
                validity.is_valid(row).then(|| <$ty as Element>::at(view, row))
            }
        }
    )*};
}

rows!(f64, f32, i64, i32, u32, bool, String, NaiveDate, NaiveDateTime, DateTime<Utc>);

impl Parameter for &str {
    type Item<'a> = &'a str;
    type View<'a> = <String as Element>::View<'a>;

    fn flow_type() -> FlowType {
        FlowType::row(Item::Str)
    }

    fn one(value: &Value) -> Result<Option<&str>, Failure> {
        match value {
            Value::Str(text) => Ok(Some(text)),
            Value::Null => Ok(None),
            other => wrong(&Self::flow_type(), other.type_name()),
        }
    }

    fn view(feed: Feed<'_>, _len: usize) -> Result<Self::View<'_>, Failure> {
        Ok(&lane_of::<String>(feed)?.values)
    }

    fn at<'a>(view: &Self::View<'a>, row: usize) -> &'a str
    where
        'a: 'a,
    {
        view.get(row)
    }

    fn mask(feed: Feed<'_>) -> Option<&Validity> {
        mask_of(feed)
    }
}

impl Parameter for Option<&str> {
    type Item<'a> = Option<&'a str>;
    type View<'a> = (<String as Element>::View<'a>, &'a Validity);

    fn flow_type() -> FlowType {
        FlowType::row(Item::Str).optional()
    }

    fn one(value: &Value) -> Result<Option<Option<&str>>, Failure> {
        Ok(Some(<&str as Parameter>::one(value)?))
    }

    fn view(feed: Feed<'_>, _len: usize) -> Result<Self::View<'_>, Failure> {
        let lane = lane_of::<String>(feed)?;
        Ok((&lane.values, &lane.validity))
    }

    fn at<'a>((view, validity): &Self::View<'a>, row: usize) -> Option<&'a str>
    where
        'a: 'a,
    {
        validity.is_valid(row).then(|| view.get(row))
    }
}

/// Parameters that are one value for all rows: made once a chunk, and cloned for each row.
macro_rules! once {
    ($([$($generic:tt)*] $ty:ty => $flow:expr, |$value:ident| $made:expr;)*) => {$(
        impl<$($generic)*> Parameter for $ty {
            type Item<'a> = $ty;
            type View<'a> = $ty;

            fn flow_type() -> FlowType {
                $flow
            }

            fn one($value: &Value) -> Result<Option<$ty>, Failure> {
                match $made {
                    None => wrong(&Self::flow_type(), $value.type_name()),
                    found => Ok(found),
                }
            }

            fn view(feed: Feed<'_>, _len: usize) -> Result<$ty, Failure> {
                let Feed::One(value) = feed else { return wrong(&Self::flow_type(), "a column") };
                Self::one(value)?.map_or_else(|| wrong(&Self::flow_type(), "null"), Ok)
            }

            #[inline]
            fn at<'a>(view: &$ty, _row: usize) -> $ty
    where
        'a: 'a,
    {
                view.clone()
            }
        }
    )*};
}

once! {
    [T: Plain] Whole<T> => FlowType::of::<T>(), |value| plain::take::<T>(value).map(Whole);
    [A: Accumulator] Folded<A> => FlowType::folded(FoldType::of::<A>(), A::ITEM), |value| value.downcast_ref::<Self>().cloned();
    [T: Element] Column<T> => FlowType::column(T::ITEM), |value| column(value).and_then(Column::from_array);
    [T: Plain] All<T> => FlowType::all(Item::of::<T>()), |value| all(value).map(All);
}

fn column(value: &Value) -> Option<&ArrayRef> {
    if let Value::Column(column) = value { Some(column) } else { None }
}

fn all<T: Plain>(value: &Value) -> Option<Vec<T>> {
    let Value::List(values) = value else { return None };
    values.iter().map(plain::take).collect()
}

/// One value for the data set, borrowed.
impl<T: Plain> Parameter for &T {
    type Item<'a> = &'a T;
    type View<'a> = &'a T;

    fn refusal() -> Option<String> {
        plain::is_kept_otherwise::<T>().then(|| {
            let name = crate::flow_type::short(std::any::type_name::<T>());
            format!("is `&{name}`, and such values are kept in another form: take `Whole<{name}>`")
        })
    }

    fn flow_type() -> FlowType {
        FlowType::of::<T>()
    }

    fn one(value: &Value) -> Result<Option<&T>, Failure> {
        let found = plain::borrowed::<T>(value);
        found.map_or_else(|| wrong(&Self::flow_type(), value.type_name()), |found| Ok(Some(found)))
    }

    fn view(feed: Feed<'_>, _len: usize) -> Result<&T, Failure> {
        let Feed::One(value) = feed else { return wrong(&Self::flow_type(), "a column") };
        Self::one(value)?.map_or_else(|| wrong(&Self::flow_type(), "null"), Ok)
    }

    #[inline]
    fn at<'a>(view: &&'a T, _row: usize) -> &'a T
    where
        'a: 'a,
    {
        view
    }
}

impl<A: Accumulator> Parameter for Window<A> {
    type Item<'a> = Self;
    type View<'a> = &'a [A];

    fn flow_type() -> FlowType {
        FlowType::window(FoldType::of::<A>(), A::ITEM)
    }

    fn one(value: &Value) -> Result<Option<Self>, Failure> {
        match value.downcast_ref::<Self>() {
            None => wrong(&Self::flow_type(), value.type_name()),
            found => Ok(found.cloned()),
        }
    }

    fn view(feed: Feed<'_>, len: usize) -> Result<&[A], Failure> {
        let Feed::Windows(value, start) = feed else { return wrong(&Self::flow_type(), "something else") };
        let windows = value.downcast_ref::<Windowed<A>>().and_then(|windows| windows.0.get(start..start + len));
        windows.map_or_else(|| wrong(&Self::flow_type(), value.type_name()), Ok)
    }

    fn at<'a>(view: &&'a [A], row: usize) -> Self
    where
        'a: 'a,
    {
        Self(view[row].clone())
    }
}
