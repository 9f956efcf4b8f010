//! From a case to a graph: each function becomes a node with a closure.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};
use varvite_flow::{
    Binding, Check, Dataflow, FlowType, FoldType, Item, Module, Moments, Mount, Node, Severity, Shape, Value, When,
};

use super::body::Body;
use super::names::{Fields, Frame};
use super::{Calls, entries, names};

/// The graph of a case, and the functions of its nodes of rows.
pub(super) struct Built {
    pub(super) flow: varvite_flow::Result<Dataflow>,
    pub(super) rows: BTreeMap<String, String>,
}

struct Maker<'a> {
    calls: &'a Arc<Calls>,
    rows: BTreeMap<String, String>,
}

pub(super) fn flow(case: &Json, calls: &Arc<Calls>) -> Result<Built> {
    let mut maker = Maker { calls, rows: BTreeMap::new() };
    let mut builder = Dataflow::builder();
    for module in modules(&case["modules"])? {
        builder = builder.with(maker.module(&module)?);
    }
    for (key, value) in entries(&case["config"]) {
        builder = builder.config(key, names::value(value, names::declared(case, key).as_deref()));
    }
    if case["module_overrides"] == true {
        builder = builder.later_modules_replace();
    }
    Ok(Built { flow: builder.build(), rows: maker.rows })
}

/// The modules as lists of functions; a generated one is written out.
fn modules(modules: &Json) -> Result<Vec<Vec<Json>>> {
    if let Some(nodes) = modules["nodes"].as_u64() {
        let node = |at: u64| match at {
            0 => json!({"fn": "n0", "in": {"x": "i64"}, "out": "i64", "op": {"arg": "x"}}),
            at => {
                let before = format!("n{}", at - 1);
                json!({"fn": format!("n{at}"), "in": {before.clone(): "i64"}, "out": "i64", "op": ["add", {"arg": before}, 1]})
            }
        };
        return Ok(vec![(0..nodes).map(node).collect()]);
    }
    let modules = modules.as_array().context("modules are a list")?;
    modules.iter().map(|module| module.as_array().cloned().context("a module is a list")).collect()
}

impl Maker<'_> {
    fn module(&mut self, functions: &[Json]) -> Result<Module> {
        let mut module = Module::new();
        // What starts with an underscore is no node, as in a module whose functions are attributed.
        for function in functions.iter().filter(|function| !name(function).starts_with('_')) {
            if let Some(subgraph) = function.get("subdag") {
                module = module.mount(self.mount(functions, function, subgraph)?);
            }
            if let Some(columns) = function.get("with_columns") {
                module = module.mount(self.columns(functions, function, columns)?);
            }
            module = module.nodes(self.nodes(functions, function)?);
        }
        Ok(module)
    }

    /// The nodes of one function: itself, and the steps of its pipes.
    fn nodes(&mut self, functions: &[Json], function: &Json) -> Result<Vec<Node>> {
        let mut node = self.node(function, name(function))?;
        let own = node.name().to_owned();
        if let Some(subgraph) = function.get("subdag") {
            // What the function does not read of the subgraph is read within it alone.
            let is_read = |inner: &String| function["in"].get(inner).is_some();
            for inner in list(&subgraph["of"]).into_iter().filter(is_read) {
                node = node.with_binding(&inner, Binding::Source(format!("{own}.{inner}")));
            }
        }
        let first = node.params().first().map(|param| param.name.clone());
        if let (Some(_), Some(first)) = (function.get("with_columns"), &first) {
            node = node.with_binding(first, Binding::Source(format!("{own}.{first}")));
        }
        let mut nodes = Vec::new();
        if let (Some(Json::Array(steps)), Some(first)) = (function.get("pipe_input"), &first) {
            let last = self.pipe(functions, steps, &own, first.clone(), &mut nodes)?;
            node = node.with_binding(first, Binding::Source(last));
        }
        if let Some(Json::Array(steps)) = function.get("pipe_output") {
            let raw = format!("{own}.raw");
            nodes.push(self.node(function, &raw)?);
            let last = self.pipe(functions, steps, &own, raw, &mut nodes)?;
            let params = vec![("made".to_owned(), node.flow_type().clone())];
            let same = Node::dynamic(&own, params, node.flow_type().clone(), |args| Ok(args[0].clone()));
            node = same.with_binding("made", Binding::Source(last));
        }
        nodes.push(node);
        Ok(nodes)
    }

    /// Steps as nodes, each of which reads the one before. Returns the last.
    fn pipe(
        &mut self,
        functions: &[Json],
        steps: &[Json],
        own: &str,
        mut last: String,
        nodes: &mut Vec<Node>,
    ) -> Result<String> {
        for (at, step) in steps.iter().enumerate() {
            let function =
                functions.iter().find(|function| function["fn"] == step["fn"]).context("a step's function")?;
            let step_name = format!("{own}.step{at}");
            let mut node = self.node(function, &step_name)?;
            // JSON's members have no order here: the first parameter is the one that is not told.
            let mut names = node.params().iter().map(|param| &param.name);
            let first = names.find(|name| step["args"].get(name.as_str()).is_none());
            let first = first.context("a step has a parameter")?.clone();
            let place = node.params().iter().position(|param| param.name == first).unwrap_or_default();
            node = node.with_binding(&first, Binding::Source(last.clone()));
            for (param, told) in entries(&step["args"]) {
                node = node.with_binding(param, binding(told)?);
            }
            if step["when"].is_object() {
                // A step that the config leaves out hands on what it is given.
                let params = vec![(first.clone(), node.params()[place].flow_type.clone())];
                let same = Node::dynamic(&step_name, params, node.flow_type().clone(), |args| Ok(args[0].clone()));
                nodes.push(same.with_binding(&first, Binding::Source(last)).or_else());
                for (key, wanted) in entries(&step["when"]) {
                    node = node.when(when("when", key, wanted)?);
                }
            }
            nodes.push(node);
            last = step_name;
        }
        Ok(last)
    }

    fn mount(&mut self, functions: &[Json], function: &Json, subgraph: &Json) -> Result<Mount> {
        let of = list(&subgraph["of"]);
        let inner: Vec<Json> =
            functions.iter().filter(|inner| of.iter().any(|of| inner["fn"] == of.as_str())).cloned().collect();
        let mut mount = Mount::new(name(function), self.module(&inner)?);
        for (input, told) in entries(&subgraph["inputs"]) {
            mount = mount.wire(input, binding(told)?);
        }
        for (key, value) in entries(&subgraph["config"]) {
            mount = mount.with_config(key, names::value(value, None));
        }
        Ok(mount)
    }

    /// A small graph over the columns of a frame: its columns, the functions, and the frame with their columns.
    fn columns(&mut self, functions: &[Json], function: &Json, told: &Json) -> Result<Mount> {
        let own = name(function);
        let (frame, _) = entries(&function["in"]).next().context("a frame is read")?;
        let of = list(&told["of"]);
        let inner: Vec<Json> =
            functions.iter().filter(|inner| of.iter().any(|of| inner["fn"] == of.as_str())).cloned().collect();
        let mut module = self.module(&inner)?;
        for function in &of {
            self.rows.insert(format!("{own}.{function}"), function.clone());
        }
        let given = "given";
        for column in list(&told["columns"]) {
            let params = vec![(given.to_owned(), names::flow_type("frame")?)];
            let wanted = column.clone();
            let take =
                move |args: &[&Value]| part(args[0], &wanted).ok_or_else(|| format!("there is no column `{wanted}`"));
            module = module.node(Node::dynamic(column, params, FlowType::column(Item::F64), take));
        }
        let select = list(&told["select"]);
        let mut params = vec![(given.to_owned(), names::flow_type("frame")?)];
        params.extend(select.iter().map(|name| (name.clone(), FlowType::column(Item::F64))));
        let append = move |args: &[&Value]| {
            let mut frame = args[0].downcast_ref::<Frame>().cloned().ok_or("no frame")?;
            for (name, value) in select.iter().zip(&args[1..]) {
                if let Value::Column(column) = value {
                    frame.0.retain(|(known, _)| known != name);
                    frame.0.push((name.clone(), column.clone()));
                }
            }
            Ok(Value::other(frame))
        };
        module = module.node(Node::dynamic(frame, params, names::flow_type("frame")?, append));
        Ok(Mount::new(own, module).wire(given, Binding::source(frame)))
    }

    /// One function as a node.
    fn node(&mut self, function: &Json, own: &str) -> Result<Node> {
        let label = function["fn"].as_str().context("a function has a name")?.to_owned();
        let op = &function["op"];
        let out = names::flow_type(function["out"].as_str().unwrap_or("any"))?;
        let mut params = Vec::new();
        for (name, ty) in entries(&function["in"]) {
            params.push((name.clone(), names::flow_type(ty.as_str().unwrap_or("any"))?));
        }
        let body = Body { op: op.clone(), params: params.iter().map(|(name, _)| name.clone()).collect() };
        let reads_rows = params.iter().any(|(_, ty)| ty.shape == Shape::Row);
        let is_whole = uses(op, &["mean", "std", "sum"]);
        let calls = Arc::clone(self.calls);
        let counted = move |args: &[&Value]| {
            calls.note(&label);
            body.call(args)
        };
        let node = if out.shape == Shape::Row && reads_rows && !is_whole {
            self.rows.insert(own.to_owned(), function["fn"].as_str().unwrap_or_default().to_owned());
            let body = Body { op: op.clone(), params: params.iter().map(|(name, _)| name.clone()).collect() };
            Node::dynamic_row(own, params, out, move |args| body.call(args))
        } else {
            let folds = is_whole && out.shape != Shape::Row;
            for (_, ty) in params.iter_mut().filter(|(_, ty)| ty.shape == Shape::Row) {
                ty.shape = if folds { Shape::Folded(FoldType::of::<Moments>()) } else { Shape::Column };
            }
            let out = if out.shape == Shape::Row { FlowType::column(out.item) } else { out };
            Node::dynamic(own, params, out, counted)
        };
        decorated(node, function)
    }
}

/// What stands beside a function: defaults, variants, parameters, parts, checks, tags.
fn decorated(mut node: Node, function: &Json) -> Result<Node> {
    for (param, default) in entries(&function["defaults"]) {
        node = node.with_default(param, names::value(default, function["in"][param].as_str()));
    }
    for condition in function["when"].as_array().into_iter().flatten() {
        for (key, wanted) in entries(&condition[1]) {
            node = node.when(when(condition[0].as_str().unwrap_or_default(), key, wanted)?);
        }
    }
    for (made, params) in entries(&function["parameterize"]) {
        let bindings = entries(params).map(|(param, told)| Ok((param.clone(), binding(told)?)));
        node = node.each_of(made, bindings.collect::<Result<_>>()?);
    }
    for (field, ty) in entries(&function["extract_fields"]) {
        let wanted = field.clone();
        let ty = names::flow_type(ty.as_str().unwrap_or("any"))?;
        node = node.dynamic_field(field, ty, move |value| part(value, &wanted));
    }
    for column in list(&function["extract_columns"]) {
        let wanted = column.clone();
        node = node.dynamic_field(column, FlowType::column(Item::F64), move |value| part(value, &wanted));
    }
    for (key, value) in entries(&function["tags"]) {
        node = node.with_tag(key, value.as_str().unwrap_or_default());
    }
    let checks = match &function["check"] {
        Json::Array(checks) => checks.clone(),
        Json::Null => Vec::new(),
        check => vec![check.clone()],
    };
    checks.iter().try_fold(node, |node, told| Ok(check(told)?.into_iter().fold(node, Node::with_check)))
}

fn check(told: &Json) -> Result<Vec<Check>> {
    let severity = if told["importance"] == "fail" { Severity::Fail } else { Severity::Warn };
    let mut checks = Vec::new();
    if let Some([low, high]) = told["range"].as_array().map(Vec::as_slice) {
        let (low, high) = (low.as_f64().context("a bound")?, high.as_f64().context("a bound")?);
        checks.push(Check::range(low..=high));
    }
    if let Some(values) = told["values_in"].as_array() {
        checks.push(Check::one_of(values.iter().map(|value| names::value(value, None))));
    }
    if told["allow_nans"] == false {
        checks.push(Check::with("is a number", |value| value.as_f64().is_some_and(|value| !value.is_nan())));
        checks.push(Check::null_fraction(0.0));
    }
    Ok(checks.into_iter().map(|check| check.with_severity(severity)).collect())
}

fn when(kind: &str, key: &str, wanted: &Json) -> Result<When> {
    let value = names::value(wanted, None);
    let values = || wanted.as_array().into_iter().flatten().map(|wanted| names::value(wanted, None)).collect();
    Ok(match kind {
        "when" => When::Is(key.to_owned(), value),
        "when_not" => When::IsNot(key.to_owned(), value),
        "when_in" => When::In(key.to_owned(), values()),
        "when_not_in" => When::NotIn(key.to_owned(), values()),
        other => anyhow::bail!("unknown condition `{other}`"),
    })
}

fn binding(told: &Json) -> Result<Binding> {
    if let Some(source) = told["source"].as_str() {
        return Ok(Binding::source(source));
    }
    if let Some(group) = told["group"].as_array() {
        return Ok(Binding::Group(group.iter().map(binding).collect::<Result<_>>()?));
    }
    let value = told.get("value").with_context(|| format!("{told} is neither a source, a value nor a group"))?;
    Ok(Binding::Value(names::value(value, None)))
}

/// A field or a column.
fn part(value: &Value, name: &str) -> Option<Value> {
    if let Some(fields) = value.downcast_ref::<Fields>() {
        return fields.0.get(name).cloned();
    }
    let frame = value.downcast_ref::<Frame>()?;
    frame.0.iter().find(|(known, _)| known == name).map(|(_, column)| Value::Column(column.clone()))
}

/// A function's name as a node; what follows the last `__` tells variants apart.
fn name(function: &Json) -> &str {
    let name = function["fn"].as_str().unwrap_or_default();
    if function.get("when").is_none() {
        return name;
    }
    name.rfind("__").map_or(name, |at| &name[..at])
}

fn uses(op: &Json, names: &[&str]) -> bool {
    match op {
        Json::Array(list) => {
            list.first().and_then(Json::as_str).is_some_and(|name| names.contains(&name))
                || list.iter().any(|op| uses(op, names))
        }
        Json::Object(object) => object.values().any(|op| uses(op, names)),
        _ => false,
    }
}

fn list(names: &Json) -> Vec<String> {
    names.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
}
