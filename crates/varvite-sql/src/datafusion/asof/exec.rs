//! [`AsOfExec`]: the join as a part of the engine's physical plan.

use std::fmt;
use std::sync::Arc;

use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{ColumnStatistics, DataFusionError, JoinType, Result as Outcome, Statistics};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr, PhysicalSortExpr,
};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::joins::utils::build_join_schema;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, InputDistributionRequirements,
    PlanProperties, apply_expression_roots,
};
use futures_util::stream;

use super::Nearness;
use super::merge::Merge;
use super::ordered::Order;

type Value = Arc<dyn PhysicalExpr>;

/// What is compared, of the left and of the right.
#[derive(Debug)]
pub(super) struct Matching {
    pub(super) keys: Vec<(Value, Value)>,
    pub(super) time: (Value, Value),
    pub(super) nearness: Nearness,
}

/// As tables of ours are ordered, so that they need no sorting.
pub(super) const ASCENDING: SortOptions = SortOptions { descending: false, nulls_first: false };

impl Matching {
    /// The keys and the time of both sides, the time last.
    fn values(&self) -> [Vec<Value>; 2] {
        let (left, right) = self.keys.iter().chain([&self.time]).cloned().unzip();
        [left, right]
    }

    fn keys_of_sides(&self) -> [Vec<Value>; 2] {
        let (left, right) = self.keys.iter().cloned().unzip();
        [left, right]
    }
}

/// Both sides ascend by the keys and then by the time, and rows with the same keys are in the same partition.
#[derive(Debug, Clone)]
pub(super) struct AsOfExec {
    left: Arc<dyn ExecutionPlan>,
    right: Arc<dyn ExecutionPlan>,
    matching: Arc<Matching>,
    schema: SchemaRef,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl AsOfExec {
    pub(super) fn try_new(
        left: Arc<dyn ExecutionPlan>,
        right: Arc<dyn ExecutionPlan>,
        matching: Arc<Matching>,
    ) -> Outcome<Self> {
        let (schema, _) = build_join_schema(&left.schema(), &right.schema(), &JoinType::Left);
        let schema = Arc::new(schema);
        // Rows come as those of the left do, whose columns are the first.
        let of_left = left.equivalence_properties();
        let mut equivalences = EquivalenceProperties::new(Arc::clone(&schema));
        equivalences.add_equivalence_group(of_left.eq_group().clone())?;
        equivalences.add_orderings(of_left.oeq_class().clone());
        let partitioning = left.output_partitioning().clone();
        let boundedness = if left.boundedness().is_unbounded() || right.boundedness().is_unbounded() {
            return Err(DataFusionError::Plan("ASOF JOIN: both sides come to an end".to_owned()));
        } else {
            Boundedness::Bounded
        };
        let properties = PlanProperties::new(equivalences, partitioning, EmissionType::Incremental, boundedness);
        let metrics = ExecutionPlanMetricsSet::new();
        Ok(Self { left, right, matching, schema, properties: Arc::new(properties), metrics })
    }
}

impl DisplayAs for AsOfExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = &self.matching.time;
        write!(f, "AsOfExec: {left} {} {right}", self.matching.nearness.sign())?;
        self.matching.keys.iter().try_for_each(|(left, right)| write!(f, ", {left} = {right}"))
    }
}

impl ExecutionPlan for AsOfExec {
    fn name(&self) -> &'static str {
        "AsOfExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.left, &self.right]
    }

    fn input_distribution_requirements(&self) -> InputDistributionRequirements {
        if self.matching.keys.is_empty() {
            return InputDistributionRequirements::new(vec![Distribution::SinglePartition; 2]);
        }
        let by_keys = self.matching.keys_of_sides().map(Distribution::KeyPartitioned);
        InputDistributionRequirements::co_partitioned(by_keys.into())
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        let ascending = |values: Vec<Value>| {
            LexOrdering::new(values.into_iter().map(|value| PhysicalSortExpr::new(value, ASCENDING)))
        };
        self.matching.values().map(|values| ascending(values).map(OrderingRequirements::from)).into()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true, false]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Outcome<Arc<dyn ExecutionPlan>> {
        match <[_; 2]>::try_from(children) {
            Ok([left, right]) => Ok(Arc::new(Self::try_new(left, right, Arc::clone(&self.matching))?)),
            Err(_) => Err(DataFusionError::Internal("an ASOF JOIN has two sides".to_owned())),
        }
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Outcome<TreeNodeRecursion>,
    ) -> Outcome<TreeNodeRecursion> {
        let pairs = self.matching.keys.iter().chain([&self.matching.time]);
        apply_expression_roots(pairs.flat_map(|(left, right)| [left, right]), f)
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Outcome<SendableRecordBatchStream> {
        let metrics = BaselineMetrics::new(&self.metrics, partition);
        let [left, right] = self.matching.values();
        let left =
            Order::try_new(&left, &self.left.schema())?.of(self.left.execute(partition, Arc::clone(&context))?);
        let right = Order::try_new(&right, &self.right.schema())?.of(self.right.execute(partition, context)?);
        let merge = Merge::new(left, right, self.matching.nearness, Arc::clone(&self.schema));
        let batches = stream::try_unfold(merge, move |mut merge| {
            let metrics = metrics.clone();
            async move {
                let batch = merge.next_batch().await?;
                if let Some(batch) = &batch {
                    metrics.record_output(batch.num_rows());
                }
                Ok::<_, DataFusionError>(batch.map(|batch| (batch, merge)))
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn child_stats_requests(&self, partition: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(partition), ChildStats::Skip]
    }

    /// Of the left each row comes once.
    fn statistics_from_inputs(&self, inputs: &[Arc<Statistics>], _: &StatisticsArgs) -> Outcome<Arc<Statistics>> {
        let mut known = Statistics::new_unknown(&self.schema);
        if let Some(left) = inputs.first() {
            known.num_rows = left.num_rows;
            known.total_byte_size = Precision::Absent;
            let of_left = left.column_statistics.iter().cloned();
            let of_right = std::iter::repeat_n(ColumnStatistics::new_unknown(), self.right.schema().fields().len());
            known.column_statistics = of_left.chain(of_right).collect();
        }
        Ok(Arc::new(known))
    }
}
