//! Which older versions stay readable: `--retain-versions` and `--retain-age`.

use std::time::Duration;

use varvite::dataset::{Retention, Settings};

/// Units of an age and their lengths in seconds, the longest first.
const UNITS: [(&str, u64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

#[derive(Debug, clap::Args)]
pub(super) struct RetentionArgs {
    /// At least so many versions stay readable, counted with the newest
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) retain_versions: Option<u64>,

    /// Versions stay readable that were the newest so long ago or later: 0, 30s, 15min, 1h, 7d, 2w
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(super) retain_age: Option<Duration>,
}

impl RetentionArgs {
    /// What is remembered, changed by what was said; `None` if nothing was.
    pub(super) fn over(&self, stored: Option<&Settings>) -> Option<Retention> {
        if self.retain_versions.is_none() && self.retain_age.is_none() {
            return None;
        }
        let mut retention = stored.map(|settings| settings.retention).unwrap_or_default();
        if let Some(versions) = self.retain_versions {
            retention = retention.with_versions(versions);
        }
        Some(self.retain_age.map_or(retention, |age| retention.with_age(age)))
    }
}

fn age(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|character: char| character.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let known = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, seconds)| *seconds);
    let seconds = known.or((number == "0" && unit.is_empty()).then_some(1));
    number
        .parse::<u64>()
        .ok()
        .zip(seconds)
        .and_then(|(number, seconds)| number.checked_mul(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| "write a number and s, min, h, d or w".to_owned())
}

/// What is kept, in words.
pub(super) fn describe(retention: Retention) -> String {
    let versions = match retention.versions.max(1) {
        1 => "the newest version".to_owned(),
        versions => format!("{} versions", crate::output::format::count(versions)),
    };
    if retention.age_ms == 0 {
        versions
    } else {
        format!("{versions}, and all of the last {}", of_ms(retention.age_ms))
    }
}

fn of_ms(age_ms: u64) -> String {
    let fits = |seconds: u64| age_ms.is_multiple_of(seconds * 1000);
    match UNITS.iter().find(|(_, seconds)| fits(*seconds)) {
        Some((unit, seconds)) => format!("{}{unit}", age_ms / 1000 / seconds),
        None => format!("{age_ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_number_and_a_unit() {
        let seconds = |text: &str| age(text).map(|age| age.as_secs());
        assert_eq!([seconds("0"), seconds("90min"), seconds("7d")], [Ok(0), Ok(5400), Ok(604_800)]);
        for text in ["", "h", "1", "1mo", "-1h", "1.5h", "99999999999999999999s", "9999999999999999999w"] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn words_for_what_is_kept() {
        assert_eq!(describe(Retention::default()), "2 versions, and all of the last 1h");
        assert_eq!(describe(Retention::NEWEST), "the newest version");
        assert_eq!(of_ms(1500), "1500ms");
        assert_eq!(of_ms(129_600_000), "36h");
    }
}
