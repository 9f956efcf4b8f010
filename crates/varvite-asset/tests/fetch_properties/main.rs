//! Whatever was written, in whichever order, and whatever is asked: a fetch gives what a naive filter over all rows gives,
//! and tells as missing what a naive set says.
#![allow(clippy::unwrap_used, reason = "tests")]

mod naive;
mod plans;
mod resolutions;
mod versions;

/// How many cases a property has: some, or as many as the environment asks for.
fn cases(usual: u32) -> u32 {
    std::env::var("VARVITE_ASSET_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}
