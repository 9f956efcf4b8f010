//! The operations of a case, each through the public API.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use serde_json::Value;
use varvite_dataset::ScanOptions;
use varvite_feature::{
    Direction, EntityRows, Error, FeatureStore, HistoricalOptions, LineageKind, LineageNode, NullPolicy, Query, Reach,
    RegistryChange, VirtualReader, WriteMode,
};
use varvite_schema::Outcome;
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_time::Instant;

use super::super::Stop;
use super::online::Online;
use super::{definition, errors, tables};

/// One store, as a case changes it step by step.
pub(super) struct Runner {
    folder: PathBuf,
    storage: MemoryStorage,
    store: FeatureStore,
    online: Online,
    /// What computes virtual groups, if anything does.
    engine: Option<Arc<dyn VirtualReader>>,
}

/// What a step came to: nothing to compare, a number of rows, or a table.
enum Done {
    Nothing,
    Outcome(&'static str),
    Count(&'static str, u64),
    Table(RecordBatch),
    Names(&'static str, BTreeSet<String>),
}

type Stepped = Result<Result<Done, Error>, Stop>;

fn open(storage: &MemoryStorage, engine: Option<&Arc<dyn VirtualReader>>) -> Result<FeatureStore> {
    let store = FeatureStore::at(Arc::new(storage.clone()), StoragePath::root())?;
    Ok(engine.map_or(store.clone(), |engine| store.with_virtual(Arc::clone(engine))))
}

impl Runner {
    pub(super) fn new(folder: PathBuf, engine: Option<Arc<dyn VirtualReader>>) -> Result<Self> {
        let storage = MemoryStorage::new();
        let store = open(&storage, engine.as_ref())?;
        Ok(Self { folder, storage, store, online: Online::new()?, engine })
    }

    /// Takes a step and compares what it came to.
    pub(super) fn step(&mut self, name: &str, step: &Value) -> Result<(), Stop> {
        let done = match name {
            "register" => self.register(step)?,
            "write" => self.write(step)?,
            "source" => self.source(step)?,
            "define_window" => {
                defined(definition::window(step)?.and_then(|window| self.store.register_window(&window)))
            }
            "define_virtual" if self.engine.is_none() => {
                return Err(Stop::Skip("virtual groups need a query engine, and none was given".to_owned()));
            }
            "define_virtual" => {
                defined(definition::virtual_group(step)?.and_then(|group| self.store.define_virtual_features(&group)))
            }
            "define_on_demand" => {
                defined(definition::on_demand(step)?.and_then(|group| self.store.register_on_demand(&group)))
            }
            "delete" => self.delete(step)?,
            "history" => self.history(step),
            "pit_join" => self.pit_join(step)?,
            "get" => self.get(step)?,
            "search" => self.search(step),
            "lineage" => self.lineage(step)?,
            "statistics" => self.statistics(step)?,
            "materialize" => self.online.materialize(&self.store, step)?.map(|keys| Done::Count("online_keys", keys)),
            "online_get" => {
                let entities = self.table(&step["entity_ids"])?;
                self.online.get(&self.store, &entities, step)?.map(Done::Table)
            }
            "restart" => {
                self.online.close();
                self.store = open(&self.storage, self.engine.as_ref())?;
                Ok(Done::Nothing)
            }
            "register_concurrent" => return Ok(self.register_concurrent(step)?),
            "register_parallel" => return Ok(self.register_parallel(step)?),
            other => return Err(Stop::Skip(format!("there is no operation `{other}` yet"))),
        };
        Ok(self.compare(done, &step["expect"])?)
    }

    fn compare(&self, done: Result<Done, Error>, expect: &Value) -> Result<()> {
        if let Some(code) = expect["error"].as_str() {
            let Err(error) = done else { bail!("expected {code}, but it works") };
            let found = errors::code(&error);
            ensure!(found == code, "expected {code}, got {found}: {error}");
            return Ok(());
        }
        let done = done.map_err(anyhow::Error::from)?;
        match done {
            Done::Nothing => Ok(()),
            Done::Outcome(outcome) => {
                let expected = expect["outcome"].as_str().unwrap_or(outcome);
                ensure!(outcome == expected, "the outcome is {outcome}, expected {expected}");
                Ok(())
            }
            Done::Count(name, count) => {
                let expected = expect[name].as_u64().unwrap_or(count);
                ensure!(count == expected, "{name} is {count}, expected {expected}");
                Ok(())
            }
            Done::Table(found) => {
                let expected = tables::read(&self.folder, &expect["table"])?;
                tables::compare(&found, &expected, expect["ordered"].as_bool().unwrap_or(true))
            }
            Done::Names(name, found) => {
                let expected: BTreeSet<String> = tables::texts(&expect[name])?.into_iter().collect();
                ensure!(found == expected, "{name} are {found:?}, expected {expected:?}");
                Ok(())
            }
        }
    }

    fn register(&self, step: &Value) -> Stepped {
        let registered = definition::group(&step["group"])?.and_then(|group| self.store.register(&group));
        Ok(registered.map(|outcome| Done::Outcome(outcome_name(outcome))))
    }

    fn write(&self, step: &Value) -> Stepped {
        let mode = match step["mode"].as_str().unwrap_or("append") {
            "append" => WriteMode::Append,
            "overwrite" => WriteMode::Overwrite,
            "upsert" => WriteMode::Upsert,
            "overwrite_range" => {
                let ends = tables::texts(&step["range"])?;
                let [start, end] = ends.as_slice() else {
                    return Err(Stop::Fail(anyhow::anyhow!("a range has two ends")));
                };
                WriteMode::OverwriteRange { start: start.parse()?, end: end.parse()? }
            }
            other => return Err(Stop::Skip(format!("a mode `{other}` cannot be expressed"))),
        };
        let store = self.at(&step["clock"])?;
        let written = store.write(&group_name(step)?, &[self.table(&step["table"])?], mode);
        Ok(written.map(|report| Done::Count("rows", report.rows)))
    }

    /// A source with its rows.
    fn source(&self, step: &Value) -> Stepped {
        let rows = self.table(&step["table"])?;
        let done = definition::source(step)?.and_then(|source| {
            self.store.register_source(&source)?;
            self.store.write_source(source.name(), &[rows], WriteMode::Overwrite)
        });
        Ok(done.map(|_| Done::Nothing))
    }

    fn delete(&self, step: &Value) -> Stepped {
        let deleted = self.store.delete(&group_name(step)?, &[self.table(&step["keys"])?]);
        Ok(deleted.map(|report| Done::Count("rows_deleted", report.deleted)))
    }

    fn history(&self, step: &Value) -> Result<Done, Error> {
        let read = || -> Result<RecordBatch, Error> {
            let history = self.store.group(&group_name(step).unwrap_or_default())?;
            let mut scan = history.scan(&ScanOptions::default())?;
            let mut batches = Vec::new();
            while let Some(batch) = scan.next_batch()? {
                batches.push(batch);
            }
            concat_batches(&scan.schema(), &batches).map_err(|source| Error::Arrow { action: "join rows", source })
        };
        read().map(Done::Table)
    }

    fn pit_join(&self, step: &Value) -> Stepped {
        let spine = self.table(&step["spine"])?;
        let entities = match (step["time_column"].as_str(), step["point_in_time"].as_str()) {
            (Some(column), _) => EntityRows::at_times(spine, column),
            (None, Some(time)) => EntityRows::at(spine, time.parse()?),
            (None, None) => return Err(Stop::Fail(anyhow::anyhow!("a join has a time"))),
        };
        let features = tables::texts(&step["features"])?;
        let options = options(&step["options"])?;
        let joined = entities.and_then(|entities| self.store.get_historical_features(&entities, &features, &options));
        Ok(joined.and_then(|found| found.to_batch()).map(Done::Table))
    }

    fn get(&self, step: &Value) -> Stepped {
        let ids = self.table(&step["entity_ids"])?;
        let features = tables::texts(&step["features"])?;
        let time = step["point_in_time"].as_str().map(str::parse::<Instant>).transpose()?;
        let found = self.at(&step["now"])?.get_features(&features, &[ids], time);
        Ok(found.and_then(|found| found.to_batch()).map(Done::Table))
    }

    fn search(&self, step: &Value) -> Result<Done, Error> {
        let asked = &step["query"];
        let mut query = Query::new();
        for (tag, value) in asked["tags"].as_object().into_iter().flatten() {
            query = query.with_tag(tag, value.as_str().unwrap_or_default());
        }
        if let Some(owner) = asked["owner"].as_str() {
            query = query.with_owner(owner);
        }
        if let Some(text) = asked["text"].as_str() {
            query = query.with_text(text);
        }
        if let Some(entity) = asked["entity"].as_str() {
            query = query.with_entity(entity);
        }
        self.store.registry().state().map(|state| {
            let names = state.search(&query).into_iter().map(|view| view.name().to_owned()).collect();
            Done::Names("groups", names)
        })
    }

    fn lineage(&self, step: &Value) -> Stepped {
        let direction = match step["direction"].as_str() {
            Some("downstream") => Direction::Downstream,
            _ => Direction::Upstream,
        };
        let (kind, name) = match step["kind"].as_str() {
            Some("table") => (LineageKind::Table, "tables"),
            _ => (LineageKind::Value, "columns"),
        };
        let node = step["node"].as_str().context("a node is named")?;
        let found = node.parse::<LineageNode>().map_err(Error::from).and_then(|node| {
            let found = self.store.registry().state()?.lineage(&node, direction, kind, Reach::Transitive)?;
            Ok(Done::Names(name, found.iter().map(ToString::to_string).collect()))
        });
        Ok(found)
    }

    fn statistics(&self, step: &Value) -> Stepped {
        Ok(match self.store.statistics(&group_name(step)?) {
            Ok(found) => Ok(Done::Table(tables::of_statistics(&found)?)),
            Err(error) => Err(error),
        })
    }

    /// Two writers that read the same revision: the second is told, and then tries again.
    fn register_concurrent(&self, step: &Value) -> Result<()> {
        let registry = self.store.registry();
        let base = registry.state()?;
        let change = |name: &str| -> Result<RegistryChange> {
            Ok(RegistryChange::new().with_group(definition::group(&step[name])??)?)
        };
        registry.commit(&base, change("first")?)?;
        match registry.commit(&base, change("second")?) {
            Err(Error::RegistryConflict { .. }) => {}
            Err(error) => bail!("expected RegistryConflict, got {error}"),
            Ok(_) => bail!("expected RegistryConflict, but it works"),
        }
        if step["retry"].as_bool().unwrap_or(false) {
            registry.update(|_| {
                change("second")
                    .map_err(|error| Error::InvalidDefinition { name: "second".to_owned(), reason: error.to_string() })
            })?;
            self.all_there(&[&step["first"], &step["second"]])?;
        }
        Ok(())
    }

    /// One thread for each group; all of them exist afterwards.
    fn register_parallel(&self, step: &Value) -> Result<()> {
        let groups = step["groups"].as_array().context("there are groups")?;
        let registered = std::thread::scope(|scope| {
            let threads: Vec<_> = groups
                .iter()
                .map(|group| scope.spawn(|| Ok(self.store.register(&definition::group(group)??)?)))
                .collect();
            threads
                .into_iter()
                .map(std::thread::ScopedJoinHandle::join)
                .collect::<Vec<std::thread::Result<Result<Outcome>>>>()
        });
        for outcome in registered {
            outcome.map_err(|_| anyhow::anyhow!("a thread panicked"))??;
        }
        self.all_there(&groups.iter().collect::<Vec<_>>())
    }

    fn all_there(&self, groups: &[&Value]) -> Result<()> {
        let state = open(&self.storage, self.engine.as_ref())?.registry().state()?;
        for group in groups {
            let name = group["name"].as_str().context("a group has a name")?;
            state.definitions().group(name, None)?;
        }
        Ok(())
    }

    fn table(&self, table: &Value) -> Result<RecordBatch> {
        tables::read(&self.folder, table)
    }

    /// The store at a time of its clock, if one is given.
    fn at(&self, time: &Value) -> Result<FeatureStore> {
        let Some(text) = time.as_str() else { return Ok(self.store.clone()) };
        let now: Instant = text.parse()?;
        Ok(self.store.with_clock(move || now)?)
    }
}

fn group_name(step: &Value) -> Result<String> {
    let name = step["group"].as_str().context("a step names a group")?;
    Ok(step["version"].as_u64().map_or_else(|| name.to_owned(), |version| format!("{name}@v{version}")))
}

fn defined(outcome: Result<Outcome, Error>) -> Result<Done, Error> {
    outcome.map(|_| Done::Nothing)
}

fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created | Outcome::NewVersion => "created",
        Outcome::Unchanged => "unchanged",
        Outcome::Updated => "updated",
        Outcome::Refused => "refused",
    }
}

fn options(value: &Value) -> Result<HistoricalOptions> {
    let flag = |name: &str, default: bool| value[name].as_bool().unwrap_or(default);
    let policy = match value["null_policy"].as_str() {
        None | Some("row") => NullPolicy::Row,
        Some("last_known") => NullPolicy::LastKnown,
        Some(other) => bail!("there is no null policy `{other}`"),
    };
    let mut options = HistoricalOptions::default()
        .with_full_names(flag("full_names", false))
        .with_tolerance_ns(value["tolerance_ns"].as_i64())
        .with_known_as_of(flag("known_as_of", false))
        .with_null_policy(policy)
        .with_allow_exact_match(flag("allow_exact_match", true));
    for (alias, keys) in value["key_map"].as_object().into_iter().flatten() {
        for (key, column) in keys.as_object().into_iter().flatten() {
            options = options.with_key(alias, key, column.as_str().context("a column's name")?);
        }
    }
    Ok(options)
}
