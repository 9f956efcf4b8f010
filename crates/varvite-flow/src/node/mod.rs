//! A node: a function with a name, what it reads and what it makes.

mod stateful;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::check::Check;
use crate::config::When;
use crate::flow_type::{FlowType, Item, Shape};
use crate::function::{Function, PlainFunction, RowOutcome, WholeOutcome};
use crate::kernel::{self, Kernel};
use crate::plain::Plain;
use crate::row::Element;
use crate::value::Value;
use crate::window::{Extent, WindowSpec};

/// A function with a name, what it reads and what it makes.
#[derive(Clone)]
pub struct Node {
    pub(crate) name: String,
    pub(crate) params: Vec<Param>,
    pub(crate) out: FlowType,
    pub(crate) kernel: Arc<dyn Kernel>,
    pub(crate) doc: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) version: u32,
    /// Which of several functions of its name it is; empty if there is one.
    pub(crate) variant: String,
    /// A hash of its function's code; 0 if it is not known.
    pub(crate) code: u64,
    pub(crate) checks: Vec<Check>,
    pub(crate) when: Vec<When>,
    pub(crate) fallback: bool,
    pub(crate) each: Vec<(String, Vec<(String, Binding)>)>,
    pub(crate) fields: Vec<Node>,
    pub(crate) is_stateful: bool,
    pub(crate) engine: Engine,
    /// What is wrong with its parameters, by their place.
    pub(crate) refused: Vec<(usize, String)>,
    /// Names that something was said of, and that are no parameter.
    pub(crate) unknown: Vec<String>,
}

/// Who computes what a node makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Engine {
    /// Its function.
    #[default]
    Function,
    /// Its function makes a lazy frame.
    Frame,
    /// Its function makes an expression, which an engine evaluates: of the frame that this parameter is, or of rows.
    #[cfg_attr(not(feature = "polars"), expect(dead_code, reason = "made with that feature alone"))]
    Expression { frame: Option<usize>, is_batchwise: bool },
}

/// One parameter of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name in the function.
    pub name: String,
    /// What it wants.
    pub flow_type: FlowType,
    /// Where its argument comes from.
    pub binding: Binding,
    /// What it is if there is neither a node nor an input.
    pub default: Option<Value>,
    pub(crate) part: ParamPart,
}

/// Whether a parameter is the function's own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ParamPart {
    /// It is.
    Own,
    /// It is a window over the times and keys that are read as these parameters.
    Window { extent: Extent, time: usize, keys: Vec<usize> },
    /// Times or keys of a window: the function does not see them.
    OfWindow,
}

/// Where an argument comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Binding {
    /// The node or the input of this name.
    Source(String),
    /// This value.
    Value(Value),
    /// All of these, as a list.
    Group(Vec<Binding>),
}

impl Binding {
    /// The node or the input of this name.
    pub fn source(name: impl Into<String>) -> Self {
        Self::Source(name.into())
    }

    /// This value.
    pub fn value(value: impl Into<Value>) -> Self {
        Self::Value(value.into())
    }
}

impl Node {
    /// A function of rows: `|age: f64, mean: Whole<f64>| age - *mean`.
    pub fn row<const N: usize, M: 'static, F>(name: impl Into<String>, params: [&str; N], f: F) -> Self
    where
        F: Function<M, N>,
        F::Out: RowOutcome,
    {
        let item = <F::Out as RowOutcome>::Element::ITEM;
        let out = FlowType { nullable: F::Out::NULLABLE, ..FlowType::row(item) };
        Self::new(name, named(params, F::types()), out, kernel::row(f)).refusing(F::refusals())
    }

    /// A function that is called once: `|age: Folded<Moments>| Whole(age.mean())`.
    pub fn whole<const N: usize, M: 'static, F>(name: impl Into<String>, params: [&str; N], f: F) -> Self
    where
        F: Function<M, N>,
        F::Out: WholeOutcome,
    {
        Self::new(name, named(params, F::types()), F::Out::flow_type(), kernel::whole(f)).refusing(F::refusals())
    }

    /// A function of values of any type, called once.
    pub fn value<const N: usize, M: 'static, F>(name: impl Into<String>, params: [&str; N], f: F) -> Self
    where
        F: PlainFunction<M, N>,
    {
        Self::new(name, named(params, F::types()), FlowType::of::<F::Out>(), kernel::plain(f))
    }

    /// A function whose types are known at run time, called once.
    pub fn dynamic<F>(name: impl Into<String>, params: Vec<(String, FlowType)>, out: FlowType, f: F) -> Self
    where
        F: Fn(&[&Value]) -> Result<Value, String> + Send + Sync + 'static,
    {
        Self::new(name, params, out, kernel::dynamic(f))
    }

    /// A function of rows whose types are known at run time; slow, since each row is a call with values.
    pub fn dynamic_row<F>(name: impl Into<String>, params: Vec<(String, FlowType)>, out: FlowType, f: F) -> Self
    where
        F: Fn(&[&Value]) -> Result<Value, String> + Send + Sync + 'static,
    {
        let sees_null = params.iter().map(|(_, ty)| ty.nullable || ty.shape != Shape::Row).collect();
        Self::new(name, params, out, kernel::dynamic_row(sees_null, f))
    }

    fn refusing<const N: usize>(mut self, refusals: [Option<String>; N]) -> Self {
        self.refused = (0..).zip(refusals).filter_map(|(at, why)| Some((at, why?))).collect();
        self
    }

    pub(crate) fn new(
        name: impl Into<String>,
        params: Vec<(String, FlowType)>,
        out: FlowType,
        kernel: Arc<dyn Kernel>,
    ) -> Self {
        let param = |(name, flow_type): (String, FlowType)| Param {
            binding: Binding::Source(name.clone()),
            name,
            flow_type,
            default: None,
            part: ParamPart::Own,
        };
        let engine = if is_frame(&out) { Engine::Frame } else { Engine::Function };
        Self {
            name: name.into(),
            params: params.into_iter().map(param).collect(),
            out,
            kernel,
            doc: String::new(),
            tags: BTreeMap::new(),
            version: 1,
            variant: String::new(),
            code: 0,
            checks: Vec::new(),
            when: Vec::new(),
            fallback: false,
            each: Vec::new(),
            fields: Vec::new(),
            is_stateful: false,
            engine,
            refused: Vec::new(),
            unknown: Vec::new(),
        }
    }

    /// Says what it is.
    pub fn with_doc(mut self, doc: impl Into<String>) -> Self {
        self.doc = doc.into();
        self
    }

    /// Adds a tag, by which it is found.
    pub fn with_tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Sets the version: fitted values of another version are refused. 1 unless told.
    pub fn with_version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Says which of several functions of its name it is: fitted values of another one are refused. Variants that a
    /// config chooses by [`when`](Self::when) say so themselves.
    pub fn with_variant(mut self, variant: impl Into<String>) -> Self {
        self.variant = variant.into();
        self
    }

    /// Says by a hash what its function does: fitted values of another one are refused. `#[dataflow]` tells it; what other
    /// functions do that this one calls is not in it, and for them there is [`with_version`](Self::with_version).
    pub fn with_code(mut self, hash: u64) -> Self {
        self.code = hash;
        self
    }

    /// Gives a parameter a default; a name that is no parameter is found when the graph is built.
    pub fn with_default(mut self, param: &str, default: impl Into<Value>) -> Self {
        let default = default.into();
        match self.params.iter_mut().find(|known| known.name == param) {
            Some(param) => param.default = Some(default),
            None => self.unknown.push(param.to_owned()),
        }
        self
    }

    /// Reads a parameter from elsewhere than the node of its name; a name that is no parameter is found when the graph is built.
    pub fn with_binding(mut self, param: &str, binding: Binding) -> Self {
        match self.params.iter_mut().find(|known| known.name == param) {
            Some(param) => param.binding = binding,
            None => self.unknown.push(param.to_owned()),
        }
        self
    }

    /// Says which rows a [`crate::Window`] parameter has; a name that is no parameter is found when the graph is built.
    pub fn with_window(mut self, param: &str, window: WindowSpec) -> Self {
        let Some(at) = self.params.iter().position(|known| known.name == param) else {
            self.unknown.push(param.to_owned());
            return self;
        };
        let time = self.params.len();
        let keys = (time + 1..=time + window.keys.len()).collect();
        self.params[at].part = ParamPart::Window { extent: window.extent, time, keys };
        let sources = [(format!("{param}: time"), window.time)].into_iter();
        let keys = window.keys.into_iter().map(|key| (format!("{param}: by {key}"), key));
        self.params.extend(sources.chain(keys).map(|(name, source)| Param {
            name,
            flow_type: FlowType::column(Item::Any),
            binding: Binding::Source(source),
            default: None,
            part: ParamPart::OfWindow,
        }));
        self
    }

    /// Adds a check of what it makes.
    pub fn with_check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// Makes it a variant: it is there only if the config says so. All conditions must hold.
    pub fn when(mut self, when: When) -> Self {
        self.when.push(when);
        self
    }

    /// Makes it the variant that is taken if no other fits.
    pub fn or_else(mut self) -> Self {
        self.fallback = true;
        self
    }

    /// Makes a node of another name with the same function, which reads some parameters from elsewhere. A node that
    /// has such is not there itself. With two or more of them it has no fields, whose names would be the same.
    pub fn each(
        mut self,
        name: impl Into<String>,
        bindings: impl IntoIterator<Item = (&'static str, Binding)>,
    ) -> Self {
        let bindings = bindings.into_iter().map(|(param, binding)| (param.to_owned(), binding)).collect();
        self.each.push((name.into(), bindings));
        self
    }

    /// The same, with names known at run time.
    pub fn each_of(mut self, name: impl Into<String>, bindings: Vec<(String, Binding)>) -> Self {
        self.each.push((name.into(), bindings));
        self
    }

    /// Adds a node that takes a part out of what this one makes.
    pub fn field<T: Plain, R: Plain>(
        mut self,
        name: impl Into<String>,
        take: impl Fn(&T) -> R + Send + Sync + 'static,
    ) -> Self {
        let whole = self.name.clone();
        let kernel = kernel::part(take);
        self.fields.push(Self::new(name, vec![(whole, FlowType::of::<T>())], FlowType::of::<R>(), kernel));
        self
    }

    /// Adds a node that takes a part out, of types known at run time; `None` says that the part is absent.
    pub fn dynamic_field(
        mut self,
        name: impl Into<String>,
        out: FlowType,
        take: impl Fn(&Value) -> Option<Value> + Send + Sync + 'static,
    ) -> Self {
        let params = vec![(self.name.clone(), self.out.clone())];
        self.fields.push(Self::new(name, params, out, kernel::field(take)));
        self
    }

    /// Adds a node for each of these columns of the frame, or of the record batch, that this one makes, under the
    /// column's name.
    pub fn columns<T: Element>(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        names.into_iter().fold(self, |node, name| {
            let name = name.into();
            node.column::<T>(name.clone(), name)
        })
    }

    /// Adds a node that is a column of the frame, or of the record batch, that this one makes, under a name of its own. A
    /// batch has as many rows then as the run has.
    pub fn column<T: Element>(self, name: impl Into<String>, column: impl Into<String>) -> Self {
        let (name, column) = (name.into(), column.into());
        #[cfg(feature = "polars")]
        if is_frame(&self.out) {
            return self.column_of_frame::<T>(name, column);
        }
        let take = move |made: &Value| made.as_batch()?.column_by_name(&column).cloned().map(Value::Column);
        self.dynamic_field(name, FlowType::column(T::ITEM), take)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it says about itself.
    pub fn doc(&self) -> &str {
        &self.doc
    }

    /// Its tags.
    pub fn tags(&self) -> &BTreeMap<String, String> {
        &self.tags
    }

    /// What it makes.
    pub fn flow_type(&self) -> &FlowType {
        &self.out
    }

    /// What it reads.
    pub fn params(&self) -> &[Param] {
        &self.params
    }
}

/// Whether something is a lazy frame.
#[cfg(feature = "polars")]
fn is_frame(of: &FlowType) -> bool {
    of.item == crate::lazy::frame_item()
}

#[cfg(not(feature = "polars"))]
fn is_frame(_of: &FlowType) -> bool {
    false
}

pub(crate) fn named<const N: usize>(names: [&str; N], types: [FlowType; N]) -> Vec<(String, FlowType)> {
    names.into_iter().map(str::to_owned).zip(types).collect()
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.name)?;
        for (at, param) in self.params.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{}: {}", param.name, param.flow_type)?;
        }
        write!(f, ") -> {}", self.out)
    }
}
