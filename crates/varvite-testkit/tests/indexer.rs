//! Made from `cases/indexer.json` by `conformance indexer`: change the cases, then make it anew.
#![allow(clippy::unwrap_used, unused_imports, reason = "generated tests")]

// index_007: spaces, unicode, backslash, colon are allowed
mod index_007 {
    use varvite_key::{Key, sublevel, toplevel};

    #[toplevel(strict)]
    struct Level0 {
        a: String,
        b: i64,
    }

    #[test]
    fn holds() {
        let key = Level0::new(" é:\\* ", 1).unwrap();
        assert_eq!(key.to_string(), " é:\\* -1");
        assert_eq!(key.to_path(), " é:\\* -1");
        assert_eq!(Level0::DEPTH, 1);
        assert_eq!(Level0::from_path(&key.to_path()).unwrap(), key);
        assert_eq!(key.to_string().parse::<Level0>().unwrap(), key);
    }
}

// index_008: underscore and reserved-looking names are allowed
mod index_008 {
    use varvite_key::{Key, sublevel, toplevel};

    #[toplevel(strict)]
    struct Level0 {
        a: String,
        b: i64,
    }

    #[test]
    fn holds() {
        let key = Level0::new("x_opdmd", 1).unwrap();
        assert_eq!(key.to_string(), "x_opdmd-1");
        assert_eq!(key.to_path(), "x_opdmd-1");
        assert_eq!(Level0::DEPTH, 1);
        assert_eq!(Level0::from_path(&key.to_path()).unwrap(), key);
        assert_eq!(key.to_string().parse::<Level0>().unwrap(), key);
    }
}

// index_010: separator of two characters
mod index_010 {
    use varvite_key::{Key, sublevel, toplevel};

    #[toplevel(strict, fields_sep = "--")]
    struct Level0 {
        a: String,
        b: String,
    }

    #[test]
    fn holds() {
        let key = Level0::new("a-b", "c").unwrap();
        assert_eq!(key.to_string(), "a-b--c");
        assert_eq!(key.to_path(), "a-b--c");
        assert_eq!(Level0::DEPTH, 1);
        assert_eq!(Level0::from_path(&key.to_path()).unwrap(), key);
        assert_eq!(key.to_string().parse::<Level0>().unwrap(), key);
    }
}

// index_012: empty first value: the separator is lost
mod index_012 {
    use varvite_key::{Key, sublevel, toplevel};

    #[toplevel(strict)]
    struct Level0 {
        a: String,
        b: i64,
    }

    #[test]
    fn holds() {
        let made = || -> Result<Level0, varvite_key::Error> { Level0::new("", 1) };
        let error = made().unwrap_err();
        {
            let _ = &error;
            assert_eq!(error.code(), "VV0001");
        }
    }
}

// index_013: empty value in the middle
mod index_013 {
    use varvite_key::{Key, sublevel, toplevel};

    #[toplevel(strict)]
    struct Level0 {
        a: String,
        b: String,
        c: String,
    }

    #[test]
    fn holds() {
        let made = || -> Result<Level0, varvite_key::Error> { Level0::new("x", "", "y") };
        let error = made().unwrap_err();
        {
            let _ = &error;
            assert_eq!(error.code(), "VV0001");
        }
    }
}

// index_020: dot in a value with the dot separator
mod index_020 {
    use varvite_key::{Key, sublevel, toplevel};

    #[toplevel(strict, fields_sep = ".")]
    struct Level0 {
        a: String,
        b: i64,
    }

    #[test]
    fn holds() {
        let made = || -> Result<Level0, varvite_key::Error> { Level0::new("a.b", 1) };
        let error = made().unwrap_err();
        {
            let _ = &error;
            assert_eq!(error.code(), "VV0002");
        }
    }
}

// index_035: too few fields
mod index_035 {
    use varvite_key::{Key, sublevel, toplevel};

    #[toplevel(strict)]
    struct Level0 {
        a: String,
        b: i64,
    }

    #[test]
    fn holds() {
        assert!(Level0::from_path("abc").is_err());
    }
}

// index_036: missing directory level
mod index_036 {
    use varvite_key::{Key, sublevel, toplevel};

    #[sublevel]
    struct Level2 {
        u: String,
        w: i64,
    }

    #[sublevel]
    struct Level1 {
        p: i64,
        q: String,
        below: Level2,
    }

    #[toplevel(strict)]
    struct Level0 {
        m: String,
        n: i64,
        below: Level1,
    }

    #[test]
    fn holds() {
        assert!(Level0::from_path("a-1/2-b").is_err());
    }
}

// index_037: not an integer
mod index_037 {
    use varvite_key::{Key, sublevel, toplevel};

    #[toplevel(strict)]
    struct Level0 {
        a: String,
        b: i64,
    }

    #[test]
    fn holds() {
        assert!(Level0::from_path("a-x").is_err());
    }
}

// index_038: empty integer
mod index_038 {
    use varvite_key::{Key, sublevel, toplevel};

    #[toplevel(strict)]
    struct Level0 {
        a: String,
        b: i64,
    }

    #[test]
    fn holds() {
        assert!(Level0::from_path("a-").is_err());
    }
}

// index_044: fields of a lower level taken from the wrong directory
mod index_044 {
    use varvite_key::{Key, sublevel, toplevel};

    #[sublevel]
    struct Level2 {
        u: String,
        w: i64,
    }

    #[sublevel]
    struct Level1 {
        p: i64,
        q: String,
        below: Level2,
    }

    #[toplevel(strict)]
    struct Level0 {
        m: String,
        n: i64,
        below: Level1,
    }

    #[test]
    fn holds() {
        assert!(Level0::from_path("a-1/2-b-c-3").is_err());
    }
}

// index_048: explicit plus sign
mod index_048 {
    use varvite_key::{Key, sublevel, toplevel};

    #[toplevel(strict)]
    struct Level0 {
        a: String,
        b: i64,
    }

    #[test]
    fn holds() {
        assert!(Level0::from_path("a-+1").is_err());
    }
}
