//! Which row of a key is served (S15): the greatest by event time, created time, commit, row.

use crate::world::{Row, World};

#[track_caller]
fn check(commits: &[&[Row]], expected: &str) {
    let world = World::new(None);
    for rows in commits {
        world.append(rows);
        world.up_to(1000);
    }
    assert_eq!(world.values(&[1], 1000), expected, "step by step");
    let world = World::new(None);
    for rows in commits {
        world.append(rows);
    }
    world.up_to(1000);
    assert_eq!(world.values(&[1], 1000), expected, "at once");
}

#[test]
fn the_later_event_wins_in_whatever_order_rows_come() {
    check(&[&[(1, 9, None, Some(9)), (1, 3, None, Some(3)), (1, 5, None, Some(5))]], "9 PRESENT @9");
    check(&[&[(1, 9, None, Some(9))], &[(1, 3, None, Some(3))]], "9 PRESENT @9");
}

#[test]
fn of_equal_events_the_later_created_wins_and_null_is_lowest() {
    check(&[&[(1, 5, Some(2), Some(2))], &[(1, 5, Some(3), Some(3))]], "3 PRESENT @5");
    check(&[&[(1, 5, Some(3), Some(3))], &[(1, 5, Some(2), Some(2))]], "3 PRESENT @5");
    check(&[&[(1, 5, Some(3), Some(3))], &[(1, 5, None, Some(0))]], "3 PRESENT @5");
    check(&[&[(1, 5, None, Some(0))], &[(1, 5, Some(-3), Some(3))]], "3 PRESENT @5");
}

#[test]
fn of_equal_times_the_later_commit_wins_then_the_later_row() {
    check(&[&[(1, 5, Some(2), Some(1))], &[(1, 5, Some(2), Some(2))]], "2 PRESENT @5");
    check(&[&[(1, 5, Some(2), Some(1)), (1, 5, Some(2), Some(2)), (1, 5, Some(2), Some(3))]], "3 PRESENT @5");
}

#[test]
fn rows_of_one_commit_and_time_keep_their_order_when_some_of_their_files_are_rewritten() {
    // Ten rows of one key and one time fill several files; a late row before them rewrites the first.
    let world = World::new(None);
    world.append(&(0..10).map(|value| (1, 5, None, Some(value))).collect::<Vec<Row>>());
    world.up_to(1000);
    assert_eq!(world.values(&[1], 1000), "9 PRESENT @5");
    for late in 0..3 {
        world.append(&[(2, 4 - late, None, Some(late))]);
        world.up_to(1000);
        assert_eq!(world.values(&[1, 2], 1000), "9 PRESENT @5, 0 PRESENT @4");
    }
}
