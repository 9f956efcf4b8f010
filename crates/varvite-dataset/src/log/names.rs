//! The names of files in a dataset's folders.
//!
//! A data file is `file_<order>-<base>-<uid>.parquet`. *order*: 16 hex digits of the image of the smallest key, then the
//! hex digits of a fraction, which places row groups whose smallest keys share the image. *base*: how many
//! versions there were when its writer began. *uid*: 64 random bits. `-` sorts before every digit, so that names in byte order are the dataset order.

/// Digits of the image in an order key.
pub(super) const IMAGE_DIGITS: usize = 16;

/// The name of the file that is given up when the disk is full.
pub(super) const RESERVE: &str = "reserve";

/// Composes the name of a data file.
pub(crate) fn data_file_name(order: &str, base: u64, random: u64) -> String {
    format!("file_{order}-{base:08x}-{random:016x}.parquet")
}

/// Whether `name` is a data file's: nothing else is ever opened, moved or deleted in the data folder.
pub(crate) fn is_data_file(name: &str) -> bool {
    let Some(parts) = name.strip_prefix("file_").and_then(|rest| rest.strip_suffix(".parquet")) else { return false };
    let hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<&str> = parts.split('-').collect();
    matches!(parts.as_slice(), [order, base, uid]
        if order.len() > IMAGE_DIGITS && base.len() >= 8 && uid.len() == 16 && hex(order) && hex(base) && hex(uid))
}

/// The order key in the name of a data file.
pub(super) fn order_key(name: &str) -> &str {
    let rest = name.strip_prefix("file_").unwrap_or(name);
    rest.split('-').next().unwrap_or(rest)
}

/// How many versions there were when the writer of a data file began: the version that it was written for.
pub(crate) fn versions_read(name: &str) -> Option<u64> {
    u64::from_str_radix(name.split('-').nth(1)?, 16).ok()
}

/// The name of the record of `version`: decimal, so that names in byte order are versions in order.
pub(super) fn record_name(version: u64) -> String {
    format!("{version:020}.json")
}

/// The version whose record this is.
pub(super) fn record_version(name: &str) -> Option<u64> {
    version(name.strip_suffix(".json")?)
}

/// The version that 20 digits stand for. There is always a next one.
fn version(digits: &str) -> Option<u64> {
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|version| plain && *version < u64::MAX)
}

/// Up to which version records are void; `None`: all count.
pub(super) fn floor(names: &[String]) -> Option<u64> {
    names.iter().filter_map(|name| floor_version(name)).max()
}

/// The versions that there are records of, in order, without void ones.
pub(super) fn records(names: &[String]) -> Vec<u64> {
    let floor = floor(names);
    let mut versions: Vec<u64> = names.iter().filter_map(|name| record_version(name)).collect();
    versions.retain(|version| floor.is_none_or(|floor| *version > floor));
    versions.sort_unstable();
    versions
}

/// The name of the checkpoint of `version`, whose bytes have this XXH3-128.
pub(super) fn checkpoint_name(version: u64, hash: u128) -> String {
    format!("{version:020}-{hash:032x}.parquet")
}

/// The version and the hash in the name of a checkpoint.
pub(super) fn checkpoint_parts(name: &str) -> Option<(u64, u128)> {
    let (digits, hash) = name.strip_suffix(".parquet")?.split_once('-')?;
    Some((version(digits)?, u128::from_str_radix(hash, 16).ok().filter(|_| hash.len() == 32)?))
}

/// The name of the empty file that says that records up to `version` are void.
pub(super) fn floor_name(version: u64) -> String {
    format!("floor-{version:020}")
}

/// The version up to which records are void by this empty file.
pub(super) fn floor_version(name: &str) -> Option<u64> {
    version(name.strip_prefix("floor-")?)
}

/// The name of the empty file that witnesses `version`.
pub(super) fn tail_name(version: u64) -> String {
    format!("tail-{version:020}")
}

/// The version that this empty file witnesses.
pub(super) fn tail_version(name: &str) -> Option<u64> {
    version(name.strip_prefix("tail-")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_name_gives_its_version_back() {
        assert_eq!(record_version(&record_name(42)), Some(42));
        assert_eq!(record_version("42.json"), None);
    }

    #[test]
    fn only_names_of_our_grammar_are_data_files() {
        assert!(is_data_file(&data_file_name("97e4a3b1c00000008", 42, 7)));
        for name in ["file_1-2-3.parquet", "../x.parquet", "part-0.parquet", "file_97e4a3b1c00000008-0000002a.parquet"]
        {
            assert!(!is_data_file(name), "{name}");
        }
    }
}
