//! Which names may stand in a reference and in a path.
//!
//! A group's name is a folder and the first half of `group.feature`; a column's name is the second half, or a key or a
//! time. Joined by `__` they are a full name (`group__feature`), which tells its halves apart: groups have no `__`.

/// Most bytes of a name.
pub(crate) const MAX_BYTES: usize = 120;

/// The word before the `.` that stands for what a request brings.
pub(crate) const REQUEST: &str = "request";

/// Names that Windows keeps for devices.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Why `name` cannot be that of a group or a service, if it cannot.
pub(crate) fn refuse_group(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if let Some(reason) = refuse_size(name) {
        return Some(reason);
    }
    if let Some(other) = name.chars().find(|c| !allowed(*c)) {
        return Some(format!("it has `{}`: use ASCII letters, digits, `_` and `-`", other.escape_debug()));
    }
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Some("it begins neither with a letter nor with a digit".to_owned());
    }
    if name.contains("__") || name.ends_with('_') {
        return Some(
            "`__` stands between group and feature in full names, so a group neither has it nor ends in `_`".to_owned(),
        );
    }
    if name.eq_ignore_ascii_case(REQUEST) {
        return Some("`request.column` is what a request brings".to_owned());
    }
    is_device(name).then(|| "some systems keep this name for a device".to_owned())
}

/// Why `name` cannot be that of a feature, a key or a time, if it cannot.
pub(crate) fn refuse_column(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if let Some(reason) = refuse_size(name) {
        return Some(reason);
    }
    if let Some(other) = name.chars().find(|c| !allowed(*c)) {
        return Some(format!("it has `{}`: use letters, digits, `_` and `-`", other.escape_debug()));
    }
    if name.starts_with('-') {
        return Some("it begins with `-`".to_owned());
    }
    name.starts_with("__").then(|| "names that begin with `__` are kept for the store".to_owned())
}

fn refuse_size(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("it is empty".to_owned());
    }
    (name.len() > MAX_BYTES).then(|| format!("it has {} bytes, more than {MAX_BYTES}", name.len()))
}

fn is_device(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let port = name.strip_prefix("com").or_else(|| name.strip_prefix("lpt"));
    DEVICES.contains(&name.as_str()) || port.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_elsewhere_are_no_groups() {
        for name in [
            "",
            ".",
            "..",
            "../victim",
            "a/b",
            "a\\b",
            "a.b",
            "a@v1",
            "a b",
            "é",
            "con",
            "COM1",
            "_a",
            "-a",
            "a__b",
            "a_",
            "request",
            "a\0",
        ] {
            assert!(refuse_group(name).is_some(), "{name:?}");
        }
        for name in ["users", "user_features", "7-days", "a", "com10", "consumer"] {
            assert_eq!(refuse_group(name), None, "{name:?}");
        }
        assert!(refuse_group(&"a".repeat(MAX_BYTES + 1)).is_some());
    }

    #[test]
    fn columns_are_freer() {
        for name in ["", "a.b", "*", "a b", "a@v1", "__created", "-a", "a,b", "a=b", "a`b"] {
            assert!(refuse_column(name).is_some(), "{name:?}");
        }
        for name in ["age", "7d_mean", "größe", "_hidden", "a__b", "con"] {
            assert_eq!(refuse_column(name), None, "{name:?}");
        }
    }
}
