//! What to do about rows behind the watermark: decided from what changed, the policy and the step's scope alone.

use varvite_dataset::{KeyRange, OrderedType};

use super::behind::Behind;
use super::options::Late;
use super::spans::{joined, touched};
use crate::Scope;

/// What to do about rows behind the watermark.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing changed, or it does not matter: go on.
    GoOn,
    /// These ranges of the output are computed anew, then go on.
    Recompute(Vec<KeyRange>),
    /// Refused: rows of this input changed.
    Refuse { input: usize },
    /// Refused: what changed in this input is not known.
    Unknown { input: usize, reason: String },
    /// Refused: the step depends on all rows before.
    CannotRecompute,
}

pub(crate) fn decide(late: Late, scope: Scope, behind: &[Behind], ordered: &OrderedType) -> Decision {
    if late == Late::Ignore {
        return Decision::GoOn;
    }
    let unknown = behind.iter().enumerate().find_map(|(at, input)| input.unknown.clone().map(|reason| (at, reason)));
    if let Some((input, reason)) = unknown {
        return Decision::Unknown { input, reason };
    }
    let Some(first) = behind.iter().position(|input| !input.spans.is_empty()) else { return Decision::GoOn };
    if late == Late::Error {
        return Decision::Refuse { input: first };
    }
    let spans = joined(behind.iter().flat_map(|input| input.spans.iter().cloned()).collect());
    touched(scope, &spans, ordered).map_or(Decision::CannotRecompute, Decision::Recompute)
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;
    use varvite_dataset::ColumnPath;

    use super::super::spans::Span;
    use super::*;

    fn behind(spans: &[(i64, i64)], unknown: Option<&str>) -> Behind {
        Behind {
            spans: spans.iter().map(|&(first, last)| Span::new(first.into(), last.into())).collect(),
            rows_before: 0,
            rows_at: 0,
            taken_at: 0,
            late_rows: 0,
            unknown: unknown.map(str::to_owned),
        }
    }

    #[track_caller]
    fn check(late: Late, scope: Scope, behind: &[Behind], expected: &Decision) {
        let ordered = OrderedType::try_new(&ColumnPath::from("at"), &DataType::Int64).unwrap();
        assert_eq!(&decide(late, scope, behind, &ordered), expected);
    }

    #[test]
    fn the_policy_decides() {
        let (none, late) = (behind(&[], None), behind(&[(3, 4)], None));
        let lost = behind(&[], Some("gone"));
        for policy in [Late::Error, Late::Ignore, Late::Recompute] {
            check(policy, Scope::Row, &[none.clone(), none.clone()], &Decision::GoOn);
        }
        check(Late::Error, Scope::Row, &[none.clone(), late.clone()], &Decision::Refuse { input: 1 });
        check(Late::Ignore, Scope::Row, &[late.clone(), lost.clone()], &Decision::GoOn);
        check(Late::Recompute, Scope::History, std::slice::from_ref(&late), &Decision::CannotRecompute);
        let both = [late.clone(), behind(&[(4, 9), (20, 20)], None)];
        let ranges = vec![KeyRange::from(3..10), KeyRange::from(20..21)];
        check(Late::Recompute, Scope::Row, &both, &Decision::Recompute(ranges));
        let unknown = Decision::Unknown { input: 1, reason: "gone".to_owned() };
        check(Late::Recompute, Scope::Row, &[late.clone(), lost.clone()], &unknown);
        check(Late::Error, Scope::Row, &[late, lost], &unknown);
    }
}
