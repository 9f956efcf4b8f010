//! [`Parts`]: a data file taken apart into pages, indexes and footer, and put together again with hashes that fit.

use anyhow::{Context, Result};
use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

use super::thrift::Thrift;

/// Bytes that one hash covers.
const BLOCK: usize = 64 * 1024;

/// A page: its header, and what follows it.
#[derive(Debug, Clone)]
pub struct Page {
    /// As in the file.
    pub header: Thrift,
    /// As in the file, compressed.
    pub body: Vec<u8>,
    /// The first of its rows; `None` for a dictionary.
    pub first_row: Option<i64>,
}

/// A file with one row group, as ours are.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The pages of each column chunk.
    pub chunks: Vec<Vec<Page>>,
    /// The metadata. Offsets in it are made anew when the file is put together.
    pub footer: Thrift,
    /// Changes the metadata after that, and its bytes after that.
    pub lies: Vec<Lie>,
}

/// A change of what is known of a file, made at last.
#[derive(Debug, Clone)]
pub enum Lie {
    /// The value at this place of the metadata.
    Footer(Vec<i16>, Thrift),
    /// Bytes of the encoded metadata: from where on, counted from its beginning, how many go, and what comes.
    Bytes(usize, usize, Vec<u8>),
    /// The value at this place of a column's offset index.
    Index(usize, Vec<i16>, Thrift),
}

/// A file that was put together, and where its pages end.
#[derive(Debug, Clone)]
pub struct Assembled {
    /// All of it.
    pub bytes: Bytes,
    /// Where the pages end.
    pub end: usize,
}

/// The fields of a footer that this module goes through.
const CHUNKS: [i16; 3] = [4, 0, 1];

impl Parts {
    /// Takes a file apart.
    ///
    /// # Errors
    /// If it is none of ours.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let at = bytes.len().checked_sub(8).context("it is too short")?;
        let len = u32::from_le_bytes(bytes[at..at + 4].try_into()?);
        let start = at - usize::try_from(len)?;
        let (mut footer, _) = Thrift::read(&bytes[start..at]).context("its footer is unreadable")?;
        let Thrift::List(_, _, chunks) = footer.at(&CHUNKS).clone() else { anyhow::bail!("there are no columns") };
        let chunks = chunks.iter().map(|chunk| read_chunk(bytes, chunk).context("a column is unreadable"));
        let chunks = chunks.collect::<Result<_>>()?;
        Ok(Self { chunks, footer, lies: Vec::new() })
    }

    /// Whether a file can be put together with this footer.
    pub fn is_usable(footer: &Thrift) -> bool {
        let chunks = footer.get(4).and_then(|groups| groups.get(0)?.get(1));
        let usable = |chunk: &Thrift| matches!(chunk.get(3), Some(Thrift::Struct(_)));
        matches!(chunks, Some(Thrift::List(_, _, chunks)) if chunks.iter().all(usable)) && footer.get(5).is_some()
    }

    /// Puts the file together.
    ///
    /// # Panics
    /// If the footer is not [usable](Self::is_usable).
    pub fn assemble(&self) -> Assembled {
        let mut bytes = b"PAR1".to_vec();
        let mut footer = self.footer.clone();
        let mut indexes = Vec::new();
        for (at, pages) in self.chunks.iter().enumerate() {
            let start = bytes.len();
            let mut locations = Vec::new();
            for page in pages {
                let begin = bytes.len();
                bytes.extend(page.header.bytes());
                bytes.extend(&page.body);
                if let Some(first_row) = page.first_row {
                    let size = Thrift::i32(signed(bytes.len() - begin));
                    let fields = vec![(1, Thrift::i64(signed(begin))), (2, size), (3, Thrift::i64(first_row))];
                    locations.push(Thrift::Struct(fields));
                }
            }
            let data = locations.first().and_then(|first| first.get(1)?.number()).unwrap_or_default();
            if footer.at(&CHUNKS).get(i16::try_from(at).unwrap_or_default()).is_none() {
                continue;
            }
            let chunk = footer.at(&CHUNKS).at(&[i16::try_from(at).unwrap_or_default()]);
            let facts = chunk.at(&[3]);
            facts.set(7, Thrift::i64(signed(bytes.len() - start)));
            facts.set(9, Thrift::i64(data));
            if pages.iter().any(|page| page.first_row.is_none()) {
                facts.set(11, Thrift::i64(signed(start)));
            }
            // Nobody of ours reads these.
            if let Thrift::Struct(fields) = chunk {
                fields.retain(|(id, _)| !(6..=7).contains(id));
            }
            indexes.push(Thrift::Struct(vec![(1, Thrift::structs(locations))]));
        }
        let end = bytes.len();
        for (at, mut index) in indexes.into_iter().enumerate() {
            for lie in &self.lies {
                match lie {
                    Lie::Index(column, path, value) if *column == at => *index.at(path) = value.clone(),
                    _ => {}
                }
            }
            if footer.at(&CHUNKS).get(i16::try_from(at).unwrap_or_default()).is_none() {
                continue;
            }
            let (start, encoded) = (bytes.len(), index.bytes());
            let chunk = footer.at(&CHUNKS).at(&[i16::try_from(at).unwrap_or_default()]);
            chunk.set(4, Thrift::i64(signed(start)));
            chunk.set(5, Thrift::i32(signed(encoded.len())));
            bytes.extend(encoded);
        }
        let footer = self.finish(footer, &bytes[..end]);
        let len = u32::try_from(footer.len()).unwrap_or(u32::MAX);
        bytes.extend(footer);
        bytes.extend(len.to_le_bytes());
        bytes.extend(b"PAR1");
        Assembled { bytes: bytes.into(), end }
    }

    /// The encoded metadata, with hashes of the pages, and with lies.
    fn finish(&self, mut footer: Thrift, pages: &[u8]) -> Vec<u8> {
        let hashes: Vec<String> = pages.chunks(BLOCK).map(|block| format!("{:016x}", xxh3_64(block))).collect();
        if let Thrift::List(_, _, entries) = footer.at(&[5]) {
            let blocks = |entry: &&mut Thrift| entry.get(1) == Some(&Thrift::Binary(b"varvite.blocks".to_vec()));
            if let Some(entry) = entries.iter_mut().find(blocks) {
                entry.set(2, Thrift::Binary(hashes.concat().into_bytes()));
            }
        }
        for lie in &self.lies {
            if let Lie::Footer(path, value) = lie {
                *footer.at(path) = value.clone();
            }
        }
        let mut bytes = footer.bytes();
        for lie in &self.lies {
            if let Lie::Bytes(at, len, new) = lie {
                let at = (*at).min(bytes.len());
                let end = (at + len).min(bytes.len());
                bytes.splice(at..end, new.iter().copied());
            }
        }
        bytes
    }
}

fn read_chunk(bytes: &[u8], chunk: &Thrift) -> Option<Vec<Page>> {
    let number = |value: Option<&Thrift>| usize::try_from(value?.number()?).ok();
    let facts = chunk.get(3)?;
    let index_start = number(chunk.get(4))?;
    let (index, _) = Thrift::read(bytes.get(index_start..)?)?;
    let Thrift::List(_, _, locations) = index.get(1)? else { return None };
    let read = |start: usize, first_row: Option<i64>| {
        let (header, len) = Thrift::read(bytes.get(start..)?)?;
        let size = number(header.get(3))?;
        let body = bytes.get(start + len..start + len + size)?.to_vec();
        Some(Page { header, body, first_row })
    };
    let dictionary = facts.get(11).map(|start| read(number(Some(start))?, None));
    let data = locations.iter().map(|location| read(number(location.get(1))?, Some(location.get(3)?.number()?)));
    dictionary.into_iter().chain(data).collect()
}

fn signed(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
