use varvite_key::toplevel;

#[toplevel]
enum Side {
    Bid,
    Ask,
}

fn main() {}
