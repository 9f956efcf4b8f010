//! [`head_wire!`]: the form of a definition in a file, with what every definition begins with.

/// Declares a struct with the fields of a [`Head`](crate::head::Head), plain fields of its own, tags, and tables of its
/// own, which come last, as TOML needs them. All fields of its own have a default.
macro_rules! head_wire {
    (unversioned $wire:ident { $($plain:tt)* } { $($tables:tt)* }) => {
        $crate::wire::head::head_wire!(@ $wire {} { $($plain)* } { $($tables)* });

        impl $wire {
            fn of(head: &$crate::head::Head) -> Self {
                Self::of_unversioned(head)
            }

            fn take_head(&mut self) -> $crate::head::Head {
                self.take_unversioned()
            }
        }
    };
    ($wire:ident { $($plain:tt)* } { $($tables:tt)* }) => {
        $crate::wire::head::head_wire!(@ $wire { #[serde(default = "one")] version: u32, } { $($plain)* } { $($tables)* });

        impl $wire {
            fn of(head: &$crate::head::Head) -> Self {
                Self { version: head.version, ..Self::of_unversioned(head) }
            }

            fn take_head(&mut self) -> $crate::head::Head {
                $crate::head::Head { version: self.version, ..self.take_unversioned() }
            }
        }
    };
    (@ $wire:ident { $($version:tt)* }
        { $($(#[$plain_attr:meta])* $plain:ident: $plain_type:ty,)* }
        { $($(#[$table_attr:meta])* $table:ident: $table_type:ty,)* }
    ) => {
        #[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $wire {
            name: String,
            $($version)*
            #[serde(default, skip_serializing_if = "String::is_empty")]
            description: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            owner: Option<String>,
            $($(#[$plain_attr])* $plain: $plain_type,)*
            #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
            tags: std::collections::BTreeMap<String, String>,
            $($(#[$table_attr])* $table: $table_type,)*
        }

        impl $wire {
            fn of_unversioned(head: &$crate::head::Head) -> Self {
                let $crate::head::Head { name, description, owner, tags, .. } = head.clone();
                Self { name, description, owner, tags, ..Self::default() }
            }

            fn take_unversioned(&mut self) -> $crate::head::Head {
                let [name, description] = [&mut self.name, &mut self.description].map(std::mem::take);
                let (owner, tags) = (self.owner.take(), std::mem::take(&mut self.tags));
                $crate::head::Head { name, version: 0, description, owner, tags }
            }
        }
    };
}

pub(super) use head_wire;
