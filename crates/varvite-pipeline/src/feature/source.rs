//! [`FlowSource`]: a dataflow that computes the features of a group.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use varvite_feature::{FeatureSource, LineageNode};
use varvite_flow::{Dataflow, Fitted};
use varvite_schema::{FeatureGroupSchema, FeatureRef};

use crate::step::beside;
use crate::{Error, Result, StepError};

/// A dataflow whose nodes are the features of a group: registered with what each comes from, down to columns, and computed
/// from features and columns as they were known.
///
/// Each feature is the node of its name. Inputs of the flow are features of other groups
/// ([`with_feature`](Self::with_feature)) or columns of the entities ([`with_column`](Self::with_column)).
#[derive(Debug, Clone)]
pub struct FlowSource {
    flow: Dataflow,
    fitted: Fitted,
    group: FeatureGroupSchema,
    /// Where each input of the flow comes from.
    inputs: BTreeMap<String, Origin>,
}

#[derive(Debug, Clone)]
pub(crate) enum Origin {
    /// A feature: its reference.
    Feature(String, LineageNode),
    /// A column of the entities, and where that comes from, if it is known.
    Column(Option<LineageNode>),
}

impl FlowSource {
    /// A flow that makes the features of `group`, with values of the data set as they were fitted.
    ///
    /// # Errors
    /// [`Error::Group`] for a feature that the flow has no node for; [`Error::Flow`] for a flow that rows cannot be computed
    /// with one by one.
    pub fn new(flow: &Dataflow, fitted: &Fitted, group: FeatureGroupSchema) -> Result<Self> {
        let source = Self { flow: flow.clone(), fitted: fitted.clone(), group, inputs: BTreeMap::new() };
        let names = source.request();
        let has = |name: &str| flow.nodes().iter().any(|node| node.name() == name);
        if let Some(missing) = names.iter().find(|name| !has(name)) {
            return Err(source.refused(format!("it has no node `{missing}`")));
        }
        if flow.looks_back(&names)? {
            let reason = "its features depend on earlier rows: compute them by a job, and write what it makes";
            return Err(source.refused(reason.to_owned()));
        }
        flow.stream_named(fitted, &names)?;
        Ok(source)
    }

    /// Says that an input of the flow is a feature: `users.age`, `users@v2.age`.
    ///
    /// # Errors
    /// [`Error::Group`] if the flow has no such input, or the reference names no single feature.
    pub fn with_feature(mut self, input: &str, reference: &str) -> Result<Self> {
        self.check_input(input)?;
        let parsed: FeatureRef = reference.parse().map_err(varvite_feature::Error::from)?;
        let Some(feature) = parsed.feature() else {
            return Err(self.refused(format!("`{reference}` is no single feature for its input `{input}`")));
        };
        let node = lineage(&format!("{}.{feature}", parsed.group()))?;
        self.inputs.insert(input.to_owned(), Origin::Feature(reference.to_owned(), node));
        Ok(self)
    }

    /// Says that an input of the flow is the entities' column of its name, and where that comes from: `purchases.amount`.
    ///
    /// # Errors
    /// [`Error::Group`] if the flow has no such input; [`Error::Feature`] for an origin that is no table and no column.
    pub fn with_column(mut self, input: &str, origin: Option<&str>) -> Result<Self> {
        self.check_input(input)?;
        let origin = origin.map(lineage).transpose()?;
        self.inputs.insert(input.to_owned(), Origin::Column(origin));
        Ok(self)
    }

    /// The flow.
    pub fn flow(&self) -> &Dataflow {
        &self.flow
    }

    /// Values of the data set.
    pub fn fitted(&self) -> &Fitted {
        &self.fitted
    }

    pub(crate) fn request(&self) -> Vec<&str> {
        self.group.features().iter().map(varvite_schema::FeatureSchema::name).collect()
    }

    pub(crate) fn refused(&self, reason: String) -> Error {
        Error::Group { group: self.group.id(), reason }
    }

    fn check_input(&self, input: &str) -> Result<()> {
        if self.flow.inputs().iter().any(|known| known.name == input) {
            return Ok(());
        }
        let known: Vec<String> = self.flow.inputs().iter().map(|input| format!("`{}`", input.name)).collect();
        Err(self.refused(format!("it has no input `{input}`: it has {}", known.join(", "))))
    }

    /// The columns of a group that are not computed: keys and times.
    fn kept(&self) -> Vec<String> {
        let keys = self.group.entity_keys().iter().map(|key| key.name().to_owned());
        keys.chain(self.group.event_time().map(|time| time.name().to_owned())).collect()
    }
}

impl FeatureSource for FlowSource {
    fn group(&self) -> &FeatureGroupSchema {
        &self.group
    }

    /// What a feature's node depends on, by the flow's own edges.
    fn origins(&self) -> BTreeMap<String, Vec<LineageNode>> {
        let of_feature = |name: &str| {
            // The flow has the node: it was looked for.
            let upstream = self.flow.upstream(name).unwrap_or_default();
            let origins = upstream.iter().filter_map(|input| self.inputs.get(input));
            let nodes = origins.filter_map(|origin| match origin {
                Origin::Feature(_, node) => Some(node.clone()),
                Origin::Column(node) => node.clone(),
            });
            (name.to_owned(), nodes.collect())
        };
        self.request().into_iter().map(of_feature).collect()
    }

    fn inputs(&self) -> Vec<(String, String)> {
        let features = self.inputs.iter().filter_map(|(input, origin)| match origin {
            Origin::Feature(reference, _) => Some((reference.clone(), input.clone())),
            Origin::Column(_) => None,
        });
        features.collect()
    }

    fn compute(&self, rows: &RecordBatch) -> Result<RecordBatch, StepError> {
        // A stream that has seen nothing: each row depends on itself alone.
        let mut stream = self.flow.stream_named(&self.fitted, &self.request())?;
        let made = stream.push(rows)?;
        beside(rows, &self.kept(), made.iter())
    }
}

fn lineage(text: &str) -> Result<LineageNode> {
    Ok(text.parse().map_err(varvite_feature::Error::from)?)
}
