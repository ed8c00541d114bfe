//! A run that failed.

/// What is kept of it.
#[derive(Debug)]
pub struct Failed {
    /// The message that failed last.
    pub message_id: String,
}
