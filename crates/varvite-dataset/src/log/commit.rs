//! One commit: staged, made durable, published if nobody was faster, made durable again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::Builder;

use arrow::datatypes::SchemaRef;
use varvite_storage::{Published, Staged, StoragePath};

use super::names::{floor, records};
use super::record::{AddedFile, App, FORMAT, KeyValues, Record, Tags};
use super::{Log, names, record, replay};
use crate::threads::{Begun, or_here};
use crate::{DataFile, Error, OrderedValue, Result, Settings, Snapshot};

/// How often a lost race is run again.
pub(crate) const MAX_ATTEMPTS: u32 = 30;

/// How many files are made durable side by side.
const SYNCS_AT_ONCE: usize = 8;

/// What a commit is to change.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) dataset_id: String,
    pub(crate) op: &'static str,
    pub(crate) app: Option<(String, u64)>,
    pub(crate) range: Option<(OrderedValue, OrderedValue)>,
    pub(crate) add: Vec<Arc<DataFile>>,
    /// Names of those that are durable already.
    pub(crate) durable: Vec<String>,
    pub(crate) rm: Vec<String>,
    pub(crate) set: BTreeMap<String, String>,
    pub(crate) unset: Vec<String>,
    pub(crate) tags: Tags,
    /// From which version on all stay readable; not said: as many as the dataset's retention asks for.
    pub(crate) readable_from: Option<u64>,
    pub(crate) settings: Option<Settings>,
    pub(crate) schema: Option<SchemaRef>,
    pub(crate) key: Option<String>,
}

impl Draft {
    /// Whether there is nothing to commit.
    pub(crate) fn is_empty(&self) -> bool {
        self.add.is_empty()
            && self.rm.is_empty()
            && self.set.is_empty()
            && self.unset.is_empty()
            && self.tags.is_empty()
            && self.readable_from.is_none()
            && self.app.is_none()
            && self.settings.is_none()
            && self.schema.is_none()
    }
}

/// What became of a commit. Losing is an outcome, not an error.
#[derive(Debug)]
#[must_use]
pub(crate) enum CommitOutcome {
    Committed(Box<Snapshot>),
    /// Another writer took the version: plan again on `winner`.
    Conflict {
        winner: Box<Snapshot>,
    },
}

impl Log {
    /// Commits `draft` as the version after `base`. Only who holds the lock (`locked`) leaves a witness: nobody drops the
    /// dataset meanwhile, and makes another that it would be of.
    pub(crate) fn commit(&self, base: Option<&Snapshot>, draft: &Draft, locked: bool) -> Result<CommitOutcome> {
        let record = self.record(base, draft)?;
        let (bytes, head) = record::write(&record)?;
        let name = names::record_name(record.version);
        // What we could not replay, nobody could: it is never published.
        let after = replay::apply(base, &record, head, &name)?;
        let path = self.meta_path(&name)?;
        let staged = self.storage.stage(&path, bytes.into()).map_err(|source| self.failed("committing", source))?;
        self.make_durable(base, draft, &staged)?;
        if !self.still_follows(base)? {
            return self.conflict(base);
        }
        if !self.publish(&staged, &record)? {
            return self.conflict(base);
        }
        self.check_counts(base, &record)?;
        if let Err(source) = self.storage.sync(&self.meta) {
            return Err(Error::CommitUnknown { version: record.version, txn: record.txn, source });
        }
        self.note_durable(&after);
        if locked {
            self.witness(record.version);
        }
        self.checkpoint_if_due(&after, locked);
        Ok(CommitOutcome::Committed(Box::new(after)))
    }

    /// Whether the next record may follow `base`, now that it is staged: a removal deletes the records first, then what
    /// is staged, so that nothing follows a version that is gone.
    fn still_follows(&self, base: Option<&Snapshot>) -> Result<bool> {
        match base {
            None => Ok(records(&self.names()?).is_empty()),
            Some(base) => self.stands(base),
        }
    }

    fn conflict(&self, base: Option<&Snapshot>) -> Result<CommitOutcome> {
        let winner = match base {
            // What took the number may be gone with a dataset that was dropped: then it is tried again.
            Some(base) => self.refresh(base)?.unwrap_or_else(|| base.clone()),
            None => self.load()?.ok_or_else(|| Error::Dropped { path: self.data.to_string() })?,
        };
        Ok(CommitOutcome::Conflict { winner: Box::new(winner) })
    }

    /// Fails if nobody can tell whether a published record counts: its number may have been free only because it had
    /// expired, or because the dataset was dropped. Then it stays where it is: a void record harms nobody, and its name
    /// may be another's by now.
    fn check_counts(&self, base: Option<&Snapshot>, record: &Record) -> Result<()> {
        let follows = base.map_or(Ok(false), |base| self.stands(base));
        let expired = match follows {
            Ok(true) => return Ok(()), // without a look at the whole log: it may be long
            follows => follows.and_then(|_| Ok(floor(&self.names()?))),
        };
        let floor = match expired {
            Err(Error::Storage { source, .. }) => return Err(unknown(record, source)),
            floor => floor?,
        };
        // A record whose number has not expired counts, also if the one before it has expired since.
        if floor == base.map(|base| base.version) {
            return Ok(());
        }
        match self.load() {
            Ok(Some(newest)) if newest.dataset_id == record.dataset => {
                let path = self.meta_path(&names::record_name(record.version))?;
                let source = std::io::Error::other("its number has expired");
                Err(unknown(record, varvite_storage::Error::Io { path, action: "keep", source }))
            }
            Err(Error::Storage { source, .. }) => Err(unknown(record, source)),
            _ => Err(Error::Dropped { path: self.data.to_string() }),
        }
    }

    /// Commits what changes no rows, on the newest version, whatever that is by then. `None`: there is nothing to do.
    pub(crate) fn commit_until_won(
        &self,
        base: Snapshot,
        locked: bool,
        draft: impl Fn(&Snapshot) -> Result<Option<Draft>>,
    ) -> Result<Option<Snapshot>> {
        let mut newest = self.refresh(&base)?.unwrap_or(base);
        for _ in 0..MAX_ATTEMPTS {
            let Some(draft) = draft(&newest)? else { return Ok(None) };
            match self.commit(Some(&newest), &draft, locked) {
                Ok(CommitOutcome::Committed(after)) => return Ok(Some(*after)),
                Ok(CommitOutcome::Conflict { winner }) => newest = *winner,
                Err(error) if was_swept(&error) => newest = self.start_over(Some(&newest))?.unwrap_or(newest),
                Err(error) => return Err(error),
            }
        }
        Err(Error::Conflict { version: newest.version + 1, attempts: MAX_ATTEMPTS })
    }

    fn record(&self, base: Option<&Snapshot>, draft: &Draft) -> Result<Record> {
        let schema = draft.schema.clone().or_else(|| base.and_then(|base| base.schema.clone()));
        let settings = draft.settings.as_ref().or(base.map(|base| &base.settings)).ok_or(Error::OrderedOnMissing)?;
        let ordered = schema.map(|schema| crate::schema::ordered_type(&schema, &settings.ordered_on)).transpose()?;
        let text = |value: &OrderedValue| ordered.as_ref().map(|ordered| ordered.format(value)).unwrap_or_default();
        Ok(Record {
            format: FORMAT,
            features: Vec::new(),
            dataset: draft.dataset_id.clone(),
            version: base.map_or(0, |base| base.version + 1),
            parent: base.map(|base| base.head.clone()).unwrap_or_default(),
            txn: format!("{:016x}{:016x}", self.storage.random(), self.storage.random()),
            app: draft.app.clone().map(|(id, seq)| App { id, seq }),
            op: draft.op.to_owned(),
            at_ms: self.storage.now_ms(),
            base: base.map(|base| base.version),
            range: draft.range.as_ref().map(|(min, max)| [text(min), text(max)]),
            add: ordered
                .iter()
                .flat_map(|ordered| draft.add.iter().map(|file| AddedFile::new(file, ordered)))
                .collect(),
            rm: draft.rm.clone(),
            kv: KeyValues { set: draft.set.clone(), unset: draft.unset.clone() },
            tags: draft.tags.clone(),
            readable_from: draft.readable_from.or_else(|| self.due_readable_from(base?)),
            settings: draft.settings.clone(),
            schema: draft.schema.as_ref().map(|schema| replay::encode_schema(schema)),
            key: draft.key.clone(),
        })
    }

    /// The first round: data files, their folder and the staged record, side by side. So is the version before, whose
    /// writer may not have come to that: a power cut takes no record and leaves the one behind it.
    fn make_durable(&self, base: Option<&Snapshot>, draft: &Draft, staged: &Staged) -> Result<()> {
        let failed = |source| self.failed("making a commit durable", source);
        let waiting = draft.add.iter().filter(|file| !draft.durable.contains(&file.name));
        let paths = waiting.map(|file| self.data_path(&file.name)).collect::<Result<Vec<_>>>()?;
        let share = paths.len().div_ceil(SYNCS_AT_ONCE).max(1);
        std::thread::scope(|scope| {
            let sync_all = |paths: &[StoragePath]| paths.iter().try_for_each(|path| self.storage.sync(path));
            let mut works: Vec<_> = paths.chunks(share).collect();
            works.push(std::slice::from_ref(&self.data));
            if base.is_some_and(|base| !self.is_durable(base)) {
                works.push(std::slice::from_ref(&self.meta));
            }
            let begin = |paths| {
                let work = move || sync_all(paths);
                or_here(Builder::new().spawn_scoped(scope, work), work)
            };
            let rounds: Vec<_> = works.into_iter().map(begin).collect();
            let own = self.storage.sync_staged(staged);
            rounds.into_iter().map(Begun::join).chain([own]).collect::<Result<(), _>>()
        })
        .map_err(failed)
    }

    /// Whether the record's name became ours. After an unclear answer the record itself tells, if it can be read.
    fn publish(&self, staged: &Staged, record: &Record) -> Result<bool> {
        let unclear = match self.storage.publish(staged) {
            Ok(Published::Created) => return Ok(true),
            Ok(Published::AlreadyExists) => None,
            Err(source) => match self.storage.head(&staged.path) {
                Ok(None) => return Err(self.failed("committing", source)),
                Ok(Some(_)) => Some(source),
                Err(_) => return Err(unknown(record, source)),
            },
        };
        match (self.read_record(record.version), unclear) {
            (Ok((standing, _)), _) => Ok(standing.txn == record.txn),
            // Somebody's record stood there, and has gone with the dataset.
            (Err(Error::Storage { source, .. }), None) if source.is_not_found() => Ok(false),
            (Err(Error::Storage { source, .. }), _) | (Err(_), Some(source)) => Err(unknown(record, source)),
            // Somebody's record stands there, and it is damaged.
            (Err(error), None) => Err(error),
        }
    }

    /// Leaves an empty file that names the version, so that lost records are noticed. Only advice: it may fail.
    pub(super) fn witness(&self, version: u64) {
        let written = self.meta_path(&names::tail_name(version)).ok().and_then(|path| {
            let staged = self.storage.stage(&path, bytes::Bytes::new()).ok()?;
            self.storage.publish(&staged).ok()
        });
        if let (Some(_), Some(older)) = (written, version.checked_sub(1))
            && let Ok(path) = self.meta_path(&names::tail_name(older))
        {
            let _ = self.storage.delete(&path);
        }
    }
}

/// Whether files or folders are gone that a writer had just created: another one took it for dead and tidied up.
pub(crate) fn was_swept(error: &Error) -> bool {
    matches!(error, Error::Storage { source, .. } if source.is_not_found())
}

fn unknown(record: &Record, source: varvite_storage::Error) -> Error {
    Error::CommitUnknown { version: record.version, txn: record.txn.clone(), source }
}
