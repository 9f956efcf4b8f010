//! What to do about rows behind the watermark: decided from what changed and the policy alone.

use super::behind::Behind;
use super::options::Late;

/// What to do about rows behind the watermark.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing changed, or it does not matter: go on.
    GoOn,
    /// What they touched is computed anew, then go on.
    Recompute,
    /// Refused: rows of this input changed.
    Refuse { input: usize },
    /// Refused: what changed in this input is not known.
    Unknown { input: usize, reason: String },
}

pub(crate) fn decide(late: Late, behind: &[Behind]) -> Decision {
    if late == Late::Ignore {
        return Decision::GoOn;
    }
    let unknown = behind.iter().enumerate().find_map(|(at, input)| input.unknown.clone().map(|reason| (at, reason)));
    if let Some((input, reason)) = unknown {
        return Decision::Unknown { input, reason };
    }
    let Some(first) = behind.iter().position(|input| !input.spans.is_empty()) else { return Decision::GoOn };
    if late == Late::Error { Decision::Refuse { input: first } } else { Decision::Recompute }
}

#[cfg(test)]
mod tests {
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
    fn check(late: Late, behind: &[Behind], expected: &Decision) {
        assert_eq!(&decide(late, behind), expected);
    }

    #[test]
    fn the_policy_decides() {
        let (none, late) = (behind(&[], None), behind(&[(3, 4)], None));
        let lost = behind(&[], Some("gone"));
        for policy in [Late::Error, Late::Ignore, Late::Recompute] {
            check(policy, &[none.clone(), none.clone()], &Decision::GoOn);
        }
        check(Late::Error, &[none.clone(), late.clone()], &Decision::Refuse { input: 1 });
        check(Late::Ignore, &[late.clone(), lost.clone()], &Decision::GoOn);
        check(Late::Recompute, &[none, late.clone()], &Decision::Recompute);
        let unknown = Decision::Unknown { input: 1, reason: "gone".to_owned() };
        check(Late::Recompute, &[late.clone(), lost.clone()], &unknown);
        check(Late::Error, &[late, lost], &unknown);
    }
}
