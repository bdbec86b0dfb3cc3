//! Files that functions of C read, which fail, or give something else than what is there.

#![allow(unsafe_code, reason = "calls functions of C")]

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_void};
use std::mem::{MaybeUninit, transmute};
use std::ptr::{from_ref, null_mut};

use metatensor_capi::{
    CallbackStatus, Text, mts_labels_free, mts_map_file_block, mts_map_file_free,
    mts_map_file_header, mts_map_file_header_free, mts_map_file_header_labels, mts_map_file_keys,
    mts_map_file_load, mts_map_file_open_reader, mts_map_file_t, mts_reader_t, mts_set_last_error,
    mts_status_t,
};
use metatensor_core::TensorMap;

use super::c_api::{assert_error_is_said, create, saved_in_c};
use super::changes::{changed, changes};
use super::choices::Choices;
use super::maps::saved;

/// The first bytes choose which call goes wrong, and how, the others the archive and how it is changed.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let faults = [[0, 0], [1, 1], [2, 2], [3, 3], [9, 3], [5, 1], [12, 2]];
    let archives = changes(3);
    let all = faults.iter().flat_map(|fault| {
        let archives = archives.iter();
        archives.map(|archive| [fault, &archive[..]].concat())
    });
    all.collect()
}

/// A file, and what goes wrong when it is read.
struct File {
    bytes: Vec<u8>,
    /// Calls until something goes wrong.
    left: Cell<usize>,
    fault: u8,
    has_failed: Cell<bool>,
    released: Cell<usize>,
}

/// As `mts_reader_t` in C, where all can write to it.
#[repr(C)]
struct Reader {
    user_data: *mut c_void,
    size: u64,
    read_at: unsafe extern "C" fn(*mut c_void, u64, *mut u8, usize) -> CallbackStatus,
    release: unsafe extern "C" fn(*mut c_void),
    concurrent: bool,
}

pub(crate) fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let (left, fault) = (choices.below(64), choices.byte() % 4);
    let file = File {
        bytes: changed(&mut choices),
        left: Cell::new(left),
        fault,
        has_failed: Cell::new(false),
        released: Cell::new(0),
    };
    let reader = Reader {
        user_data: from_ref(&file).cast_mut().cast(),
        size: file.bytes.len() as u64,
        read_at,
        release,
        concurrent: false,
    };
    let mut opened = MaybeUninit::uninit();
    // SAFETY: a structure as that of C, whose functions are used as long as the file is here; results are set in any case.
    let opened = unsafe {
        let reader = transmute::<Reader, mts_reader_t>(reader);
        mts_map_file_open_reader(text(c"a reader"), reader, None, Some(&mut opened));
        opened.assume_init()
    };
    if opened.is_null() {
        assert_error_is_said();
    } else {
        // SAFETY: it is owned, and used by nobody else.
        let opened = unsafe { Box::from_raw(opened) };
        read(&file, &opened);
        mts_map_file_free(Some(opened));
    }
    assert_eq!(file.released.get(), 1);
}

fn read(file: &File, opened: &mts_map_file_t) {
    let (mut map, mut block) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let (mut header, mut keys) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let status = mts_map_file_load(Some(opened), Some(create), Some(&mut map));
    mts_map_file_block(Some(opened), 0, None, Some(&mut block));
    mts_map_file_header(Some(opened), 0, Some(&mut header));
    mts_map_file_keys(Some(opened), Some(&mut keys));
    // SAFETY: results are set in any case, to what is owned or to NULL.
    unsafe {
        let (map, block) = (map.assume_init(), block.assume_init());
        let (header, keys) = (header.assume_init(), keys.assume_init());
        assert_eq!(map.is_null(), status != mts_status_t::MTS_SUCCESS);
        // what was read before somebody failed is right; what is wrong is noticed, as nothing says what was loaded
        if !file.has_failed.get() {
            let expected = TensorMap::load_buffer(&file.bytes);
            assert_eq!(map.is_null(), expected.is_err());
            if let Ok(expected) = expected {
                assert!(saved_in_c(&*map) == saved(&expected));
            }
        }
        if !map.is_null() {
            drop(Box::from_raw(map));
        }
        if !block.is_null() {
            drop(Box::from_raw(block));
        }
        if !header.is_null() {
            let header = Box::from_raw(header);
            let mut samples = MaybeUninit::uninit();
            mts_map_file_header_labels(Some(&header), 0, Some(&mut samples));
            mts_labels_free(samples.assume_init());
            mts_map_file_header_free(Some(header));
        }
        mts_labels_free(keys);
    }
}

unsafe extern "C" fn read_at(
    file: *mut c_void,
    offset: u64,
    bytes: *mut u8,
    count: usize,
) -> CallbackStatus {
    // SAFETY: what `run` gave, and a place for so many bytes.
    let (file, bytes) = unsafe {
        (
            &*file.cast::<File>(),
            std::slice::from_raw_parts_mut(bytes, count),
        )
    };
    bytes.copy_from_slice(&file.bytes[offset as usize..][..count]);
    if file.left.replace(file.left.get().saturating_sub(1)) != 1 {
        return CallbackStatus(mts_status_t::MTS_SUCCESS as i32);
    }
    file.has_failed.set(true);
    match file.fault {
        // it fails, with a message or without one
        0 => {
            // SAFETY: there is no data.
            unsafe { mts_set_last_error(text(c"no more"), text(c""), null_mut(), None) };
            return CallbackStatus(mts_status_t::MTS_CALLBACK_ERROR as i32);
        }
        1 => return CallbackStatus(77),
        // it gives fewer bytes than it says, or others
        2 => bytes[count / 2..].fill(0),
        _ => bytes[count / 2] ^= 0x41,
    }
    CallbackStatus(mts_status_t::MTS_SUCCESS as i32)
}

pub(crate) fn text(text: &CStr) -> Text<'_> {
    // SAFETY: this is a pointer, and it points to a string.
    unsafe { transmute::<*const c_char, Text<'_>>(text.as_ptr()) }
}

unsafe extern "C" fn release(file: *mut c_void) {
    // SAFETY: what `run` gave.
    let released = unsafe { &(*file.cast::<File>()).released };
    released.set(released.get() + 1);
}
