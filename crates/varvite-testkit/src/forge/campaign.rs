//! A campaign of random forgeries.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result};
use fastrand::Rng;
use varvite_dataset::{Dataset, ScanOptions};

use super::parquet::{Lie, Parts};
use super::thrift::Thrift;
use super::{log, mutate};
use crate::damage::{BuildShape, DATA, Files, Kind, Place, SHAPES, Shape, some_rows};

/// What was forged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each has its words in `Display`")]
pub enum Forgery {
    Page,
    PageHeader,
    Footer,
    FooterBytes,
    Index,
    Record,
    Checkpoint,
}

impl Forgery {
    const ALL: [Self; 7] =
        [Self::Page, Self::PageHeader, Self::Footer, Self::FooterBytes, Self::Index, Self::Record, Self::Checkpoint];
}

impl fmt::Display for Forgery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Page => "content of a page",
            Self::PageHeader => "header of a page",
            Self::Footer => "footer",
            Self::FooterBytes => "bytes of a footer",
            Self::Index => "offset index",
            Self::Record => "record",
            Self::Checkpoint => "checkpoint",
        })
    }
}

/// Runs case `number` of the campaign with this seed: what was forged, and the codes of what reading all of it and
/// merging into it said (`None`: they went well).
///
/// # Errors
/// A panic.
pub fn run(seed: u64, number: u64, shape: &BuildShape<'_>) -> Result<(Forgery, [Option<&'static str>; 2])> {
    let mut random = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    loop {
        let shape = shape(random.usize(..SHAPES), false)?;
        let forgery = Forgery::ALL[random.usize(..Forgery::ALL.len())];
        let mut files = shape.newest().files.clone();
        if forge(forgery, &mut files, &mut random)?.is_none() {
            continue;
        }
        let answers = ask(&shape, &files, &mut random).with_context(|| format!("{forgery} of {shape}"))?;
        return Ok((forgery, answers));
    }
}

/// Forges one thing, or several of one kind; `None` if the dataset does not have it.
fn forge(forgery: Forgery, files: &mut Files, random: &mut Rng) -> Result<Option<()>> {
    match forgery {
        Forgery::Record => {
            let records: Vec<u64> =
                (0..u64::MAX).take_while(|version| files.contains_key(&log::record_path(*version))).collect();
            let Some(version) = records.get(random.usize(..records.len().max(1))) else { return Ok(None) };
            let times = random.u8(1..4);
            log::change(files, *version, |record| (0..times).for_each(|_| mutate::json(record, random)))?;
        }
        Forgery::Checkpoint => {
            let Some(path) = files.keys().rfind(|path| Kind::of(path) == Kind::Checkpoint).cloned() else {
                return Ok(None);
            };
            let mut parts = Parts::read(&files[&path])?;
            let part = Forgery::ALL[random.usize(..5)];
            change(part, &mut parts, random);
            let bytes = parts.assemble().bytes;
            log::put_checkpoint(files, &path, &bytes);
        }
        _ => {
            // Files of versions whose records were removed cannot be forged: no record is left to say so.
            if !files.contains_key(&log::record_path(0)) {
                return Ok(None);
            }
            let names: Vec<&str> = files.keys().filter_map(|path| path.strip_prefix(DATA)).collect();
            let Some(name) = names.get(random.usize(..names.len().max(1))).map(|name| (*name).to_owned()) else {
                return Ok(None);
            };
            let mut parts = Parts::read(&files[&format!("{DATA}{name}")])?;
            change(forgery, &mut parts, random);
            log::put_file(files, &name, &parts.assemble())?;
        }
    }
    Ok(Some(()))
}

fn change(forgery: Forgery, parts: &mut Parts, random: &mut Rng) {
    let column = random.usize(..parts.chunks.len());
    let pages = &mut parts.chunks[column];
    let at = random.usize(..pages.len());
    let has_dictionary = pages.iter().any(|page| page.first_row.is_none());
    match forgery {
        Forgery::Page => {
            let page = &mut pages[at];
            mutate::bytes(&mut page.body, random);
            // As long as it says that it is, so that it is decoded.
            let len = i64::try_from(page.body.len()).unwrap_or_default();
            page.header.set(3, Thrift::i32(len));
            if random.bool() {
                page.header.set(2, Thrift::i32(len));
            }
        }
        Forgery::PageHeader => {
            for _ in 0..random.u8(1..4) {
                mutate::thrift(&mut pages[at].header, random);
            }
        }
        Forgery::Footer if random.bool() => {
            // What is made anew when the file is put together: where things are, and how many.
            let chunk = [4, 0, 1, i16::try_from(column).unwrap_or_default()];
            let inner = [&[3, 5][..], &[3, 6], &[3, 7], &[3, 9], &[4], &[5], &[3, 11]];
            let inner = inner[random.usize(..if has_dictionary { 7 } else { 6 })];
            let path = [&[3][..], &[4, 0, 3], &[&chunk, inner].concat()][random.usize(..6).min(2)].to_vec();
            parts.lies.push(Lie::Footer(path, Thrift::i64(mutate::number(random.i64(0..3000), random))));
        }
        Forgery::Footer => {
            for _ in 0..random.u8(1..4) {
                let mut footer = parts.footer.clone();
                mutate::thrift(&mut footer, random);
                // Without what the file is put together by, it is left as it was.
                if Parts::is_usable(&footer) {
                    parts.footer = footer;
                }
            }
        }
        Forgery::FooterBytes => {
            let (at, len) = (random.usize(..2000), random.usize(..4));
            let mut new = vec![0; random.usize(..6)];
            random.fill(&mut new);
            parts.lies.push(Lie::Bytes(at, len, new));
        }
        _ => {
            let data = pages.len() - usize::from(has_dictionary);
            let path = vec![1, i16::try_from(random.usize(..data)).unwrap_or_default(), random.i16(1..4)];
            let value = Thrift::i64(mutate::number(random.i64(0..3000), random));
            parts.lies.push(Lie::Index(column, path, value));
        }
    }
}

/// Asks everything; errors are fine.
fn ask(shape: &Shape, files: &Files, random: &mut Rng) -> Result<[Option<&'static str>; 2]> {
    let place = Place::new(false)?;
    place.put(files)?;
    let dataset = match guarded("opening", || shape.open(&place))?? {
        Ok(dataset) => dataset,
        Err(error) => return Ok([Some(error.code()), Some(error.code())]),
    };
    let read = guarded("reading", || dataset.read(&ScanOptions::default()))?;
    let columns = &shape.newest().columns;
    let range = ScanOptions::default().with_range(columns.bound(20)..columns.bound(60)).with_n_prev(2);
    guarded("a range", || dataset.read(&range).map(drop))?.ok();
    guarded("some columns", || dataset.read(&range.with_columns(["v", "n"])).map(drop))?.ok();
    guarded("a check", || dataset.check(true).map(drop))?.ok();
    guarded("the log", || dataset.log().map(drop))?.ok();
    guarded("an older version", || dataset.version(0)?.read(&ScanOptions::default()).map(drop))?.ok();
    guarded("a summary", || summary(&dataset))?;
    let rows = columns.batch(&some_rows(random, 3, 0, columns.evolved))?;
    let written = guarded("a merge", || dataset.write(rows, &shape.options()).map(drop))?;
    Ok([read.err().map(|error| error.code()), written.err().map(|error| error.code())])
}

fn summary(dataset: &Dataset) -> Option<String> {
    let snapshot = dataset.snapshot()?;
    Some(format!("{snapshot:?} {} {} {:?}", snapshot.num_rows(), snapshot.total_bytes(), snapshot.row_groups()))
}

fn guarded<T>(what: &'static str, ask: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(ask)).map_err(|_| anyhow::anyhow!("PANIC while {what}"))
}
