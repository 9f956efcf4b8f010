//! Materialization by commits (S16): nothing late is passed over, nothing removed stays, nothing is read twice.

use varvite_feature::online::{MaterializeOptions, Rebuild};

use crate::world::{World, at, options};

#[test]
fn late_rows_are_served_however_late() {
    let world = World::new(None);
    world.append(&[(1, 500, None, Some(5))]);
    world.up_to(1000);
    world.append(&[(2, 3, None, Some(3)), (1, 4, None, Some(4))]);
    let report = world.up_to(1000);
    assert_eq!(world.values(&[1, 2], 1000), "5 PRESENT @500, 3 PRESENT @3");
    assert_eq!((report.rebuilt, report.from_commit, report.to_commit, report.keys), (None, Some(0), Some(1), 2));
}

#[test]
fn only_new_files_are_read() {
    let world = World::new(None);
    for day in 0..20 {
        world.append(&(0..4).map(|key| (key, day * 10 + key, None, Some(day))).collect::<Vec<_>>());
    }
    assert_eq!(world.up_to(1000).rows_read, 80);
    assert_eq!(world.up_to(1000).rows_read, 0, "it is idempotent");
    world.append(&[(9, 900, None, Some(9)), (9, 901, None, Some(9)), (9, 902, None, Some(9)), (9, 903, None, Some(9))]);
    let report = world.up_to(1000);
    assert!(report.rows_read <= 8, "{report}");
    assert_eq!((report.rows_written, report.keys, report.lag_commits), (1, 5, 1));
}

#[test]
fn commits_that_take_rows_away_make_a_new_generation() {
    let world = World::new(None);
    world.append(&[(1, 5, None, Some(5)), (1, 9, None, Some(9)), (2, 7, None, Some(7))]);
    world.up_to(1000);
    let _ = world.dataset.delete_range(9.., &options()).unwrap();
    let report = world.up_to(1000);
    assert_eq!(report.rebuilt, Some(Rebuild::RowsRemoved { commit: 1, op: "delete".to_owned() }));
    assert_eq!(world.values(&[1, 2], 1000), "5 PRESENT @5, 7 PRESENT @7");
    world.overwrite(&[(2, 1, None, Some(1))]);
    assert_eq!(world.up_to(1000).rebuilt, Some(Rebuild::RowsRemoved { commit: 2, op: "overwrite".to_owned() }));
    assert_eq!(world.values(&[1, 2], 1000), "- NOT_FOUND @-, 1 PRESENT @1");
}

#[test]
fn a_bound_that_goes_back_takes_later_rows_away() {
    let world = World::new(None);
    world.append(&[(1, 5, None, Some(5)), (1, 9, None, Some(9))]);
    world.up_to(1000);
    assert_eq!(world.up_to(9).rebuilt, None, "nothing later is served");
    assert_eq!(world.up_to(8).rebuilt, Some(Rebuild::BoundWentBack));
    assert_eq!(world.values(&[1], 1000), "5 PRESENT @5");
    world.append(&[(2, 900, None, Some(9))]);
    world.up_to(8);
    assert_eq!(world.up_to(1000).rebuilt, None);
    assert_eq!(world.values(&[1, 2], 1000), "9 PRESENT @9, 9 PRESENT @900", "what waited is picked up");
}

#[test]
fn a_history_that_is_made_anew_replaces_the_old_one() {
    let world = World::new(None);
    world.append(&[(1, 5, None, Some(5)), (3, 5, None, Some(5))]);
    world.up_to(1000);
    world.dataset.remove().unwrap();
    assert_eq!(world.up_to(1000).to_string(), "g@v1: no history, nothing is served");
    assert_eq!(world.values(&[1], 1000), "- NOT_FOUND @-");
    world.append(&[(1, 4, None, Some(4))]);
    world.up_to(1000);
    world.dataset.remove().unwrap();
    world.append(&[(1, 3, None, Some(3))]);
    let status = world.store.status(&world.group, Some(&world.dataset)).unwrap();
    assert_eq!((status.other_dataset, status.is_current(), status.lag_commits), (true, false, Some(1)));
    assert_eq!(world.up_to(1000).rebuilt, Some(Rebuild::OtherDataset));
    assert_eq!(world.values(&[1, 3], 1000), "3 PRESENT @3, - NOT_FOUND @-");
}

#[test]
fn everything_is_made_anew_when_that_is_asked_for() {
    let world = World::new(None);
    world.append(&[(1, 5, None, Some(5))]);
    world.up_to(1000);
    let report = world.materialize(MaterializeOptions::up_to(at(1000)).with_incremental(false));
    assert_eq!((report.rebuilt, report.rows_read), (Some(Rebuild::Asked), 1));
    assert_eq!(world.values(&[1], 1000), "5 PRESENT @5");
}

#[test]
fn a_prepared_look_up_follows() {
    let world = World::new(None);
    let lookup = world.lookup();
    let value = || lookup.get_one(&[1_i64.into()], at(1000)).unwrap()[0].event_time;
    assert_eq!(value(), None);
    world.append(&[(1, 5, None, Some(5))]);
    world.up_to(1000);
    assert_eq!(value(), Some(at(5)));
    world.overwrite(&[(1, 3, None, Some(3))]);
    world.up_to(1000);
    assert_eq!(value(), Some(at(3)), "a new generation");
    assert!(world.store.remove("g@v1").unwrap());
    assert_eq!(value(), None);
    assert!(!world.store.remove("g@v1").unwrap());
}

#[test]
fn status_tells_what_is_behind() {
    let world = World::new(None);
    world.append(&[(1, 5, None, Some(5)), (2, 50, None, Some(5))]);
    world.up_to(10);
    let status = || world.store.status(&world.group, Some(&world.dataset)).unwrap();
    assert_eq!(
        status().to_string(),
        "g@v1: 1 keys, commit 0, up to 1970-01-01T00:00:00.000010Z; rows from 1970-01-01T00:00:00.000050Z on are withheld"
    );
    assert!(status().is_current());
    world.append(&[(1, 6, None, Some(5))]);
    world.append(&[(1, 7, None, Some(5))]);
    assert_eq!((status().is_current(), status().lag_commits), (false, Some(2)));
    assert_eq!(world.store.groups().unwrap(), ["g@v1"]);
    let json = serde_json::to_value(status()).unwrap();
    assert_eq!(json["up_to"], "1970-01-01T00:00:00.000010Z");
}

#[test]
fn a_history_of_something_else_is_refused() {
    let world = World::new(None);
    let rows = crate::world::batch(&[(1, 5, None, Some(5))], 0).project(&[0, 1, 2, 3]).unwrap();
    let _ = world.dataset.write(rows, &options()).unwrap();
    let refused = world.store.materialize(&world.group, &world.dataset, &MaterializeOptions::up_to(at(9))).unwrap_err();
    assert_eq!(refused.code(), "VV0434");
    assert!(refused.to_string().contains("`__commit`"), "{refused}");
}
