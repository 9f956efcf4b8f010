//! [`Node`] and the types of columns to [`Typed`]: every decision that does not depend on values is made here.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType as Arrow, Schema};
use arrow::error::ArrowError;
use varvite_schema::DataType;

use super::function::{Arithmetic, Function, Math, Part, Whole};
use super::kernels::{choose, compare, convert, decimal, math, text, time};
use super::syntax::{Literal, Node};
use super::types::{Class, class, common, digits, named, refuse_cast};
use super::value::{Kernel, Value};

/// A part of an expression with its type, and how it is computed.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) data_type: Arrow,
    step: Step,
}

#[derive(Debug, Clone)]
enum Step {
    /// A column, whose type in the table may be another one for the same values.
    Column {
        name: String,
        given: Arrow,
    },
    /// One value for all rows.
    Constant(ArrayRef),
    Call {
        kernel: Kernel,
        arguments: Vec<Typed>,
    },
}

type Compiled<T = Typed> = Result<T, String>;

impl Typed {
    /// Whether a table has the columns that this was compiled for.
    pub(super) fn check(&self, rows: &RecordBatch) -> Result<(), String> {
        match &self.step {
            Step::Constant(_) => Ok(()),
            Step::Call { arguments, .. } => arguments.iter().try_for_each(|argument| argument.check(rows)),
            Step::Column { name, given } => match rows.column_by_name(name).map(Array::data_type) {
                Some(found) if found == given => Ok(()),
                Some(found) => Err(format!("column `{name}` is {found}, and was {given} when this was compiled")),
                None => Err(unknown_column(name, rows.schema_ref())),
            },
        }
    }

    pub(super) fn evaluate(&self, rows: &RecordBatch) -> Result<Value, ArrowError> {
        match &self.step {
            Step::Constant(value) => Ok(Value::scalar(Arc::clone(value))),
            Step::Call { kernel, arguments } => {
                let values = arguments.iter().map(|argument| argument.evaluate(rows)).collect::<Result<Vec<_>, _>>()?;
                kernel.run(&values, rows.num_rows())
            }
            Step::Column { name, .. } => {
                let column = rows
                    .column_by_name(name)
                    .ok_or_else(|| ArrowError::SchemaError(format!("there is no column `{name}`")))?;
                let array = convert::as_ours(column, &self.data_type)?;
                Ok(Value { array, is_scalar: false })
            }
        }
    }

    fn constant(array: ArrayRef) -> Self {
        Self { data_type: array.data_type().clone(), step: Step::Constant(array) }
    }

    /// The outcome of a kernel; computed at once where nothing depends on a row.
    fn call(data_type: Arrow, kernel: Kernel, arguments: Vec<Self>) -> Compiled {
        let constants: Option<Vec<Value>> = arguments.iter().map(Self::value).collect();
        let step = match constants {
            None => Step::Call { kernel, arguments },
            Some(values) => Step::Constant(kernel.run(&values, 1).map_err(|error| error.to_string())?.array),
        };
        Ok(Self { data_type, step })
    }

    fn value(&self) -> Option<Value> {
        match &self.step {
            Step::Constant(array) => Some(Value::scalar(Arc::clone(array))),
            _ => None,
        }
    }

    fn is_null_constant(&self) -> bool {
        self.value().is_some_and(|value| value.array.logical_null_count() > 0)
    }

    fn class(&self) -> Class {
        class(&self.data_type)
    }

    /// The same values in another type that holds them.
    fn into_type(self, wanted: &Arrow) -> Compiled {
        if self.data_type == *wanted {
            return Ok(self);
        }
        let kernel = convert::kernel(&self.data_type, wanted);
        Self::call(wanted.clone(), kernel, vec![self])
    }
}

/// Gives the parts of an expression over these columns their types.
///
/// # Errors
/// What does not fit.
pub(super) fn compile(node: &Node, schema: &Schema) -> Compiled {
    match node {
        Node::Literal(literal) => Ok(Typed::constant(constant(literal))),
        Node::Column(name) => column(name, schema),
        Node::Cast(inner, wanted) => cast(inner, wanted, schema),
        Node::Case { operand, whens, otherwise } => case(operand.as_deref(), whens, otherwise.as_deref(), schema),
        Node::Call(function, nodes) => {
            let arguments = nodes.iter().map(|node| compile(node, schema)).collect::<Compiled<Vec<_>>>()?;
            Call { function: *function, nodes }.compile(arguments)
        }
    }
}

/// An integer has the narrowest type that holds it: next to a column it does not change the type of that.
fn constant(literal: &Literal) -> ArrayRef {
    match literal {
        Literal::Null => arrow::array::new_null_array(&Arrow::Null, 1),
        Literal::Boolean(value) => Arc::new(BooleanArray::from(vec![*value])),
        Literal::Integer(value) => match i32::try_from(*value) {
            Ok(value) => Arc::new(Int32Array::from(vec![value])),
            Err(_) => Arc::new(Int64Array::from(vec![*value])),
        },
        Literal::Float(value) => Arc::new(Float64Array::from(vec![*value])),
        Literal::Text(value) => Arc::new(StringArray::from(vec![value.as_str()])),
    }
}

fn column(name: &str, schema: &Schema) -> Compiled {
    let field = schema.field_with_name(name).map_err(|_| unknown_column(name, schema))?;
    let given = field.data_type().clone();
    let data_type = match &given {
        Arrow::Null => Arrow::Null,
        given => {
            let ours = DataType::from_arrow_values(given).map_err(|error| format!("column `{name}`: {error}"))?;
            if !ours.is_scalar() {
                return Err(format!("column `{name}` is {ours}: expressions take single values"));
            }
            ours.to_arrow()
        }
    };
    Ok(Typed { data_type, step: Step::Column { name: name.to_owned(), given } })
}

fn unknown_column(name: &str, schema: &Schema) -> String {
    let names = || schema.fields().iter().map(|field| field.name().as_str());
    let known: Vec<String> = names().map(|name| format!("`{name}`")).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("there is no column `{name}`{}: there is {known}", super::types::meant(name, names()))
}

fn cast(inner: &Node, wanted: &DataType, schema: &Schema) -> Compiled {
    let from = compile(inner, schema)?;
    let to = wanted.to_arrow();
    if let Some(reason) = refuse_cast(&from.data_type, &to) {
        return Err(format!("{inner}: {reason}"));
    }
    let is_literal = matches!(inner, Node::Literal(literal) if *literal != Literal::Null);
    let made = from.into_type(&to)?;
    // A value of a row may be anything; a literal that is no value of the type is a mistake.
    if is_literal && made.is_null_constant() {
        return Err(format!("{inner} is no {wanted}"));
    }
    Ok(made)
}

fn case(operand: Option<&Node>, whens: &[(Node, Node)], otherwise: Option<&Node>, schema: &Schema) -> Compiled {
    let part = |node: &Node| compile(node, schema);
    let mut conditions = whens.iter().map(|(when, _)| part(when)).collect::<Compiled<Vec<_>>>()?;
    let mut results = whens.iter().map(|(_, then)| part(then)).collect::<Compiled<Vec<_>>>()?;
    results.push(otherwise.map_or_else(|| Ok(Typed::constant(constant(&Literal::Null))), part)?);
    let names: Vec<&Node> = whens.iter().map(|(_, then)| then).chain(otherwise).collect();
    let (wanted, results) = unified("case", results, &names)?;
    let has_operand = operand.is_some();
    if let Some(operand) = operand {
        conditions.insert(0, part(operand)?);
        let names: Vec<&Node> = std::iter::once(operand).chain(whens.iter().map(|(when, _)| when)).collect();
        conditions = comparable("case", conditions, &names)?;
    } else {
        let condition = |(condition, (when, _)): (Typed, &(Node, Node))| boolean("when", condition, when);
        conditions = conditions.into_iter().zip(whens).map(condition).collect::<Compiled<_>>()?;
    }
    let conditions_end = conditions.len();
    let arguments = conditions.into_iter().chain(results).collect();
    Typed::call(wanted, choose::case(has_operand, conditions_end), arguments)
}

/// One type for all of them.
fn unified(what: &str, parts: Vec<Typed>, names: &[&Node]) -> Compiled<(Arrow, Vec<Typed>)> {
    let mut wanted = Arrow::Null;
    for (at, part) in parts.iter().enumerate() {
        wanted = common(&wanted, &part.data_type).ok_or_else(|| {
            let name = names.get(at).map(ToString::to_string).unwrap_or_default();
            let hint = time_hint(&wanted, &part.data_type);
            format!(
                "`{what}` takes values of one type: {name} is {}, not {}{hint}",
                named(&part.data_type),
                named(&wanted)
            )
        })?;
    }
    let parts = parts.into_iter().map(|part| part.into_type(&wanted)).collect::<Compiled<_>>()?;
    Ok((wanted, parts))
}

/// Values that can be compared with each other: times as instants, floats with one zero and one NaN.
fn comparable(what: &str, parts: Vec<Typed>, names: &[&Node]) -> Compiled<Vec<Typed>> {
    let times: Vec<&Arrow> = parts.iter().map(|part| &part.data_type).filter(|one| class(one) == Class::Time).collect();
    let differ = times.windows(2).any(|pair| pair[0] != pair[1]);
    let all_times = parts.iter().all(|part| matches!(part.class(), Class::Time | Class::Null));
    if differ && all_times {
        return parts.into_iter().map(instant).collect();
    }
    let (wanted, parts) = unified(what, parts, names)?;
    if class(&wanted) == Class::Float {
        return parts
            .into_iter()
            .map(|part| Typed::call(wanted.clone(), math::one_zero(&wanted), vec![part]))
            .collect();
    }
    Ok(parts)
}

/// A time as nanoseconds since the epoch, in a type that holds all of every unit.
fn instant(part: Typed) -> Compiled {
    let kernel = convert::instants(&part.data_type);
    Typed::call(convert::INSTANT, kernel, vec![part])
}

fn time_hint(a: &Arrow, b: &Arrow) -> &'static str {
    match (class(a), class(b)) {
        (Class::Time, Class::Text) | (Class::Text, Class::Time) => ": write TIMESTAMP '2024-03-01 12:00:00'",
        _ => "",
    }
}

fn boolean(what: &str, part: Typed, node: &Node) -> Compiled {
    match part.class() {
        Class::Boolean => Ok(part),
        Class::Null => part.into_type(&Arrow::Boolean),
        _ => Err(format!("`{what}` takes booleans, and {node} is {}", named(&part.data_type))),
    }
}

/// A call whose arguments are compiled.
struct Call<'a> {
    function: Function,
    nodes: &'a [Node],
}

impl Call<'_> {
    fn compile(&self, arguments: Vec<Typed>) -> Compiled {
        let nodes: Vec<&Node> = self.nodes.iter().collect();
        let name = self.function.to_string();
        match self.function {
            Function::Arithmetic(operator) => self.arithmetic(operator, arguments),
            Function::Negate => self.negate(arguments),
            Function::Compare(comparison) => {
                let arguments = comparable(&name, arguments, &nodes)?;
                Typed::call(Arrow::Boolean, compare::comparison(comparison), arguments)
            }
            Function::And => Typed::call(Arrow::Boolean, compare::and(), self.booleans(arguments)?),
            Function::Or => Typed::call(Arrow::Boolean, compare::or(), self.booleans(arguments)?),
            Function::Not => Typed::call(Arrow::Boolean, compare::not(), self.booleans(arguments)?),
            Function::Is(wanted) => Typed::call(Arrow::Boolean, compare::is(wanted), self.booleans(arguments)?),
            Function::IsNull => Typed::call(Arrow::Boolean, compare::is_null(), arguments),
            Function::IsNotNull => Typed::call(Arrow::Boolean, compare::is_not_null(), arguments),
            Function::Between => {
                let arguments = comparable(&name, arguments, &nodes)?;
                Typed::call(Arrow::Boolean, compare::between(), arguments)
            }
            Function::In => {
                let arguments = comparable(&name, arguments, &nodes)?;
                Typed::call(Arrow::Boolean, compare::is_in(), arguments)
            }
            Function::Nullif => {
                let result = arguments[0].clone();
                let mut arguments = comparable(&name, arguments, &nodes)?;
                let data_type = result.data_type.clone();
                arguments.push(result);
                Typed::call(data_type, choose::nullif(), arguments)
            }
            Function::Coalesce => {
                let (data_type, arguments) = unified(&name, arguments, &nodes)?;
                Typed::call(data_type, choose::coalesce(), arguments)
            }
            Function::Least | Function::Greatest => self.extreme(arguments),
            Function::Math(function) => self.math(function, arguments),
            Function::Whole(function) => self.whole(function, arguments),
            Function::Round => self.round(arguments),
            Function::Power => Typed::call(Arrow::Float64, math::power(), self.doubles(arguments)?),
            Function::Lower => Typed::call(Arrow::Utf8, text::lower(), self.texts(arguments)?),
            Function::Upper => Typed::call(Arrow::Utf8, text::upper(), self.texts(arguments)?),
            Function::Length => Typed::call(Arrow::Int64, text::length(), self.texts(arguments)?),
            Function::Trim(side) => Typed::call(Arrow::Utf8, text::trim(side), self.texts(arguments)?),
            Function::Join => Typed::call(Arrow::Utf8, text::join(), self.texts(arguments)?),
            Function::Substring => self.substring(arguments),
            Function::Concat => {
                let arguments =
                    arguments.into_iter().map(|part| part.into_type(&Arrow::Utf8)).collect::<Compiled<_>>()?;
                Typed::call(Arrow::Utf8, text::concat(), arguments)
            }
            Function::Extract(part) => self.extract(part, arguments),
        }
    }

    fn refuse(&self, takes: &str, at: usize, found: &Arrow) -> String {
        let hint = match (class(found), takes) {
            (Class::Time, "numbers") => ": `extract(epoch from ...)` gives seconds",
            _ => "",
        };
        let node = self.nodes.get(at).map(ToString::to_string).unwrap_or_default();
        format!("`{}` takes {takes}, and {node} is {}{hint}", self.function, named(found))
    }

    /// Checks that each argument is of a class, or null.
    fn all(&self, takes: &str, arguments: &[Typed], fits: impl Fn(Class) -> bool) -> Compiled<()> {
        let wrong = arguments.iter().position(|part| part.class() != Class::Null && !fits(part.class()));
        wrong.map_or(Ok(()), |at| Err(self.refuse(takes, at, &arguments[at].data_type)))
    }

    fn each(
        &self,
        takes: &str,
        arguments: Vec<Typed>,
        fits: impl Fn(Class) -> bool,
        to: &Arrow,
    ) -> Compiled<Vec<Typed>> {
        self.all(takes, &arguments, fits)?;
        arguments.into_iter().map(|part| part.into_type(to)).collect()
    }

    fn booleans(&self, arguments: Vec<Typed>) -> Compiled<Vec<Typed>> {
        self.each("booleans", arguments, |class| class == Class::Boolean, &Arrow::Boolean)
    }

    fn texts(&self, arguments: Vec<Typed>) -> Compiled<Vec<Typed>> {
        self.each("text", arguments, |class| class == Class::Text, &Arrow::Utf8)
    }

    fn doubles(&self, arguments: Vec<Typed>) -> Compiled<Vec<Typed>> {
        self.each("numbers", arguments, Class::is_number, &Arrow::Float64)
    }

    fn arithmetic(&self, operator: Arithmetic, arguments: Vec<Typed>) -> Compiled {
        self.all("numbers", &arguments, Class::is_number)?;
        let has = |class: Class| arguments.iter().any(|part| part.class() == class);
        if has(Class::Float) || (has(Class::Decimal) && operator == Arithmetic::Divide) {
            return Typed::call(Arrow::Float64, math::doubles(operator), self.doubles(arguments)?);
        }
        if !has(Class::Decimal) {
            let to = |part: Typed| part.into_type(&Arrow::Int64);
            let arguments = arguments.into_iter().map(to).collect::<Compiled<_>>()?;
            return Typed::call(Arrow::Int64, math::integers(operator), arguments);
        }
        let types: Vec<Arrow> = arguments.iter().map(|part| part.data_type.clone()).collect();
        let (a, b) = (digits(&types[0]), digits(&types[1]));
        let plan = decimal::plan(operator, a, b).map_err(|reason| format!("`{}`: {reason}", self.function))?;
        let convert = |(part, scale): (Typed, u8)| part.into_type(&Arrow::Decimal256(76, scale.cast_signed()));
        let arguments = arguments.into_iter().zip(plan.scales).map(convert).collect::<Compiled<_>>()?;
        let data_type = plan.result.clone();
        Typed::call(data_type, decimal::kernel(operator, plan.result), arguments)
    }

    fn negate(&self, arguments: Vec<Typed>) -> Compiled {
        self.all("numbers", &arguments, Class::is_number)?;
        match arguments[0].class() {
            Class::Float => Typed::call(Arrow::Float64, math::negate_doubles(), self.doubles(arguments)?),
            Class::Decimal => {
                let data_type = arguments[0].data_type.clone();
                Typed::call(data_type, math::negate(), arguments)
            }
            _ => {
                let arguments = self.each("numbers", arguments, Class::is_number, &Arrow::Int64)?;
                Typed::call(Arrow::Int64, math::negate_integers(), arguments)
            }
        }
    }

    fn extreme(&self, arguments: Vec<Typed>) -> Compiled {
        let nodes: Vec<&Node> = self.nodes.iter().collect();
        let name = self.function.to_string();
        let (data_type, arguments) = unified(&name, arguments, &nodes)?;
        let arguments = comparable(&name, arguments, &nodes)?;
        Typed::call(data_type, choose::extreme(self.function == Function::Least), arguments)
    }

    fn math(&self, function: Math, arguments: Vec<Typed>) -> Compiled {
        Typed::call(Arrow::Float64, math::function(function), self.doubles(arguments)?)
    }

    fn whole(&self, function: Whole, arguments: Vec<Typed>) -> Compiled {
        self.all("numbers", &arguments, Class::is_number)?;
        let given = arguments[0].data_type.clone();
        match (class(&given), function) {
            (Class::Float, Whole::Sign) => Typed::call(Arrow::Int32, math::sign_of_doubles(), self.doubles(arguments)?),
            (Class::Float, _) => Typed::call(Arrow::Float64, math::whole_doubles(function), self.doubles(arguments)?),
            (Class::Decimal, _) => {
                let data_type = decimal::whole_type(function, &given);
                Typed::call(data_type.clone(), decimal::whole(function, &given, data_type), arguments)
            }
            (_, function) => {
                let arguments = self.each("numbers", arguments, Class::is_number, &Arrow::Int64)?;
                let data_type = if function == Whole::Sign { Arrow::Int32 } else { Arrow::Int64 };
                Typed::call(data_type, math::whole_integers(function), arguments)
            }
        }
    }

    fn round(&self, mut arguments: Vec<Typed>) -> Compiled {
        self.all("numbers", &arguments, Class::is_number)?;
        let given = arguments[0].data_type.clone();
        if let Some(places) = arguments.get(1) {
            if class(&given) == Class::Decimal {
                return Err("`round` takes a decimal alone: cast it to the decimal that is meant".to_owned());
            }
            if !matches!(places.class(), Class::Integer | Class::Null) {
                return Err(self.refuse("a number of places as integer", 1, &places.data_type));
            }
        }
        if class(&given) == Class::Decimal {
            let data_type = decimal::whole_type(Whole::Ceil, &given);
            return Typed::call(data_type.clone(), decimal::round(&given, data_type), arguments);
        }
        let wanted = if class(&given) == Class::Float { Arrow::Float64 } else { Arrow::Int64 };
        if arguments.len() == 1 {
            arguments.push(Typed::constant(Arc::new(Int64Array::from(vec![0]))));
        }
        let convert = |(part, wanted): (Typed, &Arrow)| part.into_type(wanted);
        let arguments = arguments.into_iter().zip([&wanted, &Arrow::Int64]).map(convert).collect::<Compiled<_>>()?;
        let kernel = if wanted == Arrow::Float64 { math::round_doubles() } else { math::round_integers() };
        Typed::call(wanted, kernel, arguments)
    }

    fn substring(&self, arguments: Vec<Typed>) -> Compiled {
        self.all("text first", &arguments[..1], |class| class == Class::Text)?;
        let mut made = Vec::with_capacity(arguments.len());
        for (at, part) in arguments.into_iter().enumerate() {
            if at > 0 && !matches!(part.class(), Class::Integer | Class::Null) {
                return Err(self.refuse("integers after the text", at, &part.data_type));
            }
            made.push(part.into_type(if at == 0 { &Arrow::Utf8 } else { &Arrow::Int64 })?);
        }
        Typed::call(Arrow::Utf8, text::substring(), made)
    }

    fn extract(&self, part: Part, arguments: Vec<Typed>) -> Compiled {
        self.all("times", &arguments, |class| class == Class::Time)?;
        let argument = arguments.into_iter().next().ok_or("it takes a time")?;
        let argument = match argument.class() {
            Class::Null => argument.into_type(&Arrow::Date32)?,
            _ => argument,
        };
        let data_type = if part == Part::Epoch { Arrow::Float64 } else { Arrow::Int32 };
        let kernel = time::part(part, &argument.data_type);
        Typed::call(data_type, kernel, vec![argument])
    }
}
