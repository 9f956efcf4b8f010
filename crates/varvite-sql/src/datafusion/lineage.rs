//! Which columns of tables the values of an answer come from. Pure.
//!
//! What rows are chosen, joined, grouped and sorted by is not where values come from, unless it is handed out itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::datatypes::FieldRef;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, JoinType, Result as Outcome};
use datafusion::logical_expr::{Distinct, Expr, Join, LogicalPlan, RecursiveQuery, TableScan};

use super::asof::AsOfNode;
use super::names::name;

/// Columns of tables: `(table, column)`.
type Columns = BTreeSet<(String, String)>;

/// For each column of the answer, the columns `(table, column)` that its values come from.
pub(super) fn lineage(plan: &LogicalPlan) -> Outcome<BTreeMap<String, Vec<(String, String)>>> {
    let columns = Scope::default().of_plan(plan)?;
    let names = plan.schema().fields().iter().map(|field| field.name().clone());
    Ok(names.zip(columns).map(|(name, columns)| (name, columns.into_iter().collect())).collect())
}

/// What names may mean that are not of the plan at hand.
#[derive(Default)]
struct Scope<'a> {
    /// The plan around a subquery.
    outer: Option<(&'a Scope<'a>, &'a DFSchema, &'a [Columns])>,
    /// Queries that read themselves, by their names.
    recursive: HashMap<String, Vec<Columns>>,
}

impl Scope<'_> {
    /// One set for each column of the plan.
    fn of_plan(&self, plan: &LogicalPlan) -> Outcome<Vec<Columns>> {
        Ok(match plan {
            LogicalPlan::TableScan(scan) => self.of_scan(scan),
            LogicalPlan::Projection(projection) => self.of_exprs(&projection.expr, &projection.input)?,
            LogicalPlan::Distinct(Distinct::On(on)) => self.of_exprs(&on.select_expr, &on.input)?,
            LogicalPlan::Aggregate(aggregate) => {
                let mut columns = match aggregate.group_expr.as_slice() {
                    [Expr::GroupingSet(sets)] => {
                        let groups: Vec<Expr> = sets.distinct_expr().into_iter().cloned().collect();
                        let mut columns = self.of_exprs(&groups, &aggregate.input)?;
                        // The number of the set.
                        columns.push(Columns::new());
                        columns
                    }
                    groups => self.of_exprs(groups, &aggregate.input)?,
                };
                columns.extend(self.of_exprs(&aggregate.aggr_expr, &aggregate.input)?);
                columns
            }
            LogicalPlan::Window(window) => {
                let mut columns = self.of_plan(&window.input)?;
                columns.extend(self.of_exprs(&window.window_expr, &window.input)?);
                columns
            }
            LogicalPlan::Join(join) => self.of_join(join)?,
            LogicalPlan::Extension(extension) => match extension.node.as_any().downcast_ref::<AsOfNode>() {
                Some(join) => [self.of_plan(&join.left)?, self.of_plan(&join.right)?].concat(),
                None => vec![Columns::new(); plan.schema().fields().len()],
            },
            LogicalPlan::RecursiveQuery(query) => self.of_recursive(query)?,
            LogicalPlan::Unnest(unnest) => {
                let columns = self.of_plan(&unnest.input)?;
                unnest.dependency_indices.iter().map(|at| columns.get(*at).cloned().unwrap_or_default()).collect()
            }
            LogicalPlan::Values(_) | LogicalPlan::EmptyRelation(_) => {
                vec![Columns::new(); plan.schema().fields().len()]
            }
            // A union has the columns of all; all other plans hand on those of the one below.
            other => {
                let mut all = vec![Columns::new(); other.schema().fields().len()];
                for input in other.inputs() {
                    merge(&mut all, self.of_plan(input)?);
                }
                all
            }
        })
    }

    fn of_scan(&self, scan: &TableScan) -> Vec<Columns> {
        let table = name(&scan.table_name);
        let of_field = |field: &FieldRef| Columns::from([(table.clone(), field.name().clone())]);
        match (self.working(&table), &scan.projection) {
            (Some(columns), Some(at)) => at.iter().filter_map(|at| columns.get(*at).cloned()).collect(),
            (Some(columns), None) => columns.clone(),
            (None, _) => scan.projected_schema.fields().iter().map(of_field).collect(),
        }
    }

    fn of_join(&self, join: &Join) -> Outcome<Vec<Columns>> {
        let (mut left, right) = (self.of_plan(&join.left)?, self.of_plan(&join.right)?);
        Ok(match join.join_type {
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => {
                left.extend(right);
                left
            }
            JoinType::LeftSemi | JoinType::LeftAnti => left,
            JoinType::RightSemi | JoinType::RightAnti => right,
            // Whether there is a partner is the last column.
            JoinType::LeftMark => marked(left),
            JoinType::RightMark => marked(right),
        })
    }

    /// Until reading itself brings nothing new.
    fn of_recursive(&self, query: &RecursiveQuery) -> Outcome<Vec<Columns>> {
        let mut columns = self.of_plan(&query.static_term)?;
        loop {
            let mut recursive = self.recursive.clone();
            recursive.insert(query.name.clone(), columns.clone());
            let mut next = columns.clone();
            merge(&mut next, Scope { outer: self.outer, recursive }.of_plan(&query.recursive_term)?);
            if next == columns {
                return Ok(columns);
            }
            columns = next;
        }
    }

    fn working(&self, name: &str) -> Option<&Vec<Columns>> {
        self.recursive.get(name).or_else(|| self.outer.and_then(|(scope, ..)| scope.working(name)))
    }

    fn of_exprs(&self, exprs: &[Expr], input: &LogicalPlan) -> Outcome<Vec<Columns>> {
        let columns = self.of_plan(input)?;
        exprs.iter().map(|expr| self.of_expr(expr, input.schema(), &columns)).collect()
    }

    fn of_expr(&self, expr: &Expr, schema: &DFSchema, columns: &[Columns]) -> Outcome<Columns> {
        let mut found = Columns::new();
        expr.apply(|part| {
            let inner: Vec<&Expr> = match part {
                Expr::Column(column) => {
                    found.extend(look_up(column, schema, columns));
                    return Ok(TreeNodeRecursion::Continue);
                }
                Expr::OuterReferenceColumn(_, column) => {
                    found.extend(self.of_outer(column));
                    return Ok(TreeNodeRecursion::Continue);
                }
                Expr::ScalarSubquery(query) => {
                    found.extend(self.of_subquery(&query.subquery, schema, columns)?);
                    return Ok(TreeNodeRecursion::Jump);
                }
                Expr::InSubquery(query) => {
                    found.extend(self.of_subquery(&query.subquery.subquery, schema, columns)?);
                    return Ok(TreeNodeRecursion::Continue);
                }
                Expr::AggregateFunction(function) => function.params.args.iter().collect(),
                Expr::WindowFunction(function) => function.params.args.iter().collect(),
                _ => return Ok(TreeNodeRecursion::Continue),
            };
            for argument in inner {
                found.extend(self.of_expr(argument, schema, columns)?);
            }
            Ok(TreeNodeRecursion::Jump)
        })?;
        Ok(found)
    }

    fn of_subquery(&self, query: &LogicalPlan, schema: &DFSchema, columns: &[Columns]) -> Outcome<Columns> {
        let within = Scope { outer: Some((self, schema, columns)), recursive: HashMap::new() };
        Ok(within.of_plan(query)?.into_iter().flatten().collect())
    }

    /// A column of a plan around.
    fn of_outer(&self, column: &Column) -> Columns {
        let Some((scope, schema, columns)) = self.outer else { return Columns::new() };
        let found = look_up(column, schema, columns);
        if found.is_empty() { scope.of_outer(column) } else { found }
    }
}

fn look_up(column: &Column, schema: &DFSchema, columns: &[Columns]) -> Columns {
    let at = schema.maybe_index_of_column(column);
    at.and_then(|at| columns.get(at)).cloned().unwrap_or_default()
}

fn marked(mut columns: Vec<Columns>) -> Vec<Columns> {
    columns.push(Columns::new());
    columns
}

fn merge(all: &mut [Columns], more: Vec<Columns>) {
    all.iter_mut().zip(more).for_each(|(all, more)| all.extend(more));
}
