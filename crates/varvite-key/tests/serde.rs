//! Keys in serde formats are their text.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_key::toplevel;

#[toplevel]
struct Bar {
    symbol: String,
    minutes: u32,
}

#[test]
fn a_key_is_its_text() {
    let key = Bar::new("BTC/USDT", 5).unwrap();
    let json = serde_json::to_string(&key).unwrap();
    assert_eq!(json, "\"BTC%2FUSDT-5\"");
    assert_eq!(serde_json::from_str::<Bar>(&json).unwrap(), key);
    assert!(serde_json::from_str::<Bar>("\"AAPL\"").unwrap_err().to_string().contains("is no key Bar"));
}
