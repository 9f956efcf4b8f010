//! `history`: which commit each version holds.

use serde_json::json;

use crate::Which;
use crate::exit::Failure;
use crate::line::put;
use crate::write::commit_of;

pub(crate) fn run(which: &Which) -> Result<(), Failure> {
    for commit in which.open()?.log()? {
        let (writer, k) = commit_of(commit.app.as_ref()).unzip();
        put(json!({"version": commit.version, "writer": writer, "k": k}))?;
    }
    Ok(())
}
