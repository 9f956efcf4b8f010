//! One graph, three contexts: a data set, micro-batches, single rows.

mod agreement;
mod fit;
mod fitted;
mod online;
mod reach;
mod stream;

pub use agreement::assert_agreement;
pub(crate) use fit::replacements;
pub use fitted::Fitted;
pub(crate) use fitted::{Stored, StoredFold};
pub use online::Online;
pub use stream::{Batch, Stream};
