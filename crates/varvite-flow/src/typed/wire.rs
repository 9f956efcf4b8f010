//! Modules under a namespace, wired in a line.

use crate::build::Builder;
use crate::module::{Module, Mount};
use crate::node::Binding;

/// Where the inputs of a mounted module come from: `wire! { src = x, factor = 2.0 }`. A name is a node or an input, any
/// other expression a value.
#[macro_export]
macro_rules! wire {
    (@ [$($made:tt)*]) => { [$($made)*] };
    (@ [$($made:tt)*] $input:ident = $source:ident $(, $($rest:tt)*)?) => {
        $crate::wire!(@ [
            $($made)*
            (::core::stringify!($input).to_owned(), $crate::Binding::source(::core::stringify!($source))),
        ] $($($rest)*)?)
    };
    (@ [$($made:tt)*] $input:ident = $value:expr $(, $($rest:tt)*)?) => {
        $crate::wire!(@ [
            $($made)*
            (::core::stringify!($input).to_owned(), $crate::Binding::value($value)),
        ] $($($rest)*)?)
    };
    ($($given:tt)*) => { $crate::wire!(@ [] $($given)*) };
}

impl Builder {
    /// Adds a module under a namespace: `mount("s1", features::module(), wire! { src = x })`.
    pub fn mount(
        self,
        namespace: impl Into<String>,
        module: Module,
        wiring: impl IntoIterator<Item = (String, Binding)>,
    ) -> Self {
        let mount = wiring
            .into_iter()
            .fold(Mount::new(namespace, module), |mount, (input, binding)| mount.wire(input, binding));
        self.with(Module::new().mount(mount))
    }
}
