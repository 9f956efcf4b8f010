//! `--start` and `--end`: a range of the ordered column.

use varvite::dataset::KeyRange;

#[derive(Debug, clap::Args)]
pub(super) struct RangeArgs {
    /// Smallest value of the ordered column
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    start: Option<String>,

    /// Smallest value that is beyond the range
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    end: Option<String>,
}

impl RangeArgs {
    pub(super) fn to_range(&self) -> KeyRange {
        KeyRange { start: self.start.clone().map(Into::into), end: self.end.clone().map(Into::into) }
    }

    /// Whether the range is everything.
    pub(super) fn is_all(&self) -> bool {
        self.start.is_none() && self.end.is_none()
    }
}
