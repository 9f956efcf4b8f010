//! How a request would be answered, for people.

use std::collections::BTreeSet;

use varvite_feature::{FeatureStore, VirtualRequest};

use super::SqlFeatures;
use super::copy::Copies;
use super::each_row;
use crate::Result;

/// Times whose decisions are told one by one.
const TOLD: usize = 5;

pub(super) fn explain(reader: &SqlFeatures, request: &VirtualRequest<'_>, store: &FeatureStore) -> Result<String> {
    let queries = reader.prepare_all(request.group, request.sources, store)?;
    let copies = Copies::of(request.group, store)?;
    let times: BTreeSet<_> = request.latest()?.into_iter().flatten().collect();
    let mut lines = Vec::new();
    for time in times.iter().take(TOLD) {
        lines.push(format!("as of {time}: {}", reader.decide(request.group, &copies, &queries, *time)?));
    }
    if times.len() > TOLD {
        lines.push(format!("and as of {} other times", times.len() - TOLD));
    }
    for query in &queries {
        lines.push(each_row::explain(reader, query, request)?);
    }
    Ok(lines.join("\n"))
}
