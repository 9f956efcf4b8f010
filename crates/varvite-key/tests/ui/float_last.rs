use varvite_key::toplevel;

#[toplevel]
struct Measure {
    city: String,
    threshold: f64,
}

fn main() {}
