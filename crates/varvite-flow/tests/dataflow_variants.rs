//! Variants that a config chooses, nodes of one function with several arguments, other sources, defaults, mounts.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use varvite_flow::{Binding, Dataflow, Kind, Module, Node, When, Whole, dataflow, wire};

/// Where a graph runs.
#[derive(Debug, Clone, Copy)]
pub enum Mode {
    Online,
    Batch,
    Stream,
}

pub struct Settings {
    pub mode: Mode,
    pub strict: bool,
}

#[dataflow(config = Mode)]
pub mod by_mode {
    use super::Mode;
    use varvite_flow::Whole;

    #[node(name = "rate", when = Mode::Online)]
    pub fn rate_online(base: Whole<f64>) -> Whole<f64> {
        Whole(*base * 2.0)
    }

    #[node(name = "rate", when = Mode::Batch | Mode::Stream)]
    pub fn rate_elsewhere() -> Whole<f64> {
        Whole(0.5)
    }

    #[node(name = "label", default)]
    pub fn label_plain() -> Whole<String> {
        Whole("plain".to_owned())
    }

    #[node(name = "label", when = Mode::Stream)]
    pub fn label_stream() -> Whole<String> {
        Whole("stream".to_owned())
    }

    #[node]
    pub fn price(rate: Whole<f64>, amount: f64) -> f64 {
        *rate * amount
    }
}

#[test]
fn the_config_chooses_among_variants() {
    let of = |mode: Mode| {
        let flow = Dataflow::builder().with(by_mode::module(&mode)).build().unwrap();
        let inputs = by_mode::Inputs { base: 3.0, amount: 10.0 };
        let run = if flow.inputs().len() == 2 { flow.run().inputs(&inputs) } else { flow.run().input("amount", 10.0) };
        let (price, label) = run.get::<(by_mode::price, by_mode::label)>().unwrap();
        (price.to_vec()[0].unwrap(), label.0)
    };
    assert_eq!(of(Mode::Online), (60.0, "plain".to_owned()));
    assert_eq!(of(Mode::Batch), (5.0, "plain".to_owned()));
    assert_eq!(of(Mode::Stream), (5.0, "stream".to_owned()));
    assert_eq!(by_mode::rate_online(Whole(1.0)), Whole(2.0));
}

#[dataflow(config = Settings)]
pub mod by_settings {
    use super::{Mode, Settings};
    use varvite_flow::Whole;

    #[node(name = "limit", when = Settings { mode: Mode::Online, .. })]
    pub fn limit_online() -> Whole<i64> {
        Whole(1)
    }

    #[node(name = "limit", when = Settings { mode: Mode::Batch | Mode::Stream, strict: true })]
    pub fn limit_strict() -> Whole<i64> {
        Whole(2)
    }

    #[node(name = "limit", default)]
    pub fn limit_else() -> Whole<i64> {
        Whole(3)
    }
}

#[test]
fn a_config_may_be_a_struct() {
    let of = |mode, strict| {
        let flow = Dataflow::builder().with(by_settings::module(&Settings { mode, strict })).build().unwrap();
        flow.run().get::<by_settings::limit>().unwrap().0
    };
    assert_eq!([of(Mode::Online, true), of(Mode::Batch, true), of(Mode::Batch, false)], [1, 2, 3]);
}

pub const LIMIT: f64 = 4.0;

#[dataflow]
pub mod parameterized {
    use varvite_flow::Whole;

    /// A share of the whole.
    #[node(version = 3, check(range = 0.0..=1.0), each(
        small(part = x, of = super::LIMIT),
        large(part = y, of = 2.0 * 50.0, unit = "kg"),
        twice(part = small),
    ))]
    pub fn share(part: f64, of: f64, #[default("g")] unit: &str) -> f64 {
        let factor = if unit == "kg" { 1000.0 } else { 1.0 };
        part * factor / of
    }

    #[node]
    pub fn total(small: f64, #[from(large)] other: f64, #[default(0.5)] bias: Whole<f64>) -> f64 {
        small + other + *bias
    }

    #[node]
    pub fn seen(#[default(None)] note: Option<f64>, x: f64) -> bool {
        note.is_some() && x > 0.0
    }
}

#[test]
fn one_function_makes_several_nodes() {
    let flow = Dataflow::builder().with(parameterized::module()).build().unwrap();
    assert_eq!(
        flow.nodes().iter().map(varvite_flow::Node::name).collect::<Vec<_>>(),
        ["small", "large", "twice", "total", "seen"]
    );
    assert!(flow.nodes()[..3].iter().all(|node| node.doc() == "A share of the whole."));
    let run = || flow.run().inputs(&parameterized::Inputs { x: 1.0, y: 0.05, of: 2.0 });
    let (small, twice, total, seen) =
        run().get::<(parameterized::small, parameterized::twice, parameterized::total, parameterized::seen)>().unwrap();
    assert_eq!((small.to_vec(), twice.to_vec()), (vec![Some(0.25)], vec![Some(0.125)]));
    assert_eq!((total.to_vec(), seen.to_vec()), (vec![Some(1.25)], vec![Some(false)]));
    let total = run().input("bias", 0.0).get::<parameterized::total>().unwrap();
    assert_eq!(total.to_vec(), [Some(0.75)]);
    let run = flow.run().inputs(&parameterized::Inputs { x: 9.0, y: 0.05, of: 2.0 });
    let error = run.replace::<parameterized::large>(0.5).get::<parameterized::small>();
    assert_eq!(error.unwrap_err().kind(), Kind::CheckFailed);
}

#[test]
fn a_module_is_mounted_under_a_namespace() {
    let flow = Dataflow::builder()
        .with(parameterized::module())
        .mount("again", parameterized::module(), wire! { x = small, y = 0.01, of = total })
        .mount("alone", parameterized::module(), wire! {})
        .build()
        .unwrap();
    let run = flow.run().inputs(&parameterized::Inputs { x: 1.0, y: 0.05, of: 2.0 });
    let made = run.get_named(&["again.small", "again.large", "alone.small"]).unwrap();
    assert_eq!(made.value::<f64>("again.small"), Some(0.0625));
    assert_eq!(made.value::<f64>("again.large"), Some(0.1));
    assert_eq!(made.value::<f64>("alone.small"), Some(0.25));
    let wired: [(String, Binding); 2] = wire!(a = b, c = -1_i64,);
    assert_eq!(wired[1].1, Binding::value(-1_i64));
}

#[test]
fn what_another_variant_has_fitted_is_refused() {
    let of = |mode: Mode| Dataflow::builder().with(by_mode::module(&mode)).build().unwrap();
    assert_ne!(of(Mode::Batch).fingerprint(), of(Mode::Stream).fingerprint(), "another label, of the same type");
    assert_eq!(of(Mode::Batch).fingerprint(), of(Mode::Batch).fingerprint());

    let by_key = |region: &str| {
        let variant = |name: &str, rate: f64| {
            Node::whole("rate", [], move || Whole(rate)).when(When::Is("region".to_owned(), name.into()))
        };
        let module = Module::new().node(variant("uk", 0.2)).node(variant("de", 0.19));
        Dataflow::builder().with(module).config("region", region).build().unwrap()
    };
    assert_ne!(by_key("uk").fingerprint(), by_key("de").fingerprint());
}
