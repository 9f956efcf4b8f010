//! The works of features: joins as of a point in time.

use super::goals::Goal;
use super::sides::Side;
use super::sizes::Size;
use super::works::{Data, Expected, Work, grouped};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_beside_each_peer_that_a_goal_names() {
        for work in pit(&Size::full()) {
            assert!(work.sides.iter().any(Side::is_ours));
            for goal in &work.goals {
                if let Goal::Cpu { than, .. } = goal {
                    assert!(than.iter().all(|name| work.sides.iter().any(|side| side.rival() == Some(name))));
                }
            }
        }
    }
}
