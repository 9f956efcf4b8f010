use varvite_key::toplevel;

#[toplevel]
struct Measure {
    threshold: f64,
    city: String,
}

fn main() {}
