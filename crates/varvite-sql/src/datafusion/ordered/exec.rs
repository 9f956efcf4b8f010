//! [`OrderedExec`]: reads an ordered table, partition by partition.

use std::fmt;
use std::sync::Arc;

use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{DataFusionError, Result as Outcome, Statistics};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, Partitioning, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures_util::stream;

use super::layout::{Layout, Piece, lay_out};
use super::ranges::Ranges;
use super::reader::{Origin, Part, Reader};
use super::statistics::statistics;
use super::{OrderedColumn, OrderedTable, Pinned};
use crate::datafusion::tally::Tally;

/// A leaf of the engine's plan.
#[derive(Debug, Clone)]
pub(super) struct OrderedExec {
    scanned: Arc<Scanned>,
    layout: Layout,
    limit: Option<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

/// What stays the same whatever the limit.
#[derive(Debug)]
struct Scanned {
    name: String,
    members: Vec<Arc<Pinned>>,
    keys: usize,
    ordered: Option<OrderedColumn>,
    projection: Vec<usize>,
    schema: SchemaRef,
    ranges: Ranges,
    pieces: Vec<Vec<Piece>>,
    target: usize,
    row_groups: usize,
    tally: Arc<Tally>,
}

impl OrderedExec {
    pub(super) fn try_new(
        table: &OrderedTable,
        projection: Vec<usize>,
        ranges: Ranges,
        pieces: Vec<Vec<Piece>>,
        target: usize,
        limit: Option<usize>,
    ) -> Outcome<Self> {
        let schema = Arc::new(table.schema.project(&projection)?);
        table.tally.add_all(table.row_groups());
        let scanned = Scanned {
            name: table.name.clone(),
            members: table.members.clone(),
            keys: table.keys.len(),
            ordered: table.ordered.clone(),
            projection,
            schema,
            ranges,
            pieces,
            target,
            row_groups: table.row_groups(),
            tally: Arc::clone(&table.tally),
        };
        Ok(Self::over(Arc::new(scanned), limit))
    }

    fn over(scanned: Arc<Scanned>, limit: Option<usize>) -> Self {
        let layout = lay_out(scanned.pieces.clone(), scanned.target, limit);
        let properties = Arc::new(scanned.properties(&layout));
        Self { scanned, layout, limit, properties, metrics: ExecutionPlanMetricsSet::new() }
    }

    fn reader(&self, partition: usize, batch_rows: usize) -> Reader {
        let pieces = self.layout.partitions.get(partition).into_iter().flatten();
        Reader {
            table: self.scanned.name.clone(),
            schema: Arc::clone(&self.scanned.schema),
            parts: pieces.map(|piece| self.scanned.part(piece)).collect(),
            batch_rows,
            left: self.limit.map_or(u64::MAX, |limit| limit as u64),
            tally: Arc::clone(&self.scanned.tally),
            opened: MetricBuilder::new(&self.metrics).counter("row_groups_opened", partition),
            current: None,
        }
    }
}

impl Scanned {
    fn properties(&self, layout: &Layout) -> PlanProperties {
        let order = layout.is_ordered.then(|| self.order()).flatten();
        let equivalences = EquivalenceProperties::new_with_orderings(Arc::clone(&self.schema), order.map(|by| [by]));
        // A plan has a partition, though there be nothing to read.
        let partitioning = Partitioning::UnknownPartitioning(layout.partitions.len().max(1));
        PlanProperties::new(equivalences, partitioning, EmissionType::Incremental, Boundedness::Bounded)
    }

    /// The ordered column ascends, if it is among those that are read.
    fn order(&self) -> Option<PhysicalSortExpr> {
        let ordered = self.ordered.as_ref().filter(|ordered| !self.has_both_zeros(ordered))?;
        let at = self.projection.iter().position(|at| *at == ordered.at)?;
        let options = SortOptions { descending: false, nulls_first: false };
        Some(PhysicalSortExpr::new(Arc::new(Column::new(&ordered.name, at)), options))
    }

    /// Zero has two floats that are equal to us, and stand in any order; to the engine one is less than the other.
    fn has_both_zeros(&self, ordered: &OrderedColumn) -> bool {
        let zero = varvite_dataset::OrderedValue::Float(0.0);
        let spans = |piece: &Piece| {
            let files = self.members[piece.member].files();
            files[piece.row_groups.start].min <= zero && zero <= files[piece.row_groups.end - 1].max
        };
        ordered.data_type.is_floating() && self.pieces.iter().flatten().any(spans)
    }

    fn part(&self, piece: &Piece) -> Part {
        let member = &self.members[piece.member];
        Part {
            dataset: member.dataset.clone(),
            range: piece.range.clone(),
            row_groups: piece.row_groups.clone(),
            whole: piece.is_whole().then_some(piece.rows),
            columns: self
                .projection
                .iter()
                .zip(self.schema.fields())
                .map(|(at, field)| Self::origin(member, *at, field.name()))
                .collect(),
        }
    }

    fn origin(member: &Pinned, at: usize, name: &str) -> Origin {
        match member.keys.get(at) {
            Some(value) => Origin::Constant(value.clone()),
            None if member.schema.index_of(name).is_ok() => Origin::Stored(name.to_owned()),
            None => Origin::Missing,
        }
    }
}

impl DisplayAs for OrderedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scanned = &self.scanned;
        write!(f, "OrderedExec: {}", scanned.name)?;
        match scanned.members.as_slice() {
            [one] if scanned.keys == 0 => write!(f, ", version {}", one.snapshot.version)?,
            members => write!(f, ", {} of {} datasets", scanned.pieces.len(), members.len())?,
        }
        write!(f, ", row groups {} of {}", self.layout.row_groups(), scanned.row_groups)?;
        if let Some(ordered) = scanned.ordered.as_ref().filter(|_| !scanned.ranges.is_all()) {
            write!(f, ", {} in {}", ordered.name, scanned.ranges.text(&ordered.data_type))?;
        }
        let columns: Vec<&str> = scanned.schema.fields().iter().map(|field| field.name().as_str()).collect();
        write!(f, ", columns [{}], partitions {}", columns.join(", "), self.layout.partitions.len())?;
        self.limit.map_or(Ok(()), |limit| write!(f, ", limit {limit}"))
    }
}

impl ExecutionPlan for OrderedExec {
    fn name(&self) -> &'static str {
        "OrderedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn ExecutionPlan>>) -> Outcome<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Outcome<TreeNodeRecursion>,
    ) -> Outcome<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Outcome<SendableRecordBatchStream> {
        let reader = self.reader(partition, context.session_config().batch_size());
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let batches = stream::try_unfold(reader, move |reader| {
            let metrics = metrics.clone();
            async move {
                // A thread for one batch: none is held while nobody asks.
                let read = tokio::task::spawn_blocking(move || {
                    let mut reader = reader;
                    reader.next_batch().map(|batch| batch.map(|batch| (batch, reader)))
                });
                let next = read.await.map_err(|error| DataFusionError::External(Box::new(error)))??;
                if let Some((batch, _)) = &next {
                    metrics.record_output(batch.num_rows());
                }
                Ok::<_, DataFusionError>(next)
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.scanned.schema), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn statistics_from_inputs(&self, _: &[Arc<Statistics>], args: &StatisticsArgs) -> Outcome<Arc<Statistics>> {
        let scanned = &self.scanned;
        let pieces: Vec<&Piece> = match args.partition() {
            None => self.layout.pieces().collect(),
            Some(at) => self.layout.partitions.get(at).into_iter().flatten().collect(),
        };
        let pieces = pieces.into_iter();
        let ordered = scanned.ordered.as_ref();
        let known = statistics(pieces, &scanned.members, scanned.keys, ordered, &scanned.projection);
        Ok(Arc::new(match self.limit {
            None => known,
            Some(limit) => known.with_fetch(Some(limit), 0, self.layout.partitions.len().max(1))?,
        }))
    }

    fn supports_limit_pushdown(&self) -> bool {
        false
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(Self::over(Arc::clone(&self.scanned), limit)))
    }

    fn fetch(&self) -> Option<usize> {
        self.limit
    }
}
