//! The state of a node, of a type known at run time.

use std::any::Any;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a node may carry from one batch to the next: copied before each, so that a batch that fails leaves it alone.
pub trait NodeState: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<S: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> NodeState for S {}

/// A [`NodeState`] whose type is not known while compiling.
pub(crate) trait AnyState: Any + Send + Sync {
    fn duplicate(&self) -> Box<dyn AnyState>;
    fn save(&self) -> Result<serde_json::Value, serde_json::Error>;
}

pub(crate) struct Held<S>(pub(crate) S);

impl<S: NodeState> AnyState for Held<S> {
    fn duplicate(&self) -> Box<dyn AnyState> {
        Box::new(Self(self.0.clone()))
    }

    fn save(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::to_value(&self.0)
    }
}
