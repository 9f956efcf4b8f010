//! Footers that claim more than there is.

use varvite_dataset::Compression;
use varvite_testkit::forge::parquet::Lie;
use varvite_testkit::forge::thrift::Thrift;

use super::{Bomb, DAMAGED, MIB, bomb, claiming, forged, lying};

const MANY: usize = 0x7fff_ffff;

pub(crate) fn bombs() -> Vec<Bomb> {
    let node = |children: i64| {
        Thrift::Struct(vec![(3, Thrift::i32(1)), (4, Thrift::Binary(b"n".to_vec())), (5, Thrift::i32(children))])
    };
    let chain = |len: usize| Thrift::structs((0..len).map(|_| node(1)).collect());
    let damaged = |name, files| bomb(name, DAMAGED, MIB, files);
    let mut bombs = vec![
        damaged("a schema of 2^31 nodes", lying(&[2], claiming(12, MANY))),
        damaged("a node of 2^31 children", lying(&[2, 0, 5], Thrift::i32(0x7fff_ffff))),
        damaged("a schema 100,000 deep", lying(&[2], chain(100_000))),
        damaged("a schema 1,000 deep", lying(&[2], chain(1_000))),
        damaged("2^31 row groups", lying(&[4], claiming(12, MANY))),
        damaged("2^31 columns", lying(&[4, 0, 1], claiming(12, MANY))),
        damaged("2^31 entries", lying(&[5], claiming(12, MANY))),
        damaged("2^31 sorting columns", lying(&[4, 0, 4], claiming(12, MANY))),
        damaged("2^62 rows in a footer", lying(&[3], Thrift::i64(1 << 62))),
    ];
    // Where a column is, how long it is and how many values it has.
    let chunk = |inner: &[i16], value: i64| lying(&[&[4, 0, 1, 0], inner].concat(), Thrift::i64(value));
    bombs.extend([
        damaged("a column before the file", chunk(&[3, 9], i64::MIN)),
        damaged("a column of 2^63 bytes", chunk(&[3, 7], i64::MAX)),
        damaged("a column of -1 bytes", chunk(&[3, 7], -1)),
        damaged("2^62 values of a column", chunk(&[3, 5], 1 << 62)),
        damaged("an index of 2^31 bytes", lying(&[4, 0, 1, 0, 5], Thrift::i32(0x7fff_ffff))),
    ]);
    let index = |path: &[i16], value: Thrift| {
        forged(Compression::Zstd, |parts| parts.lies.push(Lie::Index(0, path.to_vec(), value)))
    };
    bombs.extend([
        damaged("an index of 2^31 pages", index(&[1], claiming(12, MANY))),
        damaged("a page that begins in front of its column", index(&[1, 0, 1], Thrift::i64(2))),
        damaged("a page that begins with row -1", index(&[1, 0, 3], Thrift::i64(-1))),
        damaged("a page that begins with row 2^62", index(&[1, 0, 3], Thrift::i64(1 << 62))),
    ]);
    // What is really there, but far too often.
    let entry = Thrift::Struct(vec![(1, Thrift::Binary(vec![]))]);
    bombs.push(damaged("1,000,000 entries", lying(&[5], Thrift::structs(vec![entry; 1_000_000]))));
    let groups = forged(Compression::Zstd, |parts| {
        let group = parts.footer.at(&[4, 0]).clone();
        parts.lies.push(Lie::Footer(vec![4], Thrift::structs(vec![group; 10_000])));
    });
    bombs.push(damaged("10,000 row groups", groups));
    bombs
}
