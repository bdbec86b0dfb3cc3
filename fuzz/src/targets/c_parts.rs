//! The functions of C that load parts of a file: selections, and members of collections. They say the same as those of Rust.

#![allow(unsafe_code, reason = "calls functions of C")]

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

use metatensor_capi::{
    mts_collection_load, mts_collection_load_many, mts_collection_names, mts_collection_numbers,
    mts_collection_open_buffer, mts_collection_t, mts_labels_free, mts_labels_load_buffer,
    mts_labels_t, mts_map_file_load_selected, mts_map_file_open_buffer, mts_map_selection_t,
    mts_status_t, mts_tensormap_t,
};
use metatensor_core::{Collection, Labels, Limits, MapFile, Result, TensorMap};
use metatensor_operations::{LoadManyOptions, load_many};

use super::c_api::{assert_error_is_said, create, saved_in_c};
use super::maps::saved;
use super::readers::text;
use super::{collection, select};

/// The first byte says what the others are: a selection, or changes of a collection.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let selections = select::seeds()
        .into_iter()
        .map(|seed| [&[0], &seed[..]].concat());
    let collections = collection::seeds()
        .into_iter()
        .map(|seed| [&[1], &seed[..]].concat());
    selections.chain(collections).collect()
}

pub(crate) fn run(bytes: &[u8]) {
    match bytes.split_first() {
        Some((0, rest)) => selection(rest),
        Some((_, rest)) => members(rest),
        None => {}
    }
}

/// As `mts_map_selection_t` in C, where all can write to it.
#[repr(C)]
struct Selection {
    keys: *const mts_labels_t,
    samples: *const mts_labels_t,
    properties: *const mts_labels_t,
}

fn selection(bytes: &[u8]) {
    let (bytes, wanted, _) = select::chosen(bytes);
    let mut file = MaybeUninit::uninit();
    // SAFETY: the bytes are there until the end, and nobody has to be told; results are set in any case, and owned.
    let file = unsafe {
        let (start, count) = (bytes.as_ptr(), bytes.len());
        mts_map_file_open_buffer(start, count, None, null_mut(), None, Some(&mut file));
        file.assume_init()
    };
    let expected = MapFile::from_bytes(bytes.clone(), Limits::default());
    assert_eq!(file.is_null(), expected.is_err());
    let Ok(expected) = expected else {
        return assert_error_is_said();
    };
    let expected = expected.load_selected(&wanted);
    let handles = Selection {
        keys: handle(wanted.keys.as_ref()),
        samples: handle(wanted.samples.as_ref()),
        properties: handle(wanted.properties.as_ref()),
    };
    let mut map = MaybeUninit::uninit();
    // SAFETY: the file is owned; labels are released when they were used; results are set in any case.
    unsafe {
        let file = Box::from_raw(file);
        let selection = (&raw const handles)
            .cast::<mts_map_selection_t<'_>>()
            .as_ref();
        let status =
            mts_map_file_load_selected(Some(&file), selection, Some(create), Some(&mut map));
        same(status, map.assume_init(), expected);
        for labels in [handles.keys, handles.samples, handles.properties] {
            mts_labels_free(labels);
        }
    }
}

/// The same labels in C, or NULL.
fn handle(labels: Option<&Labels>) -> *const mts_labels_t {
    let Some(labels) = labels else {
        return null();
    };
    let bytes = labels.save_buffer().unwrap();
    // SAFETY: these are all of the bytes.
    let labels = unsafe { mts_labels_load_buffer(bytes.as_ptr(), bytes.len()) };
    assert!(!labels.is_null());
    labels
}

/// What C made is what Rust did, and is released.
fn same(status: mts_status_t, map: *mut mts_tensormap_t, expected: Result<TensorMap>) {
    assert_eq!(map.is_null(), status != mts_status_t::MTS_SUCCESS);
    assert_eq!(map.is_null(), expected.is_err());
    let Ok(expected) = expected else {
        return assert_error_is_said();
    };
    // SAFETY: it is owned, and used by nobody else.
    let map = unsafe { Box::from_raw(map) };
    assert!(saved_in_c(&map) == saved(&expected));
}

fn members(bytes: &[u8]) {
    let bytes = collection::damaged(bytes);
    let mut opened = MaybeUninit::uninit();
    // SAFETY: as above.
    let opened = unsafe {
        let (start, count) = (bytes.as_ptr(), bytes.len());
        mts_collection_open_buffer(start, count, None, null_mut(), None, Some(&mut opened));
        opened.assume_init()
    };
    let expected = Collection::from_bytes(bytes.clone(), Limits::default());
    assert_eq!(opened.is_null(), expected.is_err());
    let Ok(expected) = expected else {
        return assert_error_is_said();
    };
    // SAFETY: it is owned, and used by nobody else.
    let opened: Box<mts_collection_t> = unsafe { Box::from_raw(opened) };
    let (mut names, mut count) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let status = mts_collection_names(Some(&opened), Some(&mut names), Some(&mut count));
    assert_eq!(status, mts_status_t::MTS_SUCCESS);
    // SAFETY: results were set: to so many names, which live as long as the collection.
    let names: Vec<&CStr> = unsafe {
        let (names, count) = (names.assume_init(), count.assume_init());
        (0..count).map(|i| CStr::from_ptr(*names.add(i))).collect()
    };
    assert_eq!(names.len(), expected.names().count());
    for (name, text) in names.iter().zip(expected.names()) {
        check(&opened, &expected, name, text);
    }
    let missing = CString::new("nobody has this name").unwrap();
    check(&opened, &expected, &missing, "nobody has this name");
}

/// Maps of one name, alone and together.
fn check(opened: &mts_collection_t, expected: &Collection, name: &CStr, in_rust: &str) {
    let (mut numbers, mut count) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    let status = mts_collection_numbers(
        Some(opened),
        text(name),
        Some(&mut numbers),
        Some(&mut count),
    );
    assert_eq!(status, mts_status_t::MTS_SUCCESS);
    // SAFETY: results were set: to so many numbers, or to NULL and 0.
    let numbers: Vec<i32> = unsafe {
        let (numbers, count) = (numbers.assume_init(), count.assume_init());
        (0..count).map(|i| *numbers.add(i)).collect()
    };
    // A name that C can not have is another one there.
    if !in_rust.contains('\0') {
        assert_eq!(numbers, expected.numbers(in_rust));
        for &number in numbers.iter().take(3) {
            let mut map = MaybeUninit::uninit();
            // Arrays of the caller, and of the library.
            let status = match number % 2 {
                0 => {
                    let create = Some(create as _);
                    mts_collection_load(Some(opened), number, text(name), create, Some(&mut map))
                }
                _ => mts_collection_load(Some(opened), number, text(name), None, Some(&mut map)),
            };
            // SAFETY: the result is set in any case.
            let map = unsafe { map.assume_init() };
            same(status, map, expected.load(number, in_rust));
        }
        let some = &numbers[..numbers.len().min(4)];
        let mut map = MaybeUninit::uninit();
        // SAFETY: there are so many numbers, and the result is set in any case.
        unsafe {
            let status = mts_collection_load_many(
                Some(opened),
                text(name),
                some.as_ptr(),
                some.len(),
                None,
                None,
                Some(&mut map),
            );
            let batch = load_many(expected, in_rust, some, LoadManyOptions::default());
            same(status, map.assume_init(), batch);
        }
    }
}
