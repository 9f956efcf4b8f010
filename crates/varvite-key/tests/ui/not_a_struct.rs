use varvite_key::sublevel;

#[sublevel]
fn level() {}

fn main() {}
