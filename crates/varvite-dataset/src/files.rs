//! [`Files`]: the files of a version, shared with the versions around it.

use std::ops::{Index, Range};
use std::sync::Arc;

use crate::{DataFile, OrderedValue};

/// Most files in a chunk.
const CHUNK: usize = 512;

/// The files of a version in dataset order: sorted by name, and by the ordered column.
///
/// A list in chunks: a commit copies the chunks that it changes, so that a version costs the same however many files
/// the dataset has, and cloning costs nothing.
#[derive(Debug, Clone, Default)]
pub struct Files {
    chunks: Arc<Vec<Chunk>>,
    len: usize,
    num_rows: u64,
    num_bytes: u64,
}

#[derive(Debug, Clone)]
struct Chunk {
    /// Position of the first file.
    start: usize,
    /// At least one.
    files: Arc<[Arc<DataFile>]>,
    num_rows: u64,
    num_bytes: u64,
}

impl Files {
    /// Number of files.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Total number of rows.
    pub fn num_rows(&self) -> u64 {
        self.num_rows
    }

    /// Total length in bytes.
    pub fn num_bytes(&self) -> u64 {
        self.num_bytes
    }

    /// The file at a position.
    pub fn get(&self, at: usize) -> Option<&Arc<DataFile>> {
        let chunk = self.chunks.get(self.chunk_of(at))?;
        chunk.files.get(at - chunk.start)
    }

    /// The first file.
    pub fn first(&self) -> Option<&Arc<DataFile>> {
        self.get(0)
    }

    /// The last file.
    pub fn last(&self) -> Option<&Arc<DataFile>> {
        self.chunks.last()?.files.last()
    }

    /// All files in order.
    pub fn iter(&self) -> Iter<'_> {
        self.range(0..self.len)
    }

    /// The files at these positions.
    ///
    /// # Panics
    /// If there are no such files.
    pub fn range(&self, range: Range<usize>) -> Iter<'_> {
        assert!(range.end <= self.len, "there are {} files, not {}", self.len, range.end);
        Iter { files: self, range }
    }

    /// The first position whose file does not fulfil `before`, which holds for the first files and for no later ones.
    pub fn partition_point(&self, before: impl Fn(&DataFile) -> bool) -> usize {
        let chunk = self.chunks.partition_point(|chunk| chunk.files.last().is_some_and(|file| before(file)));
        let within = |chunk: &Chunk| chunk.start + chunk.files.partition_point(|file| before(file));
        self.chunks.get(chunk).map_or(self.len, within)
    }

    /// Where the file of this name is.
    pub fn position(&self, name: &str) -> Option<usize> {
        let at = self.partition_point(|file| file.name.as_str() < name);
        self.get(at).filter(|file| file.name == name).map(|_| at)
    }

    /// The files that may hold values from `first` to `last`, both included.
    pub(crate) fn touching(&self, first: &OrderedValue, last: &OrderedValue) -> Range<usize> {
        let start = self.partition_point(|file| file.max < *first);
        start..self.partition_point(|file| file.min <= *last).max(start)
    }

    /// The list with `new` in the place of the files at `range`.
    pub(crate) fn splice(&self, range: Range<usize>, new: Vec<Arc<DataFile>>) -> Self {
        let (mut first, mut last) = (self.chunk_of(range.start), self.chunk_of(range.end.max(range.start + 1) - 1));
        // Small neighbours are joined, or deletions would leave many small chunks.
        if first > 0 && self.chunks[first - 1].files.len() < CHUNK / 2 {
            first -= 1;
        }
        last = (last + 1).min(self.chunks.len()).max(first);
        let changed = &self.chunks[first..last];
        let from = changed.first().map_or(self.len, |chunk| chunk.start);
        let to = changed.last().map_or(from, |chunk| chunk.start + chunk.files.len());
        let kept = |range: Range<usize>| self.range(range).cloned();
        let files: Vec<_> =
            kept(from..range.start.max(from)).chain(new).chain(kept(range.end..to.max(range.end))).collect();
        let mut chunks: Vec<Chunk> = self.chunks[..first].to_vec();
        chunks.extend(cut(&files));
        chunks.extend_from_slice(&self.chunks[last..]);
        Self::of(chunks)
    }

    fn of(mut chunks: Vec<Chunk>) -> Self {
        let mut len = 0;
        for chunk in &mut chunks {
            chunk.start = len;
            len += chunk.files.len();
        }
        let num_rows = chunks.iter().map(|chunk| chunk.num_rows).fold(0, u64::saturating_add);
        let num_bytes = chunks.iter().map(|chunk| chunk.num_bytes).fold(0, u64::saturating_add);
        Self { chunks: Arc::new(chunks), len, num_rows, num_bytes }
    }

    /// The chunk that holds the file at a position, or the last one for the position behind all.
    fn chunk_of(&self, at: usize) -> usize {
        self.chunks.partition_point(|chunk| chunk.start <= at).saturating_sub(1)
    }
}

/// Files one after the other.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    files: &'a Files,
    range: Range<usize>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Arc<DataFile>;

    fn next(&mut self) -> Option<Self::Item> {
        self.range.next().and_then(|at| self.files.get(at))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.range.next_back().and_then(|at| self.files.get(at))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Files {
    type Item = &'a Arc<DataFile>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Files in chunks of about equal size.
fn cut(files: &[Arc<DataFile>]) -> impl Iterator<Item = Chunk> {
    let pieces = files.len().div_ceil(CHUNK).max(1);
    files.chunks(files.len().div_ceil(pieces).max(1)).map(|files| Chunk {
        start: 0,
        files: files.into(),
        // What a damaged record says must not overflow.
        num_rows: files.iter().map(|file| file.num_rows).fold(0, u64::saturating_add),
        num_bytes: files.iter().map(|file| file.len).fold(0, u64::saturating_add),
    })
}

#[cfg(test)]
impl Files {
    /// Files for planning: smallest and largest value, and number of rows of each.
    pub(crate) fn of_spans(spans: impl IntoIterator<Item = (OrderedValue, OrderedValue, u64)>) -> Self {
        let file = |(at, (min, max, num_rows)): (usize, (OrderedValue, OrderedValue, u64))| {
            Arc::new(DataFile { name: format!("{at:08}"), len: 10, end: 1, tail: 0, sum: 0, num_rows, min, max })
        };
        spans.into_iter().enumerate().map(file).collect()
    }
}

impl FromIterator<Arc<DataFile>> for Files {
    fn from_iter<I: IntoIterator<Item = Arc<DataFile>>>(files: I) -> Self {
        Self::of(cut(&files.into_iter().collect::<Vec<_>>()).collect())
    }
}

impl Index<usize> for Files {
    type Output = Arc<DataFile>;

    fn index(&self, at: usize) -> &Arc<DataFile> {
        let chunk = &self.chunks[self.chunk_of(at)];
        &chunk.files[at - chunk.start]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(count: usize) -> Files {
        let value = |at: usize| OrderedValue::Int(i64::try_from(at).unwrap_or_default());
        Files::of_spans((0..count).map(|at| (value(at), value(at), 1)))
    }

    fn names(files: &Files) -> Vec<String> {
        files.iter().map(|file| file.name.clone()).collect()
    }

    #[test]
    fn a_list_in_chunks_is_a_list() {
        let mut model: Vec<Arc<DataFile>> = Vec::new();
        let mut files = Files::default();
        let mut state = 7_usize;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below.max(1)
        };
        for _ in 0..300 {
            let start = random(model.len() + 1);
            let end = start + random((model.len() - start + 1).min(900));
            let new: Vec<_> = many(random(700)).iter().cloned().collect();
            files = files.splice(start..end, new.clone());
            model.splice(start..end, new);
            assert_eq!((files.len(), files.num_rows()), (model.len(), model.len() as u64));
            assert!(files.iter().zip(&model).all(|(a, b)| Arc::ptr_eq(a, b)));
            assert!(files.chunks.iter().all(|chunk| (1..=CHUNK).contains(&chunk.files.len())));
            let at = random(model.len());
            assert_eq!(files.get(at).map(|file| &file.name), model.get(at).map(|file| &file.name));
        }
        assert!(files.chunks.len() < 4 + 4 * model.len() / CHUNK, "{} chunks", files.chunks.len());
    }

    #[test]
    fn files_are_found_by_name_and_value() {
        let files = many(2000);
        assert_eq!((files.position("00001234"), files.position("x")), (Some(1234), None));
        assert_eq!(files.touching(&5.into(), &9.into()), 5..10);
        assert_eq!(names(&files.splice(1..1999, Vec::new())), ["00000000", "00001999"]);
    }
}
