//! Single rows by type.

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;

use super::names::Inputs;
use super::request::{self, Request};
use crate::context::{Fitted, Online};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::graph::Dataflow;
use crate::value::Value;

/// An [`Online`] that takes rows and gives answers by type. Clone it for each thread.
pub struct TypedOnline<R> {
    online: Online,
    /// For the type of rows that came last: the place of each wanted input among its fields.
    order: Option<(TypeId, Vec<usize>)>,
    /// The fields of a row.
    fields: Vec<Value>,
    /// The same in the order that the graph wants.
    given: Vec<Value>,
    request: PhantomData<fn() -> R>,
}

impl<R> Clone for TypedOnline<R> {
    fn clone(&self) -> Self {
        let Self { online, order, fields, given, request } = self;
        Self {
            online: online.clone(),
            order: order.clone(),
            fields: fields.clone(),
            given: given.clone(),
            request: *request,
        }
    }
}

impl<R> fmt::Debug for TypedOnline<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.online.fmt(f)
    }
}

impl Dataflow {
    /// Compiles a request for single rows, with fitted values of the data set.
    ///
    /// # Errors
    /// As those of [`Dataflow::online_named`].
    pub fn online<R: Request>(&self, fitted: &Fitted) -> Result<TypedOnline<R>> {
        let online = self.online_named(fitted, &request::names::<R>(self)?)?;
        Ok(TypedOnline { online, order: None, fields: Vec::new(), given: Vec::new(), request: PhantomData })
    }
}

impl<R: Request> TypedOnline<R> {
    /// Computes one row: `call(&features::Inputs { age: 33.0, .. })`. Fields that the request does not need are passed
    /// over.
    ///
    /// # Errors
    /// An input that is no field of the row; a node that fails.
    pub fn call<I: Inputs>(&mut self, row: &I) -> Result<R::Online> {
        if self.order.as_ref().is_none_or(|(known, _)| *known != TypeId::of::<I>()) {
            self.order = Some((TypeId::of::<I>(), places(&self.online, I::NAMES)?));
        }
        let fields = &mut self.fields;
        fields.clear();
        row.for_each(&mut |value| fields.push(value.unwrap_or_default()));
        let order = self.order.iter().flat_map(|(_, order)| order);
        self.given.clear();
        self.given.extend(order.map(|&at| self.fields[at].clone()));
        R::online(self.online.call(&self.given)?)
    }

    /// The names of the inputs that a row needs.
    pub fn required_inputs(&self) -> impl Iterator<Item = &str> {
        self.online.required_inputs().map(|(name, _)| name)
    }

    /// The same by name, for rows as values.
    pub fn by_name(&mut self) -> &mut Online {
        &mut self.online
    }
}

/// Where each input stands among the fields.
fn places(online: &Online, fields: &[&str]) -> Result<Vec<usize>> {
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for (name, flow_type) in online.required_inputs() {
        let place = fields.iter().position(|field| *field == name);
        problems.extend(place.is_none().then(|| {
            let message = format!("the row has no `{name}`, which is {flow_type}");
            Problem::new(Kind::MissingInput, [name], message).near(name, fields.iter().copied())
        }));
        found.extend(place);
    }
    Error::check(Phase::Plan, problems)?;
    Ok(found)
}
