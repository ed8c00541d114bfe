//! What only a build that acts contains. Without the feature `act` the core can only read: an [`Acting`] has no value
//! there, so the compiler removes what needs one.

use core::ops::{Deref, DerefMut};
pub use gate::Acting;

/// Whether this build can act.
pub const ACTS: bool = cfg!(feature = "act");

#[cfg(feature = "act")]
mod gate {
    /// A value that only a build that acts can have.
    #[derive(Clone, Debug)]
    pub struct Acting<T>(T);

    impl<T> Acting<T> {
        /// The value that `make` returns; `None` in a build that only reads.
        pub fn new(make: impl FnOnce() -> T) -> Option<Self> {
            Some(Acting(make()))
        }

        pub(super) fn inner(&self) -> &T {
            &self.0
        }

        pub(super) fn inner_mut(&mut self) -> &mut T {
            &mut self.0
        }
    }
}

#[cfg(not(feature = "act"))]
mod gate {
    use core::convert::Infallible;
    use core::marker::PhantomData;

    /// A value that only a build that acts can have.
    #[derive(Clone, Debug)]
    pub struct Acting<T>(Infallible, PhantomData<T>);

    impl<T> Acting<T> {
        /// The value that `make` returns; `None` in a build that only reads.
        pub fn new(_: impl FnOnce() -> T) -> Option<Self> {
            None
        }

        pub(super) fn inner(&self) -> &T {
            match self.0 {}
        }

        pub(super) fn inner_mut(&mut self) -> &mut T {
            match self.0 {}
        }
    }
}

impl<T> Deref for Acting<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner()
    }
}

impl<T> DerefMut for Acting<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner_mut()
    }
}
