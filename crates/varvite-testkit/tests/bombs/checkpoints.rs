//! Checkpoints, which are passed over where they make no sense: the log is replayed without them.

use varvite_dataset::Compression;
use varvite_testkit::damage::{Files, Kind};
use varvite_testkit::forge::log::put_checkpoint;
use varvite_testkit::forge::parquet::{Lie, Parts};
use varvite_testkit::forge::thrift::Thrift;

use super::pages::page;
use super::{Bomb, MIB, bomb, claiming, dataset};

pub(crate) fn bombs() -> Vec<Bomb> {
    let sound = dataset(Compression::None, 66);
    let path = sound.keys().find(|path| Kind::of(path) == Kind::Checkpoint).unwrap().clone();
    let forged = |change: &dyn Fn(&mut Parts)| -> Files {
        let mut files = sound.clone();
        let mut parts = Parts::read(&files[&path]).unwrap();
        change(&mut parts);
        put_checkpoint(&mut files, &path, &parts.assemble().bytes);
        files
    };
    let lying = |lies: &[(&[i16], i64)]| {
        forged(&|parts| {
            let lies = lies.iter().map(|(path, value)| Lie::Footer(path.to_vec(), Thrift::i64(*value)));
            parts.lies.extend(lies);
        })
    };
    let columns: Vec<[i16; 6]> = (0..8).map(|column| [4, 0, 1, column, 3, 5]).collect();
    let mut rows: Vec<(&[i16], i64)> = columns.iter().map(|path| (&path[..], 1 << 30)).collect();
    rows.extend([(&[3][..], 1 << 30), (&[4, 0, 3], 1 << 30)]);
    let passed_over = |name, files| bomb(name, None, 4 * MIB, files);
    vec![
        passed_over("a checkpoint put together again", forged(&|_| {})),
        passed_over("a checkpoint of 2^62 rows", lying(&[(&[3], 1 << 62)])),
        passed_over("a checkpoint of 2^30 rows everywhere", lying(&rows)),
        passed_over("a checkpoint of 2^31 row groups", {
            forged(&|parts| parts.lies.push(Lie::Footer(vec![4], claiming(12, 0x7fff_ffff))))
        }),
        passed_over("a checkpoint with another page", {
            forged(&|parts| parts.chunks[0] = vec![page(Some(0), 1, 0, vec![255; 40])])
        }),
    ]
}
