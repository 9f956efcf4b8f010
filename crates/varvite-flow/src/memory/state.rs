//! The state of a node, of a type known at run time. It is stored as `MessagePack`, which knows all floats to the bit: JSON has
//! no infinity, and would bring back an `Option` of NaN as none.

use std::any::Any;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a node may carry from one batch to the next: copied before each, so that a batch that fails leaves it alone.
pub trait NodeState: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<S: Clone + Serialize + DeserializeOwned + Send + Sync + 'static> NodeState for S {}

/// A [`NodeState`] whose type is not known while compiling.
pub(crate) trait AnyState: Any + Send + Sync {
    fn duplicate(&self) -> Box<dyn AnyState>;
    fn save(&self) -> Result<String, String>;
}

pub(crate) struct Held<S>(pub(crate) S);

impl<S: NodeState> AnyState for Held<S> {
    fn duplicate(&self) -> Box<dyn AnyState> {
        Box::new(Self(self.0.clone()))
    }

    fn save(&self) -> Result<String, String> {
        let bytes = rmp_serde::to_vec_named(&self.0).map_err(|error| error.to_string())?;
        Ok(STANDARD.encode(bytes))
    }
}

impl<S: NodeState> Held<S> {
    /// What was saved.
    pub(crate) fn load(text: &str) -> Result<Self, String> {
        let bytes = STANDARD.decode(text).map_err(|error| error.to_string())?;
        rmp_serde::from_slice(&bytes).map(Self).map_err(|error| error.to_string())
    }
}
