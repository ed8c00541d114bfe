//! The allocator: what is handed out overlaps nothing, keeps its content, and is used again.

use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use upstash_workflow_dlq::heap::Heap;

const PAGE: usize = 65_536;

thread_local! {
    static GROWN: Cell<usize> = const { Cell::new(0) };
}

/// Memory as the wasm gets it, in pages that are never given back.
fn more(size: usize) -> (*mut u8, usize) {
    let size = size.next_multiple_of(PAGE);
    GROWN.set(GROWN.get() + size);
    let layout = Layout::from_size_align(size, 16).expect("a layout");
    (unsafe { System.alloc(layout) }, size)
}

struct Block {
    at: *mut u8,
    layout: Layout,
    mark: u8,
}

impl Block {
    fn new(heap: &Heap, size: usize, align: usize, mark: u8) -> Self {
        let layout = Layout::from_size_align(size, align).expect("a layout");
        let at = unsafe { heap.alloc(layout) };
        assert!(!at.is_null() && at as usize % align == 0);
        let block = Block { at, layout, mark };
        block.fill(0);
        block
    }

    fn fill(&self, from: usize) {
        unsafe { self.at.add(from).write_bytes(self.mark, self.layout.size() - from) };
    }

    fn is_whole(&self) -> bool {
        let bytes = unsafe { std::slice::from_raw_parts(self.at, self.layout.size()) };
        bytes.iter().all(|byte| *byte == self.mark)
    }

    fn resize(&mut self, heap: &Heap, size: usize) {
        let kept = self.layout.size().min(size);
        self.at = unsafe { heap.realloc(self.at, self.layout, size) };
        self.layout = Layout::from_size_align(size, self.layout.align()).expect("a layout");
        let bytes = unsafe { std::slice::from_raw_parts(self.at, kept) };
        assert!(bytes.iter().all(|byte| *byte == self.mark));
        self.fill(kept);
    }
}

/// Takes, resizes and gives back, as told; everything is given back in the end.
fn run(heap: &Heap, steps: &[(usize, usize, u32)]) {
    let mut blocks: Vec<Block> = Vec::new();
    for (number, (what, size, align)) in steps.iter().enumerate() {
        match what % 3 {
            0 if !blocks.is_empty() => {
                let block = blocks.swap_remove(what % blocks.len());
                assert!(block.is_whole());
                unsafe { heap.dealloc(block.at, block.layout) };
            }
            1 if !blocks.is_empty() => {
                let at = what % blocks.len();
                blocks[at].resize(heap, *size);
            }
            _ => blocks.push(Block::new(heap, *size, 1 << align, number as u8)),
        }
    }
    for block in blocks {
        assert!(block.is_whole());
        unsafe { heap.dealloc(block.at, block.layout) };
    }
}

proptest! {
    #[test]
    fn blocks_keep_their_content_and_are_used_again(
        steps in proptest::collection::vec((any::<usize>(), 1usize..3_000, 0u32..5), 1..200),
    ) {
        let heap = Heap::new(more);
        run(&heap, &steps);
        let grown = GROWN.get();
        for _ in 0..3 { run(&heap, &steps); }
        prop_assert_eq!(GROWN.get(), grown);
    }
}

#[test]
fn a_block_is_at_most_twice_what_was_asked_for() {
    let heap = Heap::new(more);
    let before = GROWN.get();
    let blocks: Vec<Block> = (0..64).map(|n| Block::new(&heap, 1_025, 8, n)).collect();
    assert!(blocks.iter().all(Block::is_whole));
    assert_eq!(GROWN.get() - before, 2 * PAGE);
    let large = Block::new(&heap, 40 * PAGE, 8, 1);
    assert!(large.is_whole());
    assert_eq!(GROWN.get() - before, 66 * PAGE);
}

#[test]
fn what_is_left_joins_what_comes_behind_it() {
    thread_local! {
        /// Pages that follow each other.
        static PAGES: Cell<(*mut u8, usize)> = const { Cell::new((std::ptr::null_mut(), 0)) };
    }
    let layout = |size| Layout::from_size_align(size, 16).expect("a layout");
    PAGES.set((unsafe { System.alloc(layout(8 * PAGE)) }, 0));
    let heap = Heap::new(|size| {
        let size = size.next_multiple_of(PAGE);
        let (pages, taken) = PAGES.get();
        assert!(taken + size <= 8 * PAGE);
        PAGES.set((pages, taken + size));
        (pages.wrapping_add(taken), size)
    });
    for (size, taken) in [(16, 1), (PAGE, 2), (PAGE / 2, 2), (PAGE / 4, 2), (PAGE, 3)] {
        let block = unsafe { heap.alloc(layout(size)) };
        assert!(!block.is_null());
        assert_eq!(PAGES.get().1, taken * PAGE, "{size}");
    }
}

#[test]
fn there_may_be_none() {
    let heap = Heap::new(|_| (std::ptr::null_mut(), 0));
    let layout = |size, align| Layout::from_size_align(size, align).expect("a layout");
    assert!(unsafe { heap.alloc(layout(1, 1)) }.is_null());
    assert!(unsafe { Heap::new(more).alloc(layout(64, 32)) }.is_null());
}
