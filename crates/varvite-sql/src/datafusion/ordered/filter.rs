//! Filters on the ordered column as [`Ranges`] of it. Pure.

use arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Cast, Expr, Operator, TryCast};
use varvite_dataset::OrderedValue;

use super::ranges::Ranges;
use super::scalar::{is_float_zero, to_ordered};

/// What a filter lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allowed {
    /// No value beyond these passes.
    pub(super) ranges: Ranges,
    /// Every value of these passes.
    pub(super) is_exact: bool,
}

/// Most ranges of one filter: each is looked up on its own.
const MOST: usize = 256;

/// What `filter` lets through of the column, which has neither nulls nor NaNs; `None` if it does not tell.
pub(super) fn allowed(filter: &Expr, column: &str, data_type: &DataType) -> Option<Allowed> {
    let of = Column { name: column, data_type };
    of.allowed(filter).filter(|allowed| allowed.ranges.iter().len() <= MOST)
}

struct Column<'a> {
    name: &'a str,
    data_type: &'a DataType,
}

/// How values of the column are seen by the filter.
#[derive(Clone, Copy)]
struct View<'a> {
    /// Each value is multiplied by it.
    factor: i64,
    /// What literals are.
    data_type: &'a DataType,
}

impl Column<'_> {
    fn allowed(&self, filter: &Expr) -> Option<Allowed> {
        match filter {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }) => {
                Some(match (self.allowed(left), self.allowed(right)) {
                    (Some(a), Some(b)) => {
                        Allowed { ranges: a.ranges.and(&b.ranges), is_exact: a.is_exact && b.is_exact }
                    }
                    (Some(one), None) | (None, Some(one)) => Allowed { is_exact: false, ..one },
                    (None, None) => return None,
                })
            }
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
                let (a, b) = (self.allowed(left)?, self.allowed(right)?);
                Some(Allowed { is_exact: a.is_exact && b.is_exact, ranges: a.ranges.or(b.ranges) })
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => match (literal(left), literal(right)) {
                (None, Some(value)) => self.compared(self.view(left)?, *op, value),
                (Some(value), None) => self.compared(self.view(right)?, op.swap()?, value),
                _ => None,
            },
            Expr::Between(Between { expr, negated, low, high }) => {
                let view = self.view(expr)?;
                let low = self.compared(view, Operator::GtEq, literal(low)?)?;
                let high = self.compared(view, Operator::LtEq, literal(high)?)?;
                let both = Allowed { ranges: low.ranges.and(&high.ranges), is_exact: low.is_exact && high.is_exact };
                if *negated { not(&both) } else { Some(both) }
            }
            Expr::InList(InList { expr, list, negated }) if list.len() <= MOST => {
                let view = self.view(expr)?;
                let mut any = Allowed { ranges: Ranges::none(), is_exact: true };
                for item in list {
                    let one = self.compared(view, Operator::Eq, literal(item)?)?;
                    any = Allowed { ranges: any.ranges.or(one.ranges), is_exact: any.is_exact && one.is_exact };
                }
                if *negated { not(&any) } else { Some(any) }
            }
            Expr::Not(inner) => self.allowed(inner).as_ref().and_then(not),
            Expr::IsNotNull(inner) if self.is_column(inner) => Some(Allowed { ranges: Ranges::all(), is_exact: true }),
            Expr::IsNull(inner) if self.is_column(inner) => Some(Allowed { ranges: Ranges::none(), is_exact: true }),
            _ => None,
        }
    }

    fn is_column(&self, expr: &Expr) -> bool {
        matches!(expr, Expr::Column(column) if column.name == self.name)
    }

    /// The column itself, or a cast of it that keeps values apart and in order.
    fn view<'a>(&'a self, expr: &'a Expr) -> Option<View<'a>> {
        match expr {
            Expr::Column(_) if self.is_column(expr) => Some(View { factor: 1, data_type: self.data_type }),
            Expr::Cast(Cast { expr, field, .. }) | Expr::TryCast(TryCast { expr, field }) if self.is_column(expr) => {
                let data_type = field.data_type();
                widening(self.data_type, data_type).map(|factor| View { factor, data_type })
            }
            _ => None,
        }
    }

    fn compared(&self, view: View<'_>, op: Operator, literal: &ScalarValue) -> Option<Allowed> {
        if literal.data_type() != *view.data_type {
            return None;
        }
        if view.factor == 1 {
            return compared(op, &self.of_same_shape(to_ordered(literal)?)?);
        }
        // The value between two of the column's: rounded to the one that gives the same answer.
        let OrderedValue::Int(ticks) = to_ordered(literal)? else { return None };
        let (below, is_between) = (ticks.div_euclid(view.factor), ticks.rem_euclid(view.factor) != 0);
        let below = OrderedValue::Int(below);
        match op {
            Operator::Eq if is_between => Some(Allowed { ranges: Ranges::none(), is_exact: true }),
            Operator::NotEq if is_between => Some(Allowed { ranges: Ranges::all(), is_exact: true }),
            Operator::GtEq if is_between => compared(Operator::Gt, &below),
            Operator::Lt if is_between => compared(Operator::LtEq, &below),
            _ => compared(op, &below),
        }
    }

    /// An integer as the column has it: signed or not.
    fn of_same_shape(&self, value: OrderedValue) -> Option<OrderedValue> {
        match value {
            OrderedValue::Int(value) if self.data_type.is_unsigned_integer() => {
                u64::try_from(value).ok().map(OrderedValue::UInt)
            }
            OrderedValue::UInt(value) if self.data_type.is_signed_integer() => {
                i64::try_from(value).ok().map(OrderedValue::Int)
            }
            value => Some(value),
        }
    }
}

/// Values that compare as `op` with `value`.
fn compared(op: Operator, value: &OrderedValue) -> Option<Allowed> {
    // To the engine one zero is less than the other: both pass, and it looks itself.
    let op = match op {
        Operator::Gt if is_float_zero(value) => Operator::GtEq,
        Operator::Lt if is_float_zero(value) => Operator::LtEq,
        Operator::NotEq if is_float_zero(value) => return None,
        op => op,
    };
    let ranges = match op {
        Operator::Eq => Ranges::point(value.clone()),
        Operator::NotEq => Ranges::point(value.clone()).complement(),
        Operator::Lt => Ranges::of(None, Some(value.clone())),
        Operator::LtEq => Ranges::up_to(value),
        Operator::Gt => Ranges::above(value),
        Operator::GtEq => Ranges::of(Some(value.clone()), None),
        _ => return None,
    };
    Some(Allowed { ranges, is_exact: !is_float_zero(value) })
}

/// What an exact filter keeps away.
fn not(allowed: &Allowed) -> Option<Allowed> {
    allowed.is_exact.then(|| Allowed { ranges: allowed.ranges.complement(), is_exact: true })
}

fn literal(expr: &Expr) -> Option<&ScalarValue> {
    match expr {
        Expr::Literal(value, _) if !value.is_null() => Some(value),
        _ => None,
    }
}

/// What values are multiplied by when they are cast; `None` for casts that do more.
fn widening(from: &DataType, to: &DataType) -> Option<i64> {
    match (from, to) {
        (DataType::Timestamp(from, zone), DataType::Timestamp(to, as_zone)) if zone == as_zone => {
            let (from, to) = (ticks(*from), ticks(*to));
            (to >= from).then(|| to / from)
        }
        (DataType::Date32, DataType::Timestamp(to, None)) => Some(86_400 * ticks(*to)),
        (from, to) if from.is_integer() && to.is_integer() => is_wider(from, to).then_some(1),
        (from, to) => (is_text(from) && is_text(to)).then_some(1),
    }
}

/// Whether every integer of `from` is one of `to`.
fn is_wider(from: &DataType, to: &DataType) -> bool {
    let bits = |of: &DataType| of.primitive_width().unwrap_or_default();
    match (from.is_signed_integer(), to.is_signed_integer()) {
        (true, false) => false,
        (false, true) => bits(to) > bits(from),
        _ => bits(to) >= bits(from),
    }
}

fn is_text(of: &DataType) -> bool {
    matches!(of, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn ticks(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}
