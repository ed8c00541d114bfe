//! The wasm's allocator: blocks whose sizes are powers of two, a list of free ones for each size.
//!
//! A block that is given back waits for the next of its size; nothing is split or joined. Memory is
//! thus what each size has needed at most at one time, at most twice what was asked for, and each
//! call takes a few instructions. The standard one wastes less, with twelve times the code.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;

/// An allocator for one thread.
pub struct Heap {
    /// The first free block of each size; a free block holds the address of the next.
    free: [Cell<*mut u8>; usize::BITS as usize],
    /// What was never used: from here, so many bytes.
    fresh: Cell<*mut u8>,
    left: Cell<usize>,
    /// Gets at least so many bytes, aligned to [`SMALLEST`], and says how many; null where there
    /// are none.
    more: fn(usize) -> (*mut u8, usize),
}

impl Heap {
    pub const fn new(more: fn(usize) -> (*mut u8, usize)) -> Self {
        Heap {
            free: [const { Cell::new(core::ptr::null_mut()) }; usize::BITS as usize],
            fresh: Cell::new(core::ptr::null_mut()),
            left: Cell::new(0),
            more,
        }
    }

    /// A block that was never used.
    fn cut(&self, size: usize) -> *mut u8 {
        if self.left.get() < size {
            let (fresh, left) = (self.more)(size);
            if fresh.is_null() {
                return fresh;
            }
            // Behind what is left, as a rule; else that is lost.
            if fresh == self.fresh.get().wrapping_add(self.left.get()) {
                self.left.set(self.left.get() + left);
            } else {
                self.fresh.set(fresh);
                self.left.set(left);
            }
        }
        let block = self.fresh.get();
        self.fresh.set(block.wrapping_add(size));
        self.left.set(self.left.get() - size);
        block
    }
}

/// The power of two that a block of this layout takes.
fn class_of(layout: Layout) -> u32 {
    layout.size().max(SMALLEST).next_power_of_two().trailing_zeros()
}

// SAFETY: a block is in one place only, a free list or the caller's hands; it is at least as large
// as the layout that its class is of, and aligned to `SMALLEST`, which no layout exceeds.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > SMALLEST {
            return core::ptr::null_mut();
        }
        let class = class_of(layout);
        let free = &self.free[class as usize];
        let block = free.get();
        if block.is_null() {
            return self.cut(1 << class);
        }
        free.set(block.cast::<*mut u8>().read());
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let free = &self.free[class_of(layout) as usize];
        block.cast::<*mut u8>().write(free.get());
        free.set(block);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let wanted = Layout::from_size_align_unchecked(size, layout.align());
        if class_of(wanted) == class_of(layout) {
            return block;
        }
        let moved = self.alloc(wanted);
        if !moved.is_null() {
            moved.copy_from_nonoverlapping(block, size.min(layout.size()));
            self.dealloc(block, layout);
        }
        moved
    }
}

/// Room for a list's address, and the strictest alignment that anything here has.
const SMALLEST: usize = 16;

// SAFETY: only the wasm shares one, which is built without threads.
#[cfg(target_arch = "wasm32")]
unsafe impl Sync for Heap {}

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static HEAP: Heap = Heap::new(|size| {
    const PAGE: usize = 65_536;
    let pages = size.div_ceil(PAGE);
    match core::arch::wasm32::memory_grow(0, pages) {
        usize::MAX => (core::ptr::null_mut(), 0),
        before => ((before * PAGE) as *mut u8, pages * PAGE),
    }
});
