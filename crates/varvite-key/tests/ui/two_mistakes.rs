use varvite_key::toplevel;

#[toplevel(separator = ".")]
struct Measure {
    pub city: String,
    new: String,
}

fn main() {
    // A use of the broken key adds no message.
    let _ = <Measure as varvite_key::Key>::DEPTH;
}
