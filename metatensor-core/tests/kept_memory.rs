//! Memory that is kept to be used again: bounds, what goes back, and who may use it when.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use metatensor_core::{
    Array, DType, DenseArray, Device, Error, kept_memory_bound, memory_use, reset_peak_memory,
    set_kept_memory_bound, trim_memory,
};

const MB: usize = 1 << 20;

/// The whole process has one bound: these tests run one after the other, each with the bound that it wants.
struct Bound(#[expect(dead_code, reason = "held")] MutexGuard<'static, ()>);

impl Bound {
    fn of(bytes: usize) -> Bound {
        static ONE: Mutex<()> = Mutex::new(());
        let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        trim_memory();
        set_kept_memory_bound(bytes as u64);
        Bound(guard)
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        set_kept_memory_bound(u64::MAX);
        trim_memory();
    }
}

/// An array of `u64` with this number in all of its bytes.
fn array(bytes: usize, value: u8) -> DenseArray {
    DenseArray::full(&[bytes / 8], u64::from_ne_bytes([value; 8])).unwrap()
}

fn address(array: &DenseArray) -> *const u8 {
    array.view().typed::<u64>().unwrap().as_ptr().cast()
}

#[test]
fn the_next_array_of_the_same_size_is_where_the_last_one_was() {
    let _bound = Bound::of(100 * MB);
    for bytes in [70 << 10, 3 * MB, 20 * MB] {
        let first = array(bytes, 1);
        let place = address(&first);
        let before = memory_use();
        drop(first);
        assert!(memory_use().kept >= before.kept + bytes);
        assert!(memory_use().in_use + bytes <= before.in_use);
        // a bit smaller, in the same class of sizes
        let second = array(bytes - bytes / 1000, 2);
        assert_eq!(address(&second), place);
        assert_eq!(memory_use(), before);
        assert!(
            second
                .to_ndarray::<u64>()
                .unwrap()
                .iter()
                .all(|&x| x == u64::from_ne_bytes([2; 8]))
        );
        // another one can not be there
        assert_ne!(address(&array(bytes, 3)), place);
    }
}

#[test]
fn zeros_are_zero_wherever_they_are() {
    let _bound = Bound::of(100 * MB);
    for bytes in [70 << 10, MB + 1, 9 * MB] {
        let place = {
            let ones = array(bytes, 255);
            address(&ones)
        };
        let zeros = DenseArray::zeros(DType::U64, &[bytes / 8]).unwrap();
        assert_eq!(address(&zeros), place);
        assert!(zeros.to_ndarray::<u64>().unwrap().iter().all(|&x| x == 0));
    }
}

#[test]
fn no_more_is_kept_than_the_bound_and_nothing_after_trimming() {
    let _bound = Bound::of(50 * MB);
    let arrays: Vec<_> = (0..20).map(|i| array(4 * MB + i * (MB / 3), 1)).collect();
    let total: usize = arrays.iter().map(|array| 8 * array.shape()[0]).sum();
    assert!(memory_use().in_use >= total && memory_use().in_use <= total + total / 16);
    for array in arrays {
        drop(array);
        assert!(memory_use().kept <= 50 * MB);
    }
    assert!(memory_use().kept > 40 * MB);
    // a lower bound holds at once
    set_kept_memory_bound(10 * MB as u64);
    assert!(memory_use().kept <= 10 * MB);
    assert_eq!(kept_memory_bound(), 10 * MB as u64);
    // what is larger than the bound is not kept, and does not drive out what is
    let kept = memory_use().kept;
    drop(array(11 * MB, 1));
    assert_eq!(memory_use().kept, kept);
    trim_memory();
    assert_eq!(memory_use().kept, 0);
    set_kept_memory_bound(0);
    drop(array(4 * MB, 1));
    assert_eq!(memory_use().kept, 0);
}

#[test]
fn the_peak_has_what_was_in_use_and_kept_at_the_same_time() {
    let _bound = Bound::of(100 * MB);
    reset_peak_memory();
    let before = memory_use();
    assert_eq!(before.peak, before.in_use + before.kept);
    let arrays = [array(10 * MB, 1), array(30 * MB, 1)];
    let largest = before.peak + 40 * MB;
    drop(arrays);
    let after = memory_use().peak;
    assert!((largest..=largest + largest / 16).contains(&after));
    reset_peak_memory();
    trim_memory();
    assert_eq!(memory_use().peak, after, "kept memory counts");
    reset_peak_memory();
    assert_eq!(memory_use().peak, memory_use().in_use);
}

#[test]
fn tensors_of_other_libraries_give_memory_back_from_any_thread() {
    let _bound = Bound::of(100 * MB);
    let array = array(8 * MB, 7);
    let place = address(&array) as usize;
    let tensor = array.to_dlpack(Device::CPU).unwrap();
    drop(array);
    assert_eq!(memory_use().kept, 0, "the tensor still has it");
    thread::spawn(move || drop(tensor)).join().unwrap();
    assert!(memory_use().kept >= 8 * MB);
    assert_eq!(address(&self::array(8 * MB, 1)) as usize, place);
}

/// Numbers that look like random ones.
fn scrambled(seed: usize) -> impl Iterator<Item = usize> {
    let mut state = seed as u64;
    std::iter::repeat_with(move || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 33) as usize
    })
}

#[test]
fn threads_never_have_the_same_memory() {
    let _bound = Bound::of(20 * MB);
    thread::scope(|scope| {
        for thread in 1..=8_usize {
            scope.spawn(move || {
                let mut numbers = scrambled(thread);
                let mut arrays: Vec<(DenseArray, u64)> = Vec::new();
                for turn in 0..500 {
                    let random = numbers.next().unwrap();
                    let value = (turn % 31) as u64 * 8 + thread as u64;
                    let array = DenseArray::full(&[(9 << 10) + random % (50 << 10)], value);
                    arrays.push((array.unwrap(), value));
                    if arrays.len() > 4 {
                        let (array, value) = arrays.swap_remove(random % 4);
                        let view = array.view();
                        let elements = view.typed::<u64>().unwrap();
                        assert!(elements.iter().all(|&x| x == value));
                    }
                }
            });
        }
    });
    assert!(memory_use().kept <= 20 * MB);
}

#[test]
fn what_many_sizes_leave_is_within_the_bound() {
    let _bound = Bound::of(64 * MB);
    for random in scrambled(1).take(100_000) {
        // from 64 kB to 16 MB, of which nobody touches a byte
        let bytes = (64 << 10) + ((1 << (8 + random % 9)) * (random / 1000 % 256)).min(16 * MB);
        DenseArray::write::<u8>(&[bytes + 1], |_| Err(Error::invalid("not needed"))).unwrap_err();
        assert!(memory_use().kept <= 64 * MB);
    }
    assert!(memory_use().kept > 32 * MB);
}
