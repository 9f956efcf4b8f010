//! The works of features: joins as of a point in time, and look-ups of the newest values.

use super::goals::Goal;
use super::sides::Side;
use super::sizes::Size;
use super::works::{DURABLE, Data, Expected, Work, grouped};

/// Look-ups of one entity in a process.
const LOOK_UPS: usize = 10_000;
/// Entities of a look-up of several.
pub(crate) const SEVERAL: usize = 100;
/// Such look-ups in a process.
pub(crate) const LOOK_UPS_OF_SEVERAL: usize = 1_000;

/// Requests a second at half the load that a server is to bear.
const HALF_LOAD: usize = 10_000;

/// All works of `bench pit`.
pub(crate) fn pit(size: &Size) -> Vec<Work> {
    let peers = &["duckdb", "polars"];
    let (entities, rows) = (grouped(size.entity_rows), grouped(size.feature_rows));
    vec![Work {
        name: "pit".to_owned(),
        title: format!("{entities} entity rows against {rows} rows of {} keys", grouped(size.feature_keys)),
        data: Data::History,
        command: "pit",
        args: Vec::new(),
        repeats: 2,
        frames: false,
        expected: Expected::Fact("join"),
        sides: vec![
            Side::ours(None),
            Side::peer_by("duckdb", "ASOF JOIN"),
            Side::peer_by("duckdb", "range join"),
            Side::peer_by("polars", "join_asof"),
        ],
        goals: vec![Goal::Cpu { than: peers, times: 0.5 }, Goal::Memory { bytes: 700_000_000 }],
    }]
}

/// All works of `bench online`.
pub(crate) fn online(size: &Size) -> Vec<Work> {
    let one = vec![Goal::Median { micros: 20.0 }, Goal::P99 { micros: 100.0 }];
    vec![
        look_up("online-one", "one", 1, LOOK_UPS, one, size),
        look_up("online-several", "several", SEVERAL, LOOK_UPS_OF_SEVERAL, vec![Goal::Median { micros: 300.0 }], size),
        materialize(false, size),
        materialize(true, size),
        served(false),
        served(true),
    ]
}

fn look_up(name: &str, fact: &'static str, entities: usize, count: usize, goals: Vec<Goal>, size: &Size) -> Work {
    let what = if entities == 1 { "one entity".to_owned() } else { format!("{entities} entities") };
    Work {
        name: name.to_owned(),
        title: format!("4 features of {what} of {}", grouped(size.feature_keys)),
        data: Data::Online,
        command: "online",
        args: [("--entities", entities), ("--count", count)]
            .into_iter()
            .flat_map(|(name, number)| [name.to_owned(), number.to_string()])
            .collect(),
        repeats: 1,
        frames: false,
        expected: Expected::Fact(fact),
        sides: vec![Side::ours(None), Side::peer("sqlite3", None), Side::peer("lmdb", None)],
        goals,
    }
}

/// Values of one entity over HTTP: as many as there can be, or half as many as are to be reached.
fn served(paced: bool) -> Work {
    let requests = LOOK_UPS_OF_SEVERAL * SEVERAL;
    let mut args = vec!["--requests".to_owned(), requests.to_string()];
    if paced {
        args.extend(["--rate".to_owned(), HALF_LOAD.to_string()]);
    }
    let how = if paced { format!("{} a second", grouped(HALF_LOAD)) } else { "16 connections".to_owned() };
    Work {
        name: if paced { "online-http-paced" } else { "online-http" }.to_owned(),
        title: format!("4 features of one entity, {} requests over HTTP, {how}", grouped(requests)),
        data: Data::Online,
        command: "served",
        args,
        repeats: 1,
        frames: false,
        expected: Expected::Rows(requests as u64),
        sides: vec![Side::ours(None)],
        goals: vec![if paced { Goal::P99 { micros: 10_000.0 } } else { Goal::RowsBySecond { rows: 20_000.0 } }],
    }
}

fn materialize(again: bool, size: &Size) -> Work {
    let rows = grouped(size.feature_keys);
    Work {
        name: if again { "materialize-again" } else { "materialize" }.to_owned(),
        title: format!("{rows} rows from the history{}", if again { ", all of them there before" } else { "" }),
        data: Data::Online,
        command: "materialize",
        args: again.then(|| "--again".to_owned()).into_iter().collect(),
        repeats: 1,
        frames: false,
        expected: Expected::Rows(size.feature_keys as u64),
        sides: vec![Side::ours(DURABLE), Side::peer("sqlite3", DURABLE), Side::peer("lmdb", DURABLE)],
        goals: vec![Goal::RowsBySecond { rows: 200_000.0 }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_beside_each_peer_that_a_goal_names() {
        for work in pit(&Size::full()).iter().chain(&online(&Size::full())) {
            assert!(work.sides.iter().any(Side::is_ours));
            for goal in &work.goals {
                if let Goal::Cpu { than, .. } = goal {
                    assert!(than.iter().all(|name| work.sides.iter().any(|side| side.rival() == Some(name))));
                }
            }
        }
    }
}
