use varvite_key::{sublevel, toplevel};

#[sublevel]
struct Sampling {
    frequency: String,
}

#[toplevel]
struct Measure {
    sampling: Sampling,
}

fn main() {}
