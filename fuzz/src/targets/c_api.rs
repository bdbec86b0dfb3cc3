//! The functions of C that load files from memory: they say the same as those of Rust, and release what they are given.

#![allow(unsafe_code, reason = "calls functions of C")]

use std::cell::Cell;
use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::ptr::{from_ref, null, null_mut};

use metatensor_capi::{
    CallbackStatus, mts_array_t, mts_block_load_buffer, mts_block_load_mapped_buffer,
    mts_create_array, mts_labels_free, mts_labels_load_buffer, mts_last_error, mts_map_file_block,
    mts_map_file_header, mts_map_file_header_free, mts_map_file_load, mts_map_file_open_buffer,
    mts_status_t, mts_tensormap_block_by_id, mts_tensormap_copy, mts_tensormap_keys,
    mts_tensormap_load_buffer, mts_tensormap_load_mapped_buffer, mts_tensormap_save_buffer,
    mts_tensormap_t,
};
use metatensor_core::{DType, Labels, TensorBlock, TensorMap};

use super::load;
use super::maps::saved;

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    load::seeds()
}

pub(crate) fn run(bytes: &[u8]) {
    map(bytes);
    block(bytes);
    labels(bytes);
    mapped(bytes);
    file(bytes);
}

fn map(bytes: &[u8]) {
    // SAFETY: these are all of the bytes.
    let map = unsafe { mts_tensormap_load_buffer(bytes.as_ptr(), bytes.len(), Some(create)) };
    let expected = TensorMap::load_buffer(bytes);
    assert_eq!(map.is_some(), expected.is_ok());
    let Some(mut map) = map else {
        return assert_error_is_said();
    };
    assert!(saved_in_c(&map) == saved(&expected.unwrap()));
    assert!(mts_tensormap_copy(Some(&map)).is_some());
    let keys = mts_tensormap_keys(Some(&map));
    let mut block = MaybeUninit::uninit();
    // SAFETY: a map that is not used otherwise, and labels that are not used again.
    unsafe {
        mts_tensormap_block_by_id(&raw mut *map, Some(&mut block), 0);
        mts_labels_free(keys);
    }
}

/// What saving the map into a buffer that grows gives.
pub(crate) fn saved_in_c(map: &mts_tensormap_t) -> Vec<u8> {
    let mut memory = Vec::<u8>::new();
    let (mut buffer, mut count) = (null_mut(), 0);
    // SAFETY: `grow` is given the vector whose memory the buffer is.
    let status = unsafe {
        mts_tensormap_save_buffer(
            Some(&mut buffer),
            Some(&mut count),
            (&raw mut memory).cast(),
            Some(grow),
            Some(map),
        )
    };
    assert_eq!(status, mts_status_t::MTS_SUCCESS);
    memory.truncate(count);
    memory
}

fn block(bytes: &[u8]) {
    // SAFETY: these are all of the bytes.
    let block = unsafe { mts_block_load_buffer(bytes.as_ptr(), bytes.len(), Some(create)) };
    assert_eq!(block.is_some(), TensorBlock::load_buffer(bytes).is_ok());
    if block.is_none() {
        assert_error_is_said();
    }
}

fn labels(bytes: &[u8]) {
    // SAFETY: these are all of the bytes.
    let labels = unsafe { mts_labels_load_buffer(bytes.as_ptr(), bytes.len()) };
    assert_eq!(!labels.is_null(), Labels::load_buffer(bytes).is_ok());
    if labels.is_null() {
        assert_error_is_said();
    }
    // SAFETY: they are not used again.
    unsafe { mts_labels_free(labels) };
}

fn mapped(bytes: &[u8]) {
    let released = Cell::new(0);
    let user_data = from_ref(&released).cast_mut().cast();
    let (mut map, mut block) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let (start, count) = (bytes.as_ptr(), bytes.len());
    // SAFETY: the bytes are there until the end, as is the counter; results are set in any case, and owned.
    unsafe {
        mts_tensormap_load_mapped_buffer(start, count, Some(release), user_data, Some(&mut map));
        mts_block_load_mapped_buffer(start, count, Some(release), user_data, Some(&mut block));
        let (map, block) = (map.assume_init(), block.assume_init());
        if !map.is_null() {
            drop(Box::from_raw(map));
        }
        if !block.is_null() {
            drop(Box::from_raw(block));
        }
    }
    assert_eq!(released.get(), 2);
}

fn file(bytes: &[u8]) {
    let released = Cell::new(0);
    let user_data = from_ref(&released).cast_mut().cast();
    let mut file = MaybeUninit::uninit();
    let (start, count) = (bytes.as_ptr(), bytes.len());
    // SAFETY: as above.
    let file = unsafe {
        mts_map_file_open_buffer(
            start,
            count,
            Some(release),
            user_data,
            None,
            Some(&mut file),
        );
        file.assume_init()
    };
    if file.is_null() {
        assert_error_is_said();
    } else {
        // SAFETY: it is owned, and used by nobody else.
        let file = unsafe { Box::from_raw(file) };
        let (mut map, mut block) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        let mut header = MaybeUninit::uninit();
        mts_map_file_load(Some(&file), Some(create), Some(&mut map));
        mts_map_file_block(Some(&file), 0, Some(create), Some(&mut block));
        mts_map_file_header(Some(&file), 0, Some(&mut header));
        // SAFETY: results are set in any case, to what is owned or to NULL.
        unsafe {
            let (map, block, header) =
                (map.assume_init(), block.assume_init(), header.assume_init());
            if !map.is_null() {
                drop(Box::from_raw(map));
            }
            if !block.is_null() {
                drop(Box::from_raw(block));
            }
            if !header.is_null() {
                mts_map_file_header_free(Some(Box::from_raw(header)));
            }
        }
    }
    assert_eq!(released.get(), 1);
}

pub(crate) fn assert_error_is_said() {
    let mut message = null();
    // SAFETY: a place for a text that is valid until the next error.
    let text = unsafe {
        mts_last_error(&raw mut message, null_mut(), None);
        assert!(!message.is_null());
        CStr::from_ptr(message)
    };
    assert!(!text.to_str().unwrap().is_empty());
}

pub(crate) unsafe extern "C" fn create(
    shape: *const usize,
    shape_count: usize,
    dtype: DType,
    array: *mut mts_array_t,
) -> CallbackStatus {
    // SAFETY: as it is called by the library.
    let status = unsafe {
        let array = array.cast::<MaybeUninit<mts_array_t>>().as_mut();
        mts_create_array(shape, shape_count, dtype, array)
    };
    CallbackStatus(status as i32)
}

unsafe extern "C" fn grow(memory: *mut c_void, _: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: it was given by `saved_in_c`.
    let memory = unsafe { &mut *memory.cast::<Vec<u8>>() };
    memory.resize(size, 0);
    memory.as_mut_ptr()
}

unsafe extern "C" fn release(counter: *mut c_void) {
    // SAFETY: it was given with this function.
    let counter = unsafe { &*counter.cast::<Cell<u32>>() };
    counter.set(counter.get() + 1);
}
