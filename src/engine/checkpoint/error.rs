//! Why a checkpoint can't be used.

/// Why a checkpoint can't be used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CheckpointError {
    /// Not a checkpoint, truncated or modified.
    Damaged,
    /// In the format of another version of this package.
    Version,
    /// The checkpoint of a different drive.
    Mismatch(Mismatch),
}

/// The difference between a checkpoint and the drive that is to continue from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mismatch {
    /// The operation.
    Operation,
    /// The base URL.
    Origin,
    /// The selection.
    Selection,
    /// The overrides.
    Overrides,
}

impl Mismatch {
    /// The difference as part of an error message, with the names of the caller's parameters.
    pub fn name(self) -> &'static str {
        match self {
            Mismatch::Operation => "the operation differs",
            Mismatch::Origin => "the baseUrl differs",
            Mismatch::Selection => "the selection differs",
            Mismatch::Overrides => "the overrides differ",
        }
    }
}

impl CheckpointError {
    /// The stable code of the error that the caller gets.
    pub fn code(self) -> &'static str {
        match self {
            CheckpointError::Damaged => "checkpoint_damaged",
            CheckpointError::Version => "checkpoint_version",
            CheckpointError::Mismatch(_) => "checkpoint_mismatch",
        }
    }

    /// The difference, if the checkpoint is of a different drive.
    pub fn detail(self) -> Option<&'static str> {
        match self {
            CheckpointError::Mismatch(what) => Some(what.name()),
            _ => None,
        }
    }
}
