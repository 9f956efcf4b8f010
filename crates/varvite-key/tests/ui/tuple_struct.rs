use varvite_key::toplevel;

#[toplevel]
struct Pair(String, String);

fn main() {}
