//! [`Operation`]: the calls of a storage that do work, by name.

/// One method of [`Storage`](crate::Storage) that reads or changes what is stored.
///
/// The clock, the random bits and the location are none of them: they neither fail nor take time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// [`Storage::get`](crate::Storage::get)
    Get,
    /// [`Storage::get_range`](crate::Storage::get_range)
    GetRange,
    /// [`Storage::head`](crate::Storage::head)
    Head,
    /// [`Storage::list`](crate::Storage::list)
    List,
    /// [`Storage::create_folder`](crate::Storage::create_folder)
    CreateFolder,
    /// [`Storage::stage`](crate::Storage::stage)
    Stage,
    /// [`Storage::publish`](crate::Storage::publish)
    Publish,
    /// [`Storage::sync_staged`](crate::Storage::sync_staged)
    SyncStaged,
    /// [`Storage::sync`](crate::Storage::sync)
    Sync,
    /// [`Storage::rename`](crate::Storage::rename)
    Rename,
    /// [`Storage::delete`](crate::Storage::delete)
    Delete,
    /// [`Storage::delete_folder`](crate::Storage::delete_folder)
    DeleteFolder,
    /// [`Storage::lock`](crate::Storage::lock)
    Lock,
}

impl Operation {
    /// Every operation, in the order of the trait.
    ///
    /// ```
    /// use varvite_storage::Operation;
    ///
    /// let writing: Vec<Operation> = Operation::ALL.into_iter().filter(|operation| !operation.only_reads()).collect();
    /// assert!(writing.contains(&Operation::Publish) && !writing.contains(&Operation::Get));
    /// ```
    pub const ALL: [Self; 13] = [
        Self::Get,
        Self::GetRange,
        Self::Head,
        Self::List,
        Self::CreateFolder,
        Self::Stage,
        Self::Publish,
        Self::SyncStaged,
        Self::Sync,
        Self::Rename,
        Self::Delete,
        Self::DeleteFolder,
        Self::Lock,
    ];

    /// Whether the operation leaves everything as it was.
    pub const fn only_reads(self) -> bool {
        matches!(self, Self::Get | Self::GetRange | Self::Head | Self::List)
    }

    /// What the operation does, for messages.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Get | Self::GetRange => "read",
            Self::Head => "look at",
            Self::List => "list",
            Self::CreateFolder | Self::Stage => "create",
            Self::Publish => "publish",
            Self::SyncStaged | Self::Sync => "sync",
            Self::Rename => "move",
            Self::Delete | Self::DeleteFolder => "delete",
            Self::Lock => "lock",
        }
    }
}
