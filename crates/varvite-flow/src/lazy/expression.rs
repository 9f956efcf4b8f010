//! Expressions of a known type, as functions take and give them.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Add, Deref, Div, Mul, Sub};

use polars::prelude::{Expr, NULL, PlSmallStr, lit};

use super::convert::data_type;
use crate::flow_type::{FlowType, Item};
use crate::function::{Failure, Feed, Parameter};
use crate::row::Element;
use crate::value::Value;
use crate::wrappers::Whole;

/// A Polars expression whose values are of type `T`: the parameters and the result of a function that is part of a lazy
/// plan. Whether Polars makes values of that type is checked when the plan is made; nothing is cast unless
/// [`ColExpr::cast`] asks for it.
///
/// It is an [`Expr`] by `*`, and takes part in arithmetic with expressions, numbers and [`Whole`] numbers of its type.
pub struct ColExpr<T> {
    expr: Expr,
    of: PhantomData<fn() -> T>,
}

/// How an expression stands in a slot.
pub(crate) struct Expression(pub(crate) Expr);

impl<T: Element> ColExpr<T> {
    /// An expression of which is said that it makes values of type `T`.
    pub fn new(expr: impl Into<Expr>) -> Self {
        Self { expr: expr.into(), of: PhantomData }
    }

    /// An expression cast to `T`; what has no such value is null.
    pub fn cast(expr: impl Into<Expr>) -> Self {
        let expr: Expr = expr.into();
        Self::new(match data_type(T::ITEM) {
            Some(data_type) => expr.cast(data_type),
            None => expr,
        })
    }

    /// The expression.
    pub fn into_expr(self) -> Expr {
        self.expr
    }

    /// Null in all rows.
    fn null() -> Self {
        Self::cast(lit(NULL))
    }
}

impl<T> Clone for ColExpr<T> {
    fn clone(&self) -> Self {
        Self { expr: self.expr.clone(), of: PhantomData }
    }
}

impl<T> fmt::Debug for ColExpr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

impl<T> Deref for ColExpr<T> {
    type Target = Expr;

    fn deref(&self) -> &Expr {
        &self.expr
    }
}

impl<T: Element> From<Expr> for ColExpr<T> {
    fn from(expr: Expr) -> Self {
        Self::new(expr)
    }
}

impl<T> From<ColExpr<T>> for Expr {
    fn from(of: ColExpr<T>) -> Self {
        of.expr
    }
}

macro_rules! arithmetic {
    ($($ty:ty: $($operator:ident $call:ident),*;)*) => {$($(
        impl $operator for ColExpr<$ty> {
            type Output = Self;

            fn $call(self, other: Self) -> Self {
                Self::new($operator::$call(self.expr, other.expr))
            }
        }

        impl $operator<$ty> for ColExpr<$ty> {
            type Output = Self;

            fn $call(self, other: $ty) -> Self {
                Self::new($operator::$call(self.expr, lit(other)))
            }
        }

        impl $operator<Whole<$ty>> for ColExpr<$ty> {
            type Output = Self;

            fn $call(self, other: Whole<$ty>) -> Self {
                $operator::$call(self, other.0)
            }
        }
    )*)*};
}

// Whole numbers are not divided: Polars would make something else of zero.
arithmetic! {
    f64: Add add, Sub sub, Mul mul, Div div;
    f32: Add add, Sub sub, Mul mul, Div div;
    i64: Add add, Sub sub, Mul mul;
    i32: Add add, Sub sub, Mul mul;
}

impl<T: Element> Parameter for ColExpr<T> {
    type Item<'a> = Self;
    type View<'a> = Self;

    fn flow_type() -> FlowType {
        FlowType::row(T::ITEM)
    }

    fn one(value: &Value) -> Result<Option<Self>, Failure> {
        match value.downcast_ref::<Expression>() {
            Some(Expression(expr)) => Ok(Some(Self::new(expr.clone()))),
            None => Err(no_expression()),
        }
    }

    fn view(_feed: Feed<'_>, _len: usize) -> Result<Self, Failure> {
        Err(no_expression())
    }

    fn at<'a>(view: &Self, _row: usize) -> Self
    where
        'a: 'a,
    {
        view.clone()
    }
}

fn no_expression() -> Failure {
    Failure::unexpected("wants an expression and is no function of expressions: let it return a `ColExpr`")
}

/// What a function of expressions may return: [`ColExpr<T>`], or a `Result` of one.
#[diagnostic::on_unimplemented(message = "`{Self}` is no expression", note = "`ColExpr<T>`, or a `Result` of one, is")]
pub trait ExprOutcome {
    #[doc(hidden)]
    const ITEM: Item;
    #[doc(hidden)]
    fn into_expr(self) -> Result<Expr, String>;
    /// Of a function that reads a null and does not see nulls.
    #[doc(hidden)]
    fn null() -> Expr;
}

impl<T: Element> ExprOutcome for ColExpr<T> {
    const ITEM: Item = T::ITEM;

    fn into_expr(self) -> Result<Expr, String> {
        Ok(self.expr)
    }

    fn null() -> Expr {
        Self::null().expr
    }
}

impl<T: ExprOutcome, E: fmt::Display> ExprOutcome for Result<T, E> {
    const ITEM: Item = T::ITEM;

    fn into_expr(self) -> Result<Expr, String> {
        self.map_err(|error| error.to_string())?.into_expr()
    }

    fn null() -> Expr {
        T::null()
    }
}

/// A column of exactly this name, also where it looks like a pattern.
pub(super) fn column(name: impl Into<PlSmallStr>) -> Expr {
    Expr::Column(name.into())
}

/// Tells what is read by a parameter from the columns of a frame.
const MARK: char = '\u{1}';

/// What stands for a parameter, to see what a function reads.
pub(super) fn mark(name: &str) -> String {
    format!("{MARK}{name}")
}

pub(super) fn is_mark(name: &str) -> bool {
    name.starts_with(MARK)
}

pub(super) fn unmarked(text: &str) -> String {
    text.replace(MARK, "").replace("\\u{1}", "")
}

/// The names of the columns that an expression reads; nothing if it takes them by a pattern.
pub(super) fn leaves(expr: &Expr) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    for part in expr {
        match part {
            Expr::Column(name) => found.push(name.as_str()),
            Expr::Selector(_) => return None,
            _ => {}
        }
    }
    Some(found)
}
