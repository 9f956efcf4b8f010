use varvite_key::toplevel;

#[toplevel]
struct Nothing {}

#[toplevel]
struct Unit;

fn main() {}
