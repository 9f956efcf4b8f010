//! What generated code of `#[derive(AssetCollection)]` calls: how requests change fetches, and what is refused while
//! compiling.

use std::any::Any;
use std::fmt::{self, Debug};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::collection::AssetCollection;
use crate::{AssetKind, Bound, Collection, Fetch, Missing, Result, Span};

/// The request type of a collection: what one fetch asks otherwise than the struct says.
pub trait CollectionRequest: Debug + Default + Clone + Send + Sync + 'static {
    /// Takes the policy of the collection around this one, where this request has none itself.
    fn inherit_missing(&mut self, missing: Option<Missing>);
}

/// The request of a field that is another collection, `C`.
pub struct Nested<C> {
    request: Option<Arc<dyn AnyRequest>>,
    collection: PhantomData<fn() -> C>,
}

/// A request of any type.
trait AnyRequest: Any + Debug + Send + Sync {}

impl<R: CollectionRequest> AnyRequest for R {}

impl<C: AssetCollection> Nested<C> {
    /// Asks what `request` asks.
    pub fn new(request: C::Request) -> Self {
        Self { request: Some(Arc::new(request)), collection: PhantomData }
    }

    /// Adds the fields of `C`, with the name of the field and what is before it before theirs.
    ///
    /// # Errors
    /// As [`Collection::add`].
    pub fn declare(&self, into: &mut Collection, prefix: &str, field: &str, missing: Option<Missing>) -> Result<()> {
        let given = self.request.as_deref().and_then(|request| (request as &dyn Any).downcast_ref::<C::Request>());
        let mut request = given.cloned().unwrap_or_default();
        request.inherit_missing(missing);
        C::declare(&request, into, &format!("{prefix}{field}."))
    }
}

impl<C> Default for Nested<C> {
    fn default() -> Self {
        Self { request: None, collection: PhantomData }
    }
}

impl<C> Clone for Nested<C> {
    fn clone(&self) -> Self {
        Self { request: self.request.clone(), collection: PhantomData }
    }
}

impl<C> Debug for Nested<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

/// The fetch of a field: as the struct says, but for what the request says of all fields, and then of this one.
pub fn asked(of_struct: Fetch, of_field: &Option<Fetch>, of_all: Option<Missing>) -> Fetch {
    let fetch = match of_all {
        Some(missing) => of_struct.missing(missing),
        None => of_struct,
    };
    match of_field {
        Some(over) => fetch.overridden_by(over),
        None => fetch,
    }
}

/// Refuses a stretch that ends before it starts. Text that is no time is refused elsewhere.
///
/// # Panics
/// In a constant that is a compile error.
#[track_caller]
pub const fn refuse_reversed(start: &str, end: &str) {
    if let (Ok(start), Ok(end)) = (Bound::parse(start), Bound::parse(end)) {
        assert!(!Span { start, end }.is_reversed(), "the range ends before it starts");
    }
}

/// Refuses the name of a persistent asset that is not the model's.
///
/// # Panics
/// In a constant that is a compile error.
#[track_caller]
pub const fn refuse_other_store(name: &str, asset: &str, kind: AssetKind) {
    assert!(matches!(kind, AssetKind::Persistent), "the model's asset is no store: leave `store` out");
    assert!(same(name, asset), "the model is of another asset: give the name that the model has, or leave `store` out");
}

/// Refuses the name of a lake asset that is not the model's.
///
/// # Panics
/// In a constant that is a compile error.
#[track_caller]
pub const fn refuse_other_lake(name: &str, asset: &str, kind: AssetKind) {
    assert!(matches!(kind, AssetKind::Lake), "the model's asset is no lake: leave `lake` out");
    assert!(same(name, asset), "the model is of another asset: give the name that the model has, or leave `lake` out");
}

/// Refuses a version that is not the model's.
///
/// # Panics
/// In a constant that is a compile error.
#[track_caller]
pub const fn refuse_other_version(version: u32, of_model: u32) {
    assert!(
        version == of_model,
        "the model is of another version: fetch the model of that version, or leave `version` out"
    );
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
