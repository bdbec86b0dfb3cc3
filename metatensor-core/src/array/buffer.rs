//! Memory behind native arrays.

#![expect(unsafe_code, reason = "allocates memory and keeps pointers to it")]

use std::alloc::Layout;
use std::any::Any;
use std::ptr::NonNull;
use std::sync::Arc;

use super::Dlpack;
use crate::{Error, Result};

/// Alignment of the memory we allocate, enough for any vector instruction.
const ALIGNMENT: usize = 64;
/// Memory up to this size only gets what any allocation has: asking for more takes longer than it saves.
const SMALL: usize = 8 << 10;
const SMALL_ALIGNMENT: usize = 16;

/// Size of the pages that make fresh memory three times cheaper to write to.
const HUGE_PAGE: usize = 2 << 20;

/// A piece of memory which is released with this value. The memory itself may be written to
/// through pointers that others got by DLPack: only whoever has exclusive access to the array on
/// top of it makes references to its content.
#[derive(Debug)]
pub(super) struct Buffer {
    data: NonNull<u8>,
    owner: Owner,
}

#[derive(Debug)]
enum Owner {
    Allocated(NonNull<u8>, Layout),
    Dlpack(Dlpack),
    Shared(#[expect(dead_code, reason = "only kept alive")] Arc<dyn Any + Send + Sync>),
    Value(#[expect(dead_code, reason = "only kept alive")] Box<dyn Any + Send + Sync>),
}

// SAFETY: the memory belongs to the buffer, and can be released from any thread.
unsafe impl Send for Buffer {}
// SAFETY: a shared buffer only gives its address.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// New memory of `size` bytes with unspecified content.
    pub(super) fn uninitialized(size: usize) -> Result<Buffer> {
        Self::allocate(size, std::alloc::alloc)
    }

    /// New memory of `size` bytes, all zero.
    pub(super) fn zeroed(size: usize) -> Result<Buffer> {
        Self::allocate(size, std::alloc::alloc_zeroed)
    }

    fn allocate(size: usize, allocator: unsafe fn(Layout) -> *mut u8) -> Result<Buffer> {
        let too_large = || Error::invalid(format!("can not allocate {size} bytes"));
        let huge = size >= 2 * HUGE_PAGE;
        // Over-aligned zeroed memory would be zeroed by hand, page after page. We ask for a bit more
        // memory instead, and align the address: pages that are never touched cost nothing.
        let layout = if huge {
            let size = size.checked_add(HUGE_PAGE).ok_or_else(too_large)?;
            Layout::from_size_align(size, SMALL_ALIGNMENT)
        } else if size <= SMALL {
            Layout::from_size_align(size.max(1), SMALL_ALIGNMENT)
        } else {
            Layout::from_size_align(size, ALIGNMENT)
        };
        let layout = layout.map_err(|_| too_large())?;
        // SAFETY: the layout has a non-zero size.
        let allocated = NonNull::new(unsafe { allocator(layout) }).ok_or_else(too_large)?;
        let mut data = allocated;
        if huge {
            // SAFETY: the offset is less than HUGE_PAGE, which is how much more than `size` we have.
            data = unsafe { allocated.add(allocated.as_ptr().align_offset(HUGE_PAGE)) };
            advise_huge_pages(data, size);
        }
        Ok(Buffer {
            data,
            owner: Owner::Allocated(allocated, layout),
        })
    }

    /// Memory of a DLPack tensor, which is deleted with the buffer.
    pub(super) fn from_dlpack(tensor: Dlpack) -> Buffer {
        Buffer {
            data: NonNull::new(tensor.data()).unwrap_or(NonNull::<u64>::dangling().cast()),
            owner: Owner::Dlpack(tensor),
        }
    }

    /// Memory of `vector`, without copying it.
    pub(super) fn from_vec<T: Send + Sync + 'static>(mut vector: Vec<T>) -> Buffer {
        let data = NonNull::new(vector.as_mut_ptr()).unwrap_or(NonNull::dangling());
        Buffer {
            data: data.cast(),
            owner: Owner::Value(Box::new(vector)),
        }
    }

    /// Memory of `values`, which others may be reading.
    pub(super) fn from_shared<T: Send + Sync + 'static>(values: Arc<Vec<T>>) -> Buffer {
        let data = NonNull::new(values.as_ptr().cast_mut()).unwrap_or(NonNull::dangling());
        Buffer {
            data: data.cast(),
            owner: Owner::Shared(values),
        }
    }

    pub(super) fn data(&self) -> NonNull<u8> {
        self.data
    }

    /// Whether nobody may write to this memory.
    pub(super) fn is_read_only(&self) -> bool {
        match &self.owner {
            Owner::Shared(_) => true,
            Owner::Dlpack(tensor) => tensor.is_read_only(),
            Owner::Allocated(..) | Owner::Value(_) => false,
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Owner::Allocated(allocated, layout) = self.owner {
            // SAFETY: allocated with this very layout in `allocate`.
            unsafe { std::alloc::dealloc(allocated.as_ptr(), layout) }
        }
    }
}

/// Empty vector with space for `size` bytes, in memory that is cheap to write to for the first time.
pub(crate) fn vector_for(size: usize) -> Result<Vec<u8>> {
    let mut vector: Vec<u8> = Vec::new();
    vector
        .try_reserve_exact(size)
        .map_err(|_| Error::invalid(format!("can not allocate {size} bytes")))?;
    prepare(&mut vector);
    Ok(vector)
}

/// The same for `count` elements of any type, of which there surely is enough memory.
pub(crate) fn vector_with_capacity<T>(count: usize) -> Vec<T> {
    let mut vector = Vec::with_capacity(count);
    prepare(&mut vector);
    vector
}

/// `count` times 0, in memory that is cheap to write to for the first time.
pub(crate) fn zeros(count: usize) -> Vec<u32> {
    let mut vector = vec![0; count];
    will_be_written(&mut vector[..]);
    vector
}

fn prepare<T>(vector: &mut Vec<T>) {
    will_be_written(vector.spare_capacity_mut());
}

/// Tells the system that all of `memory`, which may be new, will be written to: large pages make this cheaper.
pub fn will_be_written<T>(memory: &mut [T]) {
    let size = size_of_val(memory);
    if size >= 2 * HUGE_PAGE {
        let start = NonNull::from(memory).cast::<u8>();
        let offset = start.as_ptr().align_offset(HUGE_PAGE);
        // SAFETY: the offset is less than HUGE_PAGE, and thus than the size.
        advise_huge_pages(unsafe { start.add(offset) }, size - offset);
    }
}

#[cfg(target_os = "linux")]
fn advise_huge_pages(data: NonNull<u8>, size: usize) {
    // The address is aligned to a huge page; a partial one at the end is left alone.
    let size = size / HUGE_PAGE * HUGE_PAGE;
    // SAFETY: the range lies inside memory that we own, and the advice does not change its content.
    // It is only an advice: nothing depends on its success.
    let _ = unsafe { libc::madvise(data.as_ptr().cast(), size, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
fn advise_huge_pages(_: NonNull<u8>, _: usize) {}
