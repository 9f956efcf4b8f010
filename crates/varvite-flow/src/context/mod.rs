//! One graph, three contexts: a data set, micro-batches, single rows.

mod agreement;
mod fit;
mod fitted;
mod online;
mod stream;

pub use agreement::assert_agreement;
pub use fitted::Fitted;
pub use online::Online;
pub use stream::Stream;
