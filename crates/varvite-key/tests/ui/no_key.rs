use varvite_key::{Key, sublevel};

#[sublevel]
struct Sampling {
    frequency: String,
}

fn main() {
    takes_a_key(Sampling::new("1D").unwrap());
}

fn takes_a_key<K: Key>(_: K) {}
