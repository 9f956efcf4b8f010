use varvite_asset::AssetCollection;

#[derive(AssetCollection)]
enum Either {
    Recent,
}

#[derive(AssetCollection)]
struct Unnamed(Vec<u8>);

#[derive(AssetCollection)]
struct Nothing;

#[derive(AssetCollection)]
struct Empty {}

#[derive(AssetCollection)]
struct Generic<M> {
    rows: Vec<M>,
}

fn main() {
    let _ = Nothing::request();
}
