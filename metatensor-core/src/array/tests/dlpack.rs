//! Memory shared with other libraries.

#![expect(unsafe_code, reason = "makes DLPack tensors as other libraries do")]

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A tensor of another library: counts how often it is deleted.
struct Foreign<T> {
    memory: Vec<T>,
    shape: Vec<i64>,
    strides: Vec<i64>,
    deleted: Arc<AtomicUsize>,
}

/// What to change in a tensor that would be fine otherwise.
type Change<'a> = &'a dyn Fn(&mut DlpackManagedTensor);

impl<T: Element> Foreign<T> {
    fn new(memory: &[T], shape: &[i64], strides: &[i64]) -> Self {
        Foreign {
            memory: memory.to_vec(),
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            deleted: Arc::default(),
        }
    }

    /// The tensor and the number of times it was deleted.
    fn make(self, change: Change<'_>) -> (Result<Dlpack>, Arc<AtomicUsize>) {
        unsafe extern "C" fn delete<T>(tensor: *mut DlpackManagedTensor) {
            // SAFETY: both pointers come from boxes, and are given to this function once.
            let (context, tensor) = unsafe {
                let context = (*tensor).manager_ctx;
                (
                    Box::from_raw(context.cast::<Foreign<T>>()),
                    Box::from_raw(tensor),
                )
            };
            context.deleted.fetch_add(1, Ordering::SeqCst);
            drop((context, tensor));
        }
        let deleted = Arc::clone(&self.deleted);
        let mut context = Box::new(self);
        let mut tensor = Box::new(DlpackManagedTensor {
            version: DlpackVersion {
                major: 1,
                minor: 42,
            },
            manager_ctx: std::ptr::null_mut(),
            deleter: Some(delete::<T>),
            flags: 0,
            tensor: DlpackTensor {
                data: context.memory.as_mut_ptr().cast(),
                device: Device::CPU,
                ndim: context.shape.len() as i32,
                dtype: T::DTYPE,
                shape: context.shape.as_mut_ptr(),
                strides: context.strides.as_mut_ptr(),
                byte_offset: 0,
            },
        });
        tensor.manager_ctx = Box::into_raw(context).cast();
        change(&mut tensor);
        // SAFETY: the structure is valid, or is refused, and is given away here.
        (unsafe { Dlpack::from_raw(Box::into_raw(tensor)) }, deleted)
    }

    fn dlpack(self) -> Dlpack {
        self.make(&|_| ()).0.unwrap()
    }
}

/// 0.0, 1.0, ... 11.0 as a 3 x 4 tensor.
fn dozen() -> Foreign<f64> {
    let memory: Vec<_> = (0..12).map(f64::from).collect();
    Foreign::new(&memory, &[3, 4], &[4, 1])
}

/// The errors of using this tensor as a view and as an array, which are the same. The tensor is
/// deleted once in both cases.
fn refused<T: Element>(foreign: impl Fn() -> Foreign<T>, change: Change<'_>) -> String {
    let use_as = |convert: &dyn Fn(Dlpack) -> Result<()>| {
        let (dlpack, deleted) = foreign().make(change);
        let error = message(dlpack.and_then(convert));
        assert_eq!(deleted.load(Ordering::SeqCst), 1);
        error
    };
    let error = use_as(&|dlpack| DenseArray::from_dlpack(dlpack).map(|_| ()));
    assert_eq!(
        use_as(&|dlpack| View::from_dlpack(dlpack).map(|_| ())),
        error
    );
    error
}

#[test]
fn tensors_come_back_without_a_copy() {
    fn check<T: Numbered>() {
        let expected = numbers::<T>(&[2, 3, 4]);
        let mut array = DenseArray::from(expected.clone());
        array.swap_axes(0, 2).unwrap();
        let dlpack = Array::to_dlpack(&array, Device::CPU).unwrap();
        let tensor = dlpack.tensor();
        let address = array.view().typed::<T>().unwrap().as_ptr();
        assert_eq!(tensor.data.cast_const().cast(), address);
        assert_eq!((tensor.dtype, tensor.device), (T::DTYPE, Device::CPU));
        assert!(dlpack.shape().eq([4, 3, 2]));
        assert_eq!(dlpack.strides(), Some(&[1, 4, 12][..]));

        let back = array.adopt_dlpack(dlpack).unwrap();
        drop(array);
        let view = back.view().unwrap();
        assert_eq!(view.typed::<T>().unwrap().as_ptr(), address);
        assert_eq!(view.typed::<T>().unwrap(), expected.reversed_axes());
    }
    for_all_types!(check);
}

#[test]
fn exported_tensors_are_read_only_unless_asked() {
    let array = DenseArray::from(numbers::<f64>(&[2]));
    assert!(
        Array::to_dlpack(&array, Device::CPU)
            .unwrap()
            .is_read_only()
    );
    // SAFETY: nothing is written, here and below.
    let tensor = unsafe { array.to_writable_dlpack() };
    assert!(!tensor.unwrap().is_read_only());
    let labels = DenseArray::of_labels(Arc::new(vec![1, 2]), [1, 2]);
    // SAFETY: as above.
    let tensor = unsafe { labels.to_writable_dlpack() };
    assert!(tensor.unwrap().is_read_only());
    assert_eq!(
        labels.origin().unwrap().name().unwrap(),
        "metatensor.Labels"
    );
}

#[test]
fn arrays_are_given_away_writable_unless_shared() {
    let array = DenseArray::from(numbers::<f64>(&[2]));
    let exported = Array::to_dlpack(&array, Device::CPU).unwrap();
    assert!(array.into_dlpack().is_read_only(), "exported before");
    let array = DenseArray::from_dlpack(exported).unwrap();
    assert!(
        array.into_dlpack().is_read_only(),
        "read-only memory stays read-only"
    );
    let array = DenseArray::from(numbers::<f64>(&[2]));
    assert!(!array.into_dlpack().is_read_only());
}

#[test]
fn writing_to_an_array_leaves_what_was_exported() {
    let mut array = DenseArray::from(numbers::<f64>(&[2, 2]));
    let exported = View::from_dlpack(Array::to_dlpack(&array, Device::CPU).unwrap()).unwrap();
    let mut view = array.view_mut().unwrap();
    view.typed_mut::<f64>().unwrap().fill(0.0);
    drop(view);
    assert_eq!(exported.typed::<f64>().unwrap(), numbers::<f64>(&[2, 2]));
    assert!(array.to_ndarray::<f64>().unwrap().iter().all(|&v| v == 0.0));

    drop(exported);
    let address = array.view().items::<8>().as_ptr();
    array.view_mut().unwrap();
    assert_eq!(
        array.view().items::<8>().as_ptr(),
        address,
        "nobody else looks at it now"
    );
}

#[test]
fn writing_to_read_only_memory_makes_a_copy() {
    let read_only = |tensor: &mut DlpackManagedTensor| {
        tensor.flags = DlpackManagedTensor::FLAG_READ_ONLY;
    };
    let (dlpack, deleted) = dozen().make(&read_only);
    let dlpack = dlpack.unwrap();
    let address = dlpack.data();
    let mut array = DenseArray::from_dlpack(dlpack).unwrap();
    let mut view = array.view_mut().unwrap();
    assert_ne!(view.as_bytes_mut().unwrap().as_mut_ptr(), address);
    assert_eq!(deleted.load(Ordering::SeqCst), 1, "not needed any more");

    let (dlpack, _) = dozen().make(&read_only);
    // SAFETY: nobody else has it.
    let error = message(unsafe { ViewMut::from_dlpack(dlpack.unwrap()) });
    assert!(error.contains("read-only"), "{error}");
}

#[test]
fn writable_memory_is_written_to_in_place() {
    let dlpack = dozen().dlpack();
    let address = dlpack.data();
    let mut array = DenseArray::from_dlpack(dlpack).unwrap();
    let mut view = array.view_mut().unwrap();
    assert_eq!(view.as_bytes_mut().unwrap().as_mut_ptr(), address);

    // SAFETY: nobody else has it.
    let mut view = unsafe { ViewMut::from_dlpack(dozen().dlpack()) }.unwrap();
    view.as_slice_mut::<f64>().unwrap().unwrap()[3] = -1.0;
    assert_eq!(view.as_view().typed::<f64>().unwrap()[[0, 3]], -1.0);

    let transposed = Foreign::new(&[0_u8, 1, 2, 3, 4, 5], &[3, 2], &[-1, 3]);
    let last_column = |tensor: &mut DlpackManagedTensor| tensor.tensor.byte_offset = 2;
    let dlpack = transposed.make(&last_column).0.unwrap();
    // SAFETY: nobody else has it.
    let mut view = unsafe { ViewMut::from_dlpack(dlpack) }.unwrap();
    assert_eq!(view.as_bytes_mut(), None);
    assert_eq!(view.as_slice_mut::<u8>().unwrap(), None);
    view.typed_mut::<u8>().unwrap()[[2, 1]] = 30;
    let expected = ndarray::arr2(&[[2, 5], [1, 4], [0, 30]]).into_dyn();
    assert_eq!(view.as_view().typed::<u8>().unwrap(), expected);
}

#[test]
fn elements_that_share_memory_are_copied_before_writing() {
    let broadcast = || Foreign::new(&[1.0, 2.0], &[3, 2], &[0, 1]);
    let mut array = DenseArray::from_dlpack(broadcast().dlpack()).unwrap();
    array.view_mut().unwrap().typed_mut::<f64>().unwrap()[[1, 0]] = 5.0;
    let expected = ndarray::arr2(&[[1.0, 2.0], [5.0, 2.0], [1.0, 2.0]]);
    assert_eq!(array.to_ndarray::<f64>().unwrap(), expected.into_dyn());
}

#[test]
fn the_deleter_is_called_exactly_once() {
    let (dlpack, deleted) = dozen().make(&|_| ());
    let mut array = DenseArray::from_dlpack(dlpack.unwrap()).unwrap();
    let exported = Array::to_dlpack(&array, Device::CPU).unwrap();
    array.swap_axes(0, 1).unwrap();
    drop(array);
    let array = ArrayRef::from(DenseArray::from_dlpack(exported).unwrap());
    let clone = array.clone();
    drop(array);
    assert_eq!(clone.view().unwrap().typed::<f64>().unwrap()[[2, 3]], 11.0);
    assert_eq!(deleted.load(Ordering::SeqCst), 0, "still in use");
    drop(clone);
    assert_eq!(deleted.load(Ordering::SeqCst), 1);

    let (dlpack, deleted) = dozen().make(&|_| ());
    drop(View::from_dlpack(dlpack.unwrap()).unwrap());
    assert_eq!(deleted.load(Ordering::SeqCst), 1);

    let (dlpack, deleted) = dozen().make(&|_| ());
    let raw = dlpack.unwrap().into_raw();
    assert_eq!(deleted.load(Ordering::SeqCst), 0, "given away");
    // SAFETY: given away by `into_raw` just now.
    drop(unsafe { Dlpack::from_raw(raw) });
    assert_eq!(deleted.load(Ordering::SeqCst), 1);
}

#[test]
fn tensors_can_do_without_a_deleter() {
    let (dlpack, deleted) = dozen().make(&|_| ());
    let raw = dlpack.unwrap().into_raw();
    // SAFETY: this structure stays valid until the deleter is called below.
    unsafe {
        let deleter = (*raw).deleter.take().unwrap();
        let view = View::from_dlpack(Dlpack::from_raw(raw).unwrap()).unwrap();
        assert_eq!(view.typed::<f64>().unwrap()[[2, 3]], 11.0);
        drop(view);
        assert_eq!(deleted.load(Ordering::SeqCst), 0);
        deleter(raw);
    }
}

#[test]
fn strides_can_be_missing_or_negative() {
    let null = |tensor: &mut DlpackManagedTensor| tensor.tensor.strides = std::ptr::null_mut();
    let array = DenseArray::from_dlpack(dozen().make(&null).0.unwrap()).unwrap();
    assert!(array.view().is_contiguous());
    assert_eq!(array.view().typed::<f64>().unwrap()[[1, 2]], 6.0);

    let memory: Vec<_> = (0..12).map(f64::from).collect();
    let foreign = Foreign::new(&memory, &[3, 4], &[-4, -1]);
    let last = |tensor: &mut DlpackManagedTensor| tensor.tensor.byte_offset = 11 * 8;
    let array = DenseArray::from_dlpack(foreign.make(&last).0.unwrap()).unwrap();
    let view = array.view();
    assert_eq!(view.typed::<f64>().unwrap()[[0, 0]], 11.0);
    assert_eq!(view.typed::<f64>().unwrap()[[2, 3]], 0.0);
    assert_eq!(view.typed::<f64>().unwrap()[[1, 3]], 4.0);
    let copy = DenseArray::copy_of(&view).unwrap();
    let reversed: Vec<_> = memory.into_iter().rev().collect();
    assert_eq!(copy.view().as_slice::<f64>().unwrap(), Some(&reversed[..]));
}

#[test]
fn the_first_element_can_be_anywhere() {
    let memory: Vec<_> = (0..12).collect();
    let foreign = Foreign::new(&memory, &[2, 2], &[4, 2]);
    let offset = |tensor: &mut DlpackManagedTensor| tensor.tensor.byte_offset = 3 * 4;
    let view = View::from_dlpack(foreign.make(&offset).0.unwrap()).unwrap();
    let expected = ndarray::arr2(&[[3, 5], [7, 9]]).into_dyn();
    assert_eq!(view.typed::<i32>().unwrap(), expected);
}

#[test]
fn strides_of_axes_of_length_one_mean_nothing() {
    for garbage in [0, -1, 7, i64::MAX, i64::MIN] {
        let foreign = Foreign::new(&[1.0, 2.0, 3.0], &[1, 3, 1], &[garbage, 1, garbage]);
        let mut array = DenseArray::from_dlpack(foreign.dlpack()).unwrap();
        assert!(array.view().is_contiguous());
        let slice = array.view().as_slice::<f64>().unwrap().map(<[f64]>::to_vec);
        assert_eq!(slice, Some(vec![1.0, 2.0, 3.0]));
        assert_eq!(array.view().typed::<f64>().unwrap()[[0, 2, 0]], 3.0);
        array.swap_axes(1, 2).unwrap();
        array.view_mut().unwrap().typed_mut::<f64>().unwrap()[[0, 0, 1]] = 9.0;
        assert_eq!(array.view().typed::<f64>().unwrap()[[0, 0, 1]], 9.0);
        array.reshape(&[3]).unwrap();
        assert_eq!(array.view().typed::<f64>().unwrap()[[1]], 9.0);

        let empty = Foreign::<f64>::new(&[], &[0, 3], &[garbage, garbage]);
        let view = View::from_dlpack(empty.dlpack()).unwrap();
        assert_eq!(view.typed::<f64>().unwrap().len(), 0);
        assert_eq!(view.as_bytes(), Some(&[][..]));
    }
}

#[test]
fn tensors_without_elements_need_no_data() {
    let null = |tensor: &mut DlpackManagedTensor| {
        tensor.tensor.data = std::ptr::null_mut();
        tensor.tensor.byte_offset = 16;
    };
    let empty = || Foreign::<Complex<f64>>::new(&[], &[0, 3], &[3, 1]);
    let mut array = DenseArray::from_dlpack(empty().make(&null).0.unwrap()).unwrap();
    assert_eq!(
        array.view().typed::<Complex<f64>>().unwrap().shape(),
        [0, 3]
    );
    assert_eq!(array.view().items::<16>().len(), 0);
    assert_eq!(
        array.view().as_slice::<Complex<f64>>().unwrap(),
        Some(&[][..])
    );
    let mut view = array.view_mut().unwrap();
    assert_eq!(view.typed_mut::<Complex<f64>>().unwrap().len(), 0);

    let error = refused(dozen, &|tensor| tensor.tensor.data = std::ptr::null_mut());
    assert!(error.contains("[3, 4] without data"), "{error}");
}

#[test]
fn scalars_need_no_shape() {
    let null = |tensor: &mut DlpackManagedTensor| {
        tensor.tensor.shape = std::ptr::null_mut();
        tensor.tensor.strides = std::ptr::null_mut();
    };
    let (dlpack, _) = Foreign::new(&[42_u16], &[], &[]).make(&null);
    let array = DenseArray::from_dlpack(dlpack.unwrap()).unwrap();
    assert!(array.shape().is_empty());
    assert_eq!(array.view().as_slice::<u16>().unwrap(), Some(&[42][..]));
}

#[test]
fn other_versions_are_refused_and_deleted() {
    let error = refused(dozen, &|tensor| tensor.version.major = 2);
    assert!(error.contains("DLPack 2.42"), "{error}");
    refused(dozen, &|tensor| tensor.version.major = 0);
    // SAFETY: NULL is allowed.
    let error = message(unsafe { Dlpack::from_raw(std::ptr::null_mut()) });
    assert!(error.contains("NULL"), "{error}");
}

#[test]
fn structures_of_other_versions_are_not_looked_at() {
    /// What all versions of the structure begin with.
    #[repr(C)]
    struct Prefix {
        version: DlpackVersion,
        manager_ctx: *mut c_void,
        deleter: Option<unsafe extern "C" fn(*mut DlpackManagedTensor)>,
    }
    unsafe extern "C" fn delete(tensor: *mut DlpackManagedTensor) {
        // SAFETY: made from a box below.
        drop(unsafe { Box::from_raw(tensor.cast::<Prefix>()) });
    }
    let prefix = Box::new(Prefix {
        version: DlpackVersion { major: 9, minor: 0 },
        manager_ctx: std::ptr::null_mut(),
        deleter: Some(delete),
    });
    // SAFETY: as valid as structures of this version have to be.
    let error = message(unsafe { Dlpack::from_raw(Box::into_raw(prefix).cast()) });
    assert!(error.contains("DLPack 9.0"), "{error}");
}

#[test]
fn other_devices_are_refused_by_name() {
    for (kind, name) in [
        (2, "cuda:1"),
        (8, "metal:1"),
        (12, "ext:1"),
        (99, "dlpack device 99:1"),
    ] {
        let error = refused(dozen, &|tensor| {
            tensor.tensor.device = Device { kind, id: 1 }
        });
        assert!(error.contains(name), "{error}");
    }
}

/// A tensor whose elements start at an odd address.
fn unaligned<T: Element>(elements: &ArrayD<T>, shape: &[i64], strides: &[i64]) -> Dlpack {
    let bytes = View::from(elements.as_slice().unwrap());
    let bytes = bytes.as_bytes().unwrap();
    let mut memory = vec![0_u64; bytes.len().div_ceil(8) + 1];
    // SAFETY: there is space for one more number than needed.
    unsafe {
        let start = memory.as_mut_ptr().cast::<u8>().add(1);
        start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
    }
    let change = |tensor: &mut DlpackManagedTensor| {
        tensor.tensor.byte_offset = 1;
        tensor.tensor.dtype = T::DTYPE;
    };
    let tensor = Foreign {
        memory,
        ..Foreign::new(&[], shape, strides)
    };
    tensor.make(&change).0.unwrap()
}

#[test]
fn unaligned_elements_are_read_from_a_copy_made_once() {
    fn check<T: Numbered>() {
        let elements = numbers::<T>(&[2, 3]);
        let transposed = elements.clone().reversed_axes();
        for (shape, strides, expected) in [
            ([2, 3], [3, 1], elements.clone()),
            ([3, 2], [1, 3], transposed),
        ] {
            let view = View::from_dlpack(unaligned(&elements, &shape, &strides)).unwrap();
            let is_contiguous = strides == [3, 1];
            assert_eq!(view.typed::<T>().unwrap(), expected);
            let address = view.typed::<T>().unwrap().as_ptr();
            assert!(address.is_aligned());
            assert_eq!(view.typed::<T>().unwrap().as_ptr(), address);

            let in_order: Vec<T> = expected.iter().copied().collect();
            let copied = size_of::<T>() > 1;
            let slice = view.as_slice::<T>().unwrap();
            assert_eq!(slice, (is_contiguous || copied).then_some(&in_order[..]));
            assert_eq!(view.is_contiguous(), is_contiguous);
            let bytes = view.as_bytes().map(<[u8]>::as_ptr);
            assert_eq!(bytes.is_some(), is_contiguous);
            assert!(
                bytes.is_none_or(|bytes| bytes.addr() % 2 == 1),
                "bytes are where they were"
            );
        }
    }
    for_all_types!(check);
}

#[test]
fn unaligned_elements_are_written_to_where_they_are() {
    fn check<T: Numbered>() {
        let elements = numbers::<T>(&[2, 3]);
        let (new, other) = (T::number(7), T::number(8));
        let mut expected = elements.clone();
        expected[[0, 2]] = new;
        expected[[1, 1]] = other;

        let mut array = DenseArray::from_dlpack(unaligned(&elements, &[2, 3], &[3, 1])).unwrap();
        let address = array.view().as_bytes().unwrap().as_ptr();
        let mut view = array.view_mut().unwrap();
        view.as_slice_mut::<T>().unwrap().unwrap()[2] = new;
        view.typed_mut::<T>().unwrap()[[1, 1]] = other;
        drop(view);
        assert_eq!(array.to_ndarray::<T>().unwrap(), expected);
        assert_eq!(array.view().as_bytes().unwrap().as_ptr(), address);

        // SAFETY: nobody else has the tensor.
        let view = unsafe { ViewMut::from_dlpack(unaligned(&elements, &[3, 2], &[1, 3])) };
        let mut view = view.unwrap();
        view.typed_mut::<T>().unwrap()[[2, 0]] = new;
        assert_eq!(view.as_view().typed::<T>().unwrap()[[2, 0]], new);
        view.typed_mut::<T>().unwrap()[[1, 1]] = other;
        assert_eq!(view.as_bytes_mut(), None);
        assert_eq!(
            view.as_view().typed::<T>().unwrap(),
            expected.clone().reversed_axes()
        );

        let zeros = DenseArray::zeros(T::DTYPE, &[3, 2]).unwrap();
        view.typed_mut::<T>().unwrap()[[0, 0]] = other;
        view.copy_from(&zeros.view()).unwrap();
        assert_eq!(
            view.as_view().typed::<T>().unwrap(),
            zeros.to_ndarray::<T>().unwrap()
        );
    }
    for_all_types!(check);
}

#[test]
fn what_would_be_lost_is_not_written() {
    let refused = |foreign: Foreign<f64>, change: Change<'_>| {
        let (dlpack, deleted) = foreign.make(change);
        // SAFETY: nobody else has it.
        let error = message(unsafe { ViewMut::from_dlpack(dlpack.unwrap()) });
        assert_eq!(deleted.load(Ordering::SeqCst), 1);
        error
    };
    let flag = |flags| move |tensor: &mut DlpackManagedTensor| tensor.flags = flags;
    let error = refused(dozen(), &flag(DlpackManagedTensor::FLAG_COPIED));
    assert!(error.contains("is a copy"), "{error}");
    let error = refused(dozen(), &flag(u64::MAX));
    assert!(error.contains("read-only"), "{error}");
    for strides in [[0, 1], [1, 1], [-2, 1], [4, 0]] {
        let error = refused(Foreign::new(&[0.0; 12], &[3, 4], &strides), &|tensor| {
            tensor.tensor.byte_offset = 32;
        });
        for part in ["overlap", "[3, 4]", &format!("{strides:?}")] {
            assert!(error.contains(part), "{error}");
        }
    }
    // Only reading needs no memory of one's own.
    let copy = dozen()
        .make(&flag(DlpackManagedTensor::FLAG_COPIED))
        .0
        .unwrap();
    assert_eq!(
        View::from_dlpack(copy).unwrap().typed::<f64>().unwrap()[[2, 3]],
        11.0
    );

    for (shape, strides) in [([1, 4], [0, 1]), ([4, 1], [1, 0]), ([0, 4], [0, 0])] {
        let foreign = Foreign::new(&[0.0; 4], &shape, &strides);
        // SAFETY: nobody else has it.
        let mut view = unsafe { ViewMut::from_dlpack(foreign.dlpack()) }.unwrap();
        view.typed_mut::<f64>().unwrap().fill(1.0);
    }
}

#[test]
fn tensors_that_no_memory_can_hold_are_refused() {
    let change_shape = |shape: &'static [i64], strides: &'static [i64]| {
        refused(move || Foreign::new(&[0.0; 4], shape, strides), &|_| ())
    };
    for shape in [
        &[i64::MAX, 2][..],
        &[1 << 40, 1 << 40],
        &[i64::MAX, 5, 0],
        &[1 << 60, 1],
    ] {
        let error = change_shape(shape, &[1, 1, 1][..shape.len()]);
        assert!(error.contains("too large"), "{error}");
    }
    for strides in [
        [i64::MIN, 1],
        [1, i64::MAX],
        [1 << 60, 1],
        [i64::MAX / 8, i64::MAX / 8],
    ] {
        let error = change_shape(&[2, 2], Box::leak(Box::new(strides)));
        assert!(error.contains("too large"), "{error}");
        assert!(error.contains(&format!("{strides:?}")), "{error}");
    }
}

#[test]
fn malformed_tensors_are_refused() {
    let error = refused(dozen, &|tensor| tensor.tensor.ndim = -1);
    assert!(error.contains("-1 dimensions"), "{error}");
    let error = refused(dozen, &|tensor| tensor.tensor.shape = std::ptr::null_mut());
    assert!(error.contains("NULL shape"), "{error}");
    let error = refused(|| Foreign::new(&[0.0], &[1, -1], &[1, 1]), &|_| ());
    assert!(error.contains("[1, -1]"), "{error}");
}

#[test]
fn elements_that_do_not_take_whole_bytes_are_refused() {
    for (code, bits, lanes) in [(0, 4, 1), (17, 4, 1), (15, 6, 2), (2, 0, 1), (2, 32, 0)] {
        let dtype = DType { code, bits, lanes };
        let error = refused(dozen, &|tensor| tensor.tensor.dtype = dtype);
        assert!(error.contains(&dtype.to_string()), "{error}");
    }
}

#[test]
fn other_types_have_bytes_but_no_native_arrays() {
    let float8 = DType {
        code: 10,
        bits: 8,
        lanes: 1,
    };
    let foreign = || Foreign::new(&[1_u8, 2, 3], &[3], &[1]);
    let change = |tensor: &mut DlpackManagedTensor| tensor.tensor.dtype = float8;
    let view = View::from_dlpack(foreign().make(&change).0.unwrap()).unwrap();
    assert_eq!(view.items::<1>()[[2]], [3]);
    let error = message(DenseArray::from_dlpack(foreign().make(&change).0.unwrap()));
    assert!(error.contains("float8_e4m3fn"), "{error}");
}
