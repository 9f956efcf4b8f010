//! The file: who may open it, what it remembers, what is said of one that is none of ours.

use varvite_feature::online::{MaterializeOptions, OnlineStore};

use crate::world::{World, at};

#[test]
fn values_survive_a_restart() {
    let world = World::new(None);
    world.append(&[(1, 5, None, Some(5)), (2, 50, None, Some(6))]);
    world.up_to(10);
    let world = world.reopened();
    assert_eq!(world.values(&[1, 2], 1000), "5 PRESENT @5, - NOT_FOUND @-");
    assert_eq!(world.up_to(100).rows_read, 1, "it is known what was withheld");
    assert_eq!(world.values(&[1, 2], 1000), "5 PRESENT @5, 6 PRESENT @50");
}

#[test]
fn a_file_in_use_is_refused_with_advice() {
    let world = World::new(None);
    let path = world.store.path().to_owned();
    for refused in [OnlineStore::open(&path).unwrap_err(), OnlineStore::open_read_only(&path).unwrap_err()] {
        assert_eq!(refused.code(), "VV0430");
        assert!(refused.to_string().ends_with("are in use by another process"), "{refused}");
        assert!(refused.help().unwrap().contains("the process that serves also materializes"));
    }
}

#[test]
fn readers_share_a_file_and_write_nothing() {
    let mut world = World::new(None);
    world.append(&[(1, 5, None, Some(5))]);
    world.up_to(10);
    let path = world.store.path().to_owned();
    world.store = OnlineStore::open(world.folder.path().join("another.redb")).unwrap();
    world.store = OnlineStore::open_read_only(&path).unwrap();
    let second = OnlineStore::open_read_only(&path).unwrap();
    assert_eq!(second.groups().unwrap(), ["g@v1"]);
    assert_eq!(world.values(&[1], 1000), "5 PRESENT @5");
    let options = MaterializeOptions::up_to(at(1000));
    assert_eq!(second.materialize(&world.group, &world.dataset, &options).unwrap_err().code(), "VV0431");
    assert_eq!(OnlineStore::open(&path).unwrap_err().code(), "VV0430", "nobody writes what is being read");
}

#[test]
fn what_is_no_file_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.redb");
    std::fs::write(&path, "these are no values, but long enough to be looked at").unwrap();
    assert_eq!(OnlineStore::open(&path).unwrap_err().code(), "VV0435");
}
