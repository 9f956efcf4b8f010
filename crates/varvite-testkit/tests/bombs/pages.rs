//! Pages that claim more than they hold, or hold far more than their bytes.

use varvite_dataset::Compression;
use varvite_testkit::damage::Files;
use varvite_testkit::forge::parquet::{Lie, Page};
use varvite_testkit::forge::thrift::Thrift;

use super::{Bomb, DAMAGED, MIB, ROWS, TOO_LARGE, bomb, forged};

/// Positions of columns.
const T: usize = 0;
const S: usize = 1;
const L: usize = 2;
const TEXTS: usize = 3;

/// Encodings, by their numbers.
const PLAIN: i64 = 0;
const DELTA: i64 = 5;
const DELTA_LENGTHS: i64 = 6;
const DICTIONARY: i64 = 8;

const ALL: u64 = ROWS.unsigned_abs();

/// A run of `count` times a value of one byte.
pub(crate) fn run(count: u64, value: u8) -> Vec<u8> {
    let mut bytes = varint(count << 1);
    bytes.push(value);
    bytes
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

/// Runs behind their length, as levels stand in a page.
pub(crate) fn levels(runs: &[Vec<u8>]) -> Vec<u8> {
    let runs = runs.concat();
    [u32::try_from(runs.len()).unwrap().to_le_bytes().to_vec(), runs].concat()
}

/// A page of `count` values from a row on; a dictionary if there is no row.
pub(crate) fn page(first_row: Option<i64>, count: i64, encoding: i64, body: Vec<u8>) -> Page {
    let len = i64::try_from(body.len()).unwrap();
    page_of(first_row, count, encoding, body, len)
}

fn page_of(first_row: Option<i64>, count: i64, encoding: i64, body: Vec<u8>, uncompressed: i64) -> Page {
    let len = Thrift::i32(i64::try_from(body.len()).unwrap());
    let mut inner = vec![(1, Thrift::i32(count)), (2, Thrift::i32(encoding))];
    let (kind, id) = if first_row.is_none() { (2, 7) } else { (0, 5) };
    if first_row.is_some() {
        inner.extend([(3, Thrift::i32(3)), (4, Thrift::i32(3))]);
    }
    let sizes = vec![(1, Thrift::i32(kind)), (2, Thrift::i32(uncompressed)), (3, len), (id, Thrift::Struct(inner))];
    Page { header: Thrift::Struct(sizes), body, first_row }
}

/// A dictionary of one text of so many bytes.
pub(crate) fn one_text(len: usize) -> Page {
    page(None, 1, PLAIN, [u32::try_from(len).unwrap().to_le_bytes().to_vec(), vec![b'x'; len]].concat())
}

/// A frame of Zstandard that unfolds to so many blocks of 128 KiB of one byte.
fn unfolding(blocks: u32, byte: u8) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    frame.extend((blocks << 17).to_le_bytes());
    for block in 1..=blocks {
        let header = u32::from(block == blocks) | 1 << 1 | 0x20000 << 3;
        frame.extend(&header.to_le_bytes()[..3]);
        frame.push(byte);
    }
    frame
}

/// A file whose column has these pages of so many values.
fn paged(column: usize, pages: Vec<Page>, count: i64) -> Files {
    forged(Compression::None, |parts| {
        parts.chunks[column] = pages;
        let place = vec![4, 0, 1, i16::try_from(column).unwrap(), 3, 5];
        parts.lies.push(Lie::Footer(place, Thrift::i64(count)));
    })
}

/// A page of texts that are all there, with these values.
fn texts(encoding: i64, values: &[u8]) -> Page {
    page(Some(0), ROWS, encoding, [levels(&[run(ALL, 1)]), values.to_vec()].concat())
}

/// Rows of one value each, but for the last, which has all that are left of `count`.
fn long_list(count: u64, values: Vec<u8>) -> Page {
    let rows = levels(&[run(ALL, 0), run(count - ALL, 1)]);
    page(Some(0), i64::try_from(count).unwrap(), DICTIONARY, [rows, levels(&[run(count, 3)]), values].concat())
}

pub(crate) fn bombs() -> Vec<Bomb> {
    [headers(), compressed(), dictionaries(), lists(), values(), texts_that_are_none()].into_iter().flatten().collect()
}

fn headers() -> Vec<Bomb> {
    let header = |path: &[i16], value: i64| {
        forged(Compression::Zstd, |parts| *parts.chunks[S].last_mut().unwrap().header.at(path) = Thrift::i32(value))
    };
    let damaged = |name, files| bomb(name, DAMAGED, MIB, files);
    vec![
        damaged("a page of 2^31 bytes", header(&[2], 0x7fff_ffff)),
        damaged("a page of -1 bytes", header(&[2], -1)),
        damaged("a page of 2^31 values", header(&[5, 1], 0x7fff_ffff)),
        damaged("a page of 2^31 compressed bytes", header(&[3], 0x7fff_ffff)),
    ]
}

fn compressed() -> Vec<Bomb> {
    let unfolded = |blocks: u32, byte: u8| {
        forged(Compression::Zstd, |parts| {
            parts.chunks[S] = vec![page_of(Some(0), ROWS, PLAIN, unfolding(blocks, byte), i64::from(blocks) << 17)];
        })
    };
    vec![
        // Nothing but zeros: levels of no length.
        bomb("29 KB that unfold to 900 MiB", DAMAGED, 1000 * MIB, unfolded(7200, 0)),
        bomb("50 KB that unfold to 1.5 GiB", DAMAGED, MIB, unfolded(12_288, 0)),
    ]
}

fn dictionaries() -> Vec<Bomb> {
    let positions = [vec![1], run(ALL, 0)].concat();
    let of_text = |len: usize| paged(S, vec![one_text(len), texts(DICTIONARY, &positions)], ROWS);
    let entries = vec![page(None, 0x7fff_ffff, PLAIN, vec![0; 40]), texts(DICTIONARY, &positions)];
    vec![
        bomb("a dictionary of 2^31 entries", DAMAGED, MIB, paged(S, entries, ROWS)),
        // Copied for each row: first of a scan, then of a merge, which also encodes them again.
        bomb("100 rows of one text of 1 MiB", None, 800 * MIB, of_text(MIB)),
        Bomb { merge: false, ..bomb("100 rows of one text of 64 MiB", None, 800 * MIB, of_text(64 * MIB)) },
    ]
}

fn lists() -> Vec<Bomb> {
    let million = 1 << 20;
    let numbers = long_list(1 << 28, [vec![1], run(1 << 28, 0)].concat());
    let texts = long_list(million, [vec![1], run(million, 0)].concat());
    vec![
        bomb(
            "a list of 2^28 numbers",
            TOO_LARGE,
            64 * MIB,
            paged(L, vec![page(None, 1, PLAIN, vec![0; 4]), numbers], 1 << 28),
        ),
        bomb(
            "a list of a million texts of 1 MiB",
            TOO_LARGE,
            64 * MIB,
            paged(TEXTS, vec![one_text(MIB), texts], 1 << 20),
        ),
    ]
}

fn values() -> Vec<Bomb> {
    let damaged = |name, files| bomb(name, DAMAGED, 4 * MIB, files);
    let positions = |values: &[u8]| paged(S, vec![one_text(1), texts(DICTIONARY, values)], ROWS);
    let differences = |block: u64, groups: u64| {
        let header = [varint(block), varint(groups), varint(ALL), vec![0, 0, 0]].concat();
        paged(T, vec![page(Some(0), ROWS, DELTA, header)], ROWS)
    };
    let nothing = [levels(&[vec![0; 10_000]]), vec![1], vec![0; 10_000]].concat();
    let lengths = [varint(128), varint(4), varint(1 << 40), vec![0]].concat();
    vec![
        damaged("positions of 255 bits", positions(&[vec![255], run(ALL, 0)].concat())),
        damaged("positions beyond the dictionary", positions(&[vec![8], run(ALL, 200)].concat())),
        damaged("runs of nothing", paged(S, vec![one_text(1), page(Some(0), ROWS, DICTIONARY, nothing)], ROWS)),
        damaged("texts of 4 GiB", paged(S, vec![texts(PLAIN, &[255; 4000])], ROWS)),
        damaged("differences in blocks of 2^62", differences(1 << 62, 1 << 31)),
        damaged("differences in 2^40 groups", differences(1 << 45, 1 << 40)),
        damaged("2^40 lengths in an encoding that is not ours", paged(S, vec![texts(DELTA_LENGTHS, &lengths)], ROWS)),
    ]
}

/// Bytes that are no UTF-8, in a column of which the file does not say that it holds texts.
fn texts_that_are_none() -> Vec<Bomb> {
    let unnoted = |pages: Vec<Page>| {
        forged(Compression::None, |parts| {
            let mut node = parts.footer.at(&[2, 2]).clone();
            if let Thrift::Struct(fields) = &mut node {
                fields.retain(|(id, _)| ![6, 10].contains(id));
            }
            parts.chunks[S] = pages;
            parts.lies.push(Lie::Footer(vec![2, 2], node));
        })
    };
    let no_text = [3, 0, 0, 0, 0xff, 0xc0, 0x80];
    let plain = texts(PLAIN, &no_text.repeat(usize::try_from(ROWS).unwrap()));
    let dictionary = page(None, 1, PLAIN, no_text.to_vec());
    let positions = texts(DICTIONARY, &[vec![1], run(ALL, 0)].concat());
    vec![
        bomb("texts that are none", DAMAGED, MIB, unnoted(vec![plain])),
        bomb("a dictionary of a text that is none", DAMAGED, MIB, unnoted(vec![dictionary, positions])),
    ]
}
