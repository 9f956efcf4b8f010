use varvite_asset::AssetCollection;

struct Inner {
    number: u64,
}

#[derive(AssetCollection)]
struct Report {
    #[fetch(flatten)]
    inner: Inner,
}

fn main() {}
