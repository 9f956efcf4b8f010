//! What the derives make compiles without a warning, whatever stands around it.
#![deny(warnings)]
#![allow(clippy::unwrap_used, clippy::trivially_copy_pass_by_ref, reason = "tests")]

/// Public structs with private ones in them.
pub mod public {
    use varvite_asset::chrono::{DateTime, Utc};
    use varvite_asset::{AssetCollection, FeatureModel};

    /// A model.
    #[derive(FeatureModel, Debug, Clone, PartialEq)]
    #[model(asset = "sites", resolution = "1d", time = at)]
    pub struct Site {
        at: DateTime<Utc>,
        place: Place,
        #[model(check(with = column))]
        height: i64,
        #[model(check(with = value))]
        depth: i64,
        #[model(skip, default = 5)]
        small: u64,
        #[model(skip, default = -0.5)]
        real: f32,
        #[model(skip, default = true)]
        flag: bool,
        #[model(skip, default = "none")]
        text: String,
    }

    #[derive(FeatureModel, Debug, Clone, PartialEq)]
    #[model(nested)]
    struct Place {
        lat: f64,
        inner: Inner,
    }

    #[derive(FeatureModel, Debug, Clone, PartialEq)]
    #[model(nested)]
    struct Inner {
        lon: f64,
    }

    /// A collection.
    #[derive(AssetCollection, Debug)]
    pub struct All {
        /// Rows.
        pub sites: Vec<Site>,
        #[fetch(flatten)]
        part: Part,
    }

    #[derive(AssetCollection, Debug)]
    struct Part {
        more: Vec<Site>,
    }

    fn column(height: &i64) -> Result<(), String> {
        if *height > 0 { Ok(()) } else { Err("too low".to_owned()) }
    }

    fn value(depth: &i64) -> Result<(), String> {
        if *depth < 9 { Ok(()) } else { Err("too deep".to_owned()) }
    }

    /// A row.
    #[must_use]
    pub fn site(height: i64, depth: i64) -> Site {
        let place = Place { lat: 1.0, inner: Inner { lon: 2.0 } };
        let at = DateTime::UNIX_EPOCH;
        Site { at, place, height, depth, small: 5, real: -0.5, flag: true, text: "none".to_owned() }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(all: &All) -> usize {
        all.sites.len() + all.part.more.len()
    }
}

use public::{All, Site, len, site};
use varvite_asset::{Catalog, Checker, FeatureModel, FetchOptions};

#[test]
fn skipped_fields_are_what_their_literals_say() {
    let mut rows = Vec::new();
    Site::decode(&Site::encode(&[site(1, 1)]).unwrap(), &mut rows).unwrap();
    assert_eq!(rows, [site(1, 1)]);
}

#[test]
fn checks_are_called_as_they_like() {
    let checked = |row: Site| Checker::new(Site::schema()).unwrap().check(&Site::encode(&[row]).unwrap());
    assert!(checked(site(1, 1)).is_ok());
    assert!(checked(site(0, 1)).unwrap_err().to_string().contains("with column"));
    assert!(checked(site(1, 9)).unwrap_err().to_string().contains("with value"));
}

#[test]
fn private_parts_are_fetched() {
    let fetched = Catalog::in_memory().fetch_blocking::<All>(&FetchOptions::default()).map(|all| len(&all));
    assert_eq!(fetched.unwrap(), 0);
}
