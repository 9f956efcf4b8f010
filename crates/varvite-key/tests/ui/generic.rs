use varvite_key::toplevel;

#[toplevel]
struct Measure<T> {
    city: T,
}

fn main() {}
