//! `check`: every byte compared with what the log says.

use crate::Which;
use crate::exit::Failure;
use crate::line::put;

pub(crate) fn run(which: &Which) -> Result<(), Failure> {
    let report = which.open()?.check(true)?;
    put(&report)?;
    if report.is_ok() { Ok(()) } else { Err(Failure::damage("the check found damage")) }
}
