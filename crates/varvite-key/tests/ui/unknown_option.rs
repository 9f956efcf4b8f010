use varvite_key::{sublevel, toplevel};

#[toplevel(separator = ".")]
struct Dotted {
    city: String,
}

#[sublevel(strict)]
struct Strict {
    city: String,
}

#[toplevel(strict, strict)]
struct Twice {
    city: String,
}

#[toplevel(fields_sep = "a")]
struct Letter {
    city: String,
}

fn main() {}
