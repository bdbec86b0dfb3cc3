//! Native arrays of every data type. What they share with others is in `dlpack`, what they share with each other in `sharing`.

use std::sync::Arc;

use ndarray::{Array2, Array3, ArrayD, Axis, IxDyn, ShapeBuilder, arr0, s};

use super::*;
use crate::Error;

pub(crate) mod foreign;
mod reference;

/// Elements of any type, different ones for the first few numbers.
trait Numbered: Element {
    fn number(i: usize) -> Self;
}

macro_rules! numbered {
    ($($type:ty: $i:ident => $value:expr),* $(,)?) => {
        $(impl Numbered for $type {
            fn number($i: usize) -> Self {
                $value
            }
        })*

        /// Calls `$check::<T>()` for each element type.
        macro_rules! for_all_types {
            ($check:ident) => {
                $($check::<$type>();)*
            };
        }
    };
}

numbered! {
    bool: i => i % 3 == 1,
    i8: i => -(i as i8),
    i16: i => -1000 - i as i16,
    i32: i => -100_000 - i as i32,
    i64: i => i64::MIN + i as i64,
    u8: i => 250 - i as u8,
    u16: i => 65_000 + i as u16,
    u32: i => u32::MAX - i as u32,
    u64: i => u64::MAX - i as u64,
    f16: i => f16::from_f32(i as f32 / 2.0),
    bf16: i => bf16::from_f32(-1e30 * i as f32),
    f32: i => 0.1 + i as f32,
    f64: i => 1e300 - i as f64 * 1e285,
    Complex<f32>: i => Complex::new(i as f32, -0.5),
    Complex<f64>: i => Complex::new(-0.5, i as f64),
}

// Below the macro, which they use.
mod dlpack;
mod movements;
mod sharing;

fn numbers<T: Numbered>(shape: &[usize]) -> ArrayD<T> {
    let count = shape.iter().product();
    let elements = (0..count).map(T::number).collect();
    ArrayD::from_shape_vec(IxDyn(shape), elements).unwrap()
}

/// The message of the error.
fn message<T: fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn zeros_are_zero() {
    fn check<T: Numbered>() {
        for shape in [&[][..], &[3], &[2, 0, 4], &[2, 3, 4], &[700_000]] {
            let array = DenseArray::zeros(T::DTYPE, shape).unwrap();
            assert_eq!(array.dtype(), T::DTYPE);
            assert_eq!(array.shape(), shape);
            let elements = array.to_ndarray::<T>().unwrap();
            assert!(elements.iter().all(|e| *e == T::default()), "{}", T::DTYPE);
        }
    }
    for_all_types!(check);
}

#[test]
fn full_and_scalar_arrays_hold_their_value() {
    fn check<T: Numbered>() {
        let value = T::number(1);
        let full = DenseArray::full(&[2, 3], value).unwrap();
        let expected = ArrayD::from_elem(IxDyn(&[2, 3]), value);
        assert_eq!(full.to_ndarray::<T>().unwrap(), expected);
        let scalar = DenseArray::scalar(value);
        assert!(scalar.shape().is_empty());
        assert_eq!(scalar.view().as_slice::<T>().unwrap(), Some(&[value][..]));
        assert_eq!(scalar.to_ndarray::<T>().unwrap(), arr0(value).into_dyn());
    }
    for_all_types!(check);
}

#[test]
fn arrays_are_written_in_row_major_order() {
    fn check<T: Numbered>() {
        let array = DenseArray::write(&[2, 3], |output| {
            output.copy(&[T::number(0), T::number(1)]);
            output.extend(3, (2..5).map(T::number));
            assert_eq!(output.remaining(), 1);
            output.fill(1, T::number(5));
            Ok(())
        });
        let expected = numbers::<T>(&[2, 3]);
        assert_eq!(array.unwrap().to_ndarray::<T>().unwrap(), expected);
    }
    for_all_types!(check);
}

#[test]
fn a_writer_that_fails_gives_its_own_error() {
    let result = DenseArray::write::<f64>(&[4], |_| Err(Error::unsupported("this and that")));
    assert_eq!(message(result), "unsupported: this and that");
}

#[test]
fn arrays_from_ndarray_keep_memory_and_layout() {
    fn check<T: Numbered>() {
        let expected = numbers::<T>(&[4, 3, 2]);

        let fortran = Array3::from_shape_fn((4, 3, 2).f(), |(i, j, k)| expected[[i, j, k]]);
        let address = fortran.as_ptr();
        let array = DenseArray::from(fortran);
        assert_eq!(array.view().strides(), [1, 4, 12]);
        assert!(!array.view().is_contiguous());
        assert_eq!(array.view().typed::<T>().unwrap().as_ptr(), address);
        assert_eq!(array.to_ndarray::<T>().unwrap(), expected);

        let mut sliced = expected.clone();
        sliced.slice_collapse(s![1..;2, .., 1..]);
        let array = DenseArray::from(sliced);
        assert_eq!(array.shape(), [2, 3, 1]);
        assert_eq!(
            array.to_ndarray::<T>().unwrap(),
            expected.slice(s![1..;2, .., 1..]).into_dyn()
        );

        let mut inverted = expected.clone();
        inverted.invert_axis(Axis(0));
        inverted.invert_axis(Axis(2));
        let array = DenseArray::from(inverted.clone());
        assert_eq!(array.view().strides(), [-6, 2, -1]);
        assert_eq!(array.to_ndarray::<T>().unwrap(), inverted);
        let copy = array.copy(Device::CPU).unwrap();
        assert!(copy.view().unwrap().is_contiguous());
        assert_eq!(copy.view().unwrap().typed::<T>().unwrap(), inverted);
    }
    for_all_types!(check);
}

#[test]
fn empty_arrays_have_views() {
    for shape in [[0, 3], [3, 0], [0, 0]] {
        for array in [
            DenseArray::zeros(DType::F64, &shape).unwrap(),
            Array2::<f64>::zeros(shape).into(),
            Array2::<f64>::zeros(shape).reversed_axes().into(),
        ] {
            let mut array = array;
            assert!(array.view().is_contiguous());
            assert_eq!(array.view().as_bytes(), Some(&[][..]));
            assert_eq!(array.view().typed::<f64>().unwrap().len(), 0);
            assert_eq!(array.view().items::<8>().len(), 0);
            let mut view = array.view_mut().unwrap();
            assert_eq!(view.typed_mut::<f64>().unwrap().len(), 0);
            assert_eq!(view.as_slice_mut::<f64>().unwrap(), Some(&mut [][..]));
        }
    }
}

#[test]
fn empty_arrays_can_be_copied_and_changed_whatever_their_shape() {
    for shape in [
        &[0, 3][..],
        &[3, 0],
        &[2, 3, 0],
        &[2, 0, 3],
        &[0, 2, 3],
        &[0, 0],
    ] {
        let mut array = DenseArray::zeros(DType::F64, shape).unwrap();
        assert_eq!(array.to_ndarray::<f64>().unwrap().shape(), shape);
        let mut view = array.view_mut().unwrap();
        assert_eq!(view.typed_mut::<f64>().unwrap().shape(), shape);
    }
}

#[test]
fn views_of_nothing_need_no_memory() {
    let view = View::empty(DType::F64, &[3, 0]).unwrap();
    assert_eq!(view.shape(), [3, 0]);
    assert_eq!(view.typed::<f64>().unwrap().len(), 0);
    for shape in [&[][..], &[3], &[usize::MAX, 5, 0]] {
        let error = message(View::empty(DType::F64, shape));
        assert!(error.contains(&format!("{shape:?}")), "{error}");
    }
    let view = View::from(&[1.5, 2.5][..]);
    assert_eq!(
        view.typed::<f64>().unwrap(),
        ndarray::arr1(&[1.5, 2.5]).into_dyn()
    );
}

#[test]
fn views_give_bytes_items_and_elements_of_the_same_memory() {
    fn check<T: Numbered>() {
        let array = DenseArray::from(numbers::<T>(&[2, 3]));
        let view = array.view();
        let slice = view.as_slice::<T>().unwrap().unwrap();
        let bytes = view.as_bytes().unwrap();
        assert_eq!(bytes.as_ptr(), slice.as_ptr().cast());
        assert_eq!(bytes.len(), 6 * size_of::<T>());
        let items = match size_of::<T>() {
            1 => view.items::<1>().iter().flatten().copied().collect(),
            2 => view.items::<2>().iter().flatten().copied().collect(),
            4 => view.items::<4>().iter().flatten().copied().collect(),
            8 => view.items::<8>().iter().flatten().copied().collect(),
            _ => view.items::<16>().iter().flatten().copied().collect(),
        };
        let items: Vec<u8> = items;
        assert_eq!(items, bytes);
    }
    for_all_types!(check);
}

#[test]
fn strided_arrays_have_no_slices_but_elements() {
    let mut array = DenseArray::from(numbers::<f32>(&[2, 3]));
    array.swap_axes(0, 1).unwrap();
    let view = array.view();
    assert_eq!(view.as_bytes(), None);
    assert_eq!(view.as_slice::<f32>().unwrap(), None);
    assert_eq!(view.typed::<f32>().unwrap()[[2, 1]], f32::number(5));
    assert_eq!(view.items::<4>()[[2, 1]], f32::number(5).to_ne_bytes());
}

#[test]
fn elements_of_another_type_are_refused() {
    fn check<T: Numbered>() {
        let mut array = DenseArray::zeros(T::DTYPE, &[2]).unwrap();
        // Same size, or the same kind: nothing but the type itself will do.
        let wrong = if T::DTYPE == DType::F64 {
            DType::I64
        } else {
            DType::F64
        };
        let expected = format!("expected an array of {wrong}, got an array of {}", T::DTYPE);
        let (view, slice) = if wrong == DType::I64 {
            let view = message(array.view().typed::<i64>());
            (view, message(array.view().as_slice::<i64>()))
        } else {
            let view = message(array.view().typed::<f64>());
            (view, message(array.view().as_slice::<f64>()))
        };
        assert!(view.contains(&expected), "{view}");
        assert!(slice.contains(&expected), "{slice}");
        let mut view = array.view_mut().unwrap();
        if wrong == DType::I64 {
            assert!(view.typed_mut::<i64>().is_err());
            assert!(view.as_slice_mut::<i64>().is_err());
        } else {
            assert!(view.typed_mut::<f64>().is_err());
            assert!(view.as_slice_mut::<f64>().is_err());
        }
    }
    for_all_types!(check);
}

#[test]
#[should_panic(expected = "left: 4")]
fn items_of_another_size_panic() {
    let array = DenseArray::zeros(DType::F64, &[2]).unwrap();
    let _ = array.view().items::<4>();
}

#[test]
fn a_byte_that_is_no_boolean_is_refused() {
    let mut array = DenseArray::zeros(DType::BOOL8, &[2, 3]).unwrap();
    array.view_mut().unwrap().as_bytes_mut().unwrap()[4] = 2;
    for strided in [false, true] {
        if strided {
            array.swap_axes(0, 1).unwrap();
        }
        let error = message(array.view().typed::<bool>());
        assert!(error.contains("contains the byte 2"), "{error}");
        assert!(strided || array.view().as_slice::<bool>().is_err());
        assert_eq!(array.view().items::<1>().len(), 6);
    }
    let mut array = DenseArray::copy_of(&array.view()).unwrap();
    let mut view = array.view_mut().unwrap();
    assert!(view.typed_mut::<bool>().is_err());
    assert!(view.as_slice_mut::<bool>().is_err());
}

#[test]
fn reshape_keeps_the_order_of_elements() {
    fn check<T: Numbered>() {
        let expected = numbers::<T>(&[2, 3, 2]);
        let mut array = DenseArray::from(expected.clone());
        array.reshape(&[3, 4]).unwrap();
        assert_eq!(
            array.to_ndarray::<T>().unwrap(),
            expected.to_shape(IxDyn(&[3, 4])).unwrap()
        );
        array.swap_axes(0, 1).unwrap();
        array.reshape(&[12]).unwrap();
        let transposed = expected.to_shape((3, 4)).unwrap().reversed_axes();
        let transposed: Vec<_> = transposed.iter().copied().collect();
        assert_eq!(array.view().as_slice().unwrap(), Some(&transposed[..]));
    }
    for_all_types!(check);
}

#[test]
fn reshape_errors_name_both_shapes() {
    let mut array = DenseArray::zeros(DType::F64, &[2, 3]).unwrap();
    for shape in [&[7][..], &[], &[2, 0], &[2, 3, 2]] {
        let error = message(array.reshape(shape));
        assert!(error.contains("[2, 3]") && error.contains(&format!("{shape:?}")));
    }
    assert!(message(array.reshape(&[usize::MAX, 2])).contains("too large"));
    assert_eq!(array.shape(), [2, 3]);
    let mut empty = DenseArray::zeros(DType::F64, &[2, 0]).unwrap();
    empty.reshape(&[0, 5, 7]).unwrap();
    assert_eq!(empty.shape(), [0, 5, 7]);
    let mut scalar = DenseArray::scalar(1.5);
    scalar.reshape(&[1, 1]).unwrap();
    assert_eq!(scalar.view().typed::<f64>().unwrap()[[0, 0]], 1.5);
}

#[test]
fn swap_axes_transposes_without_a_copy() {
    let expected = numbers::<i16>(&[2, 3, 4]);
    let mut array = DenseArray::from(expected.clone());
    let address = array.view().items::<2>().as_ptr();
    array.swap_axes(0, 2).unwrap();
    assert_eq!(array.shape(), [4, 3, 2]);
    assert_eq!(array.view().items::<2>().as_ptr(), address);
    let mut transposed = expected;
    transposed.swap_axes(0, 2);
    assert_eq!(array.to_ndarray::<i16>().unwrap(), transposed);
    for (first, second) in [(3, 0), (0, 3)] {
        let error = message(array.swap_axes(first, second));
        assert!(error.contains("axis 3 is out of bounds"), "{error}");
    }
}

#[test]
fn create_fills_arrays_of_the_same_type() {
    fn check<T: Numbered>() {
        let model = DenseArray::zeros(T::DTYPE, &[7]).unwrap();
        for value in [T::default(), T::number(1)] {
            let array = model.create(&[2, 3], &DenseArray::scalar(value)).unwrap();
            assert_eq!(array.dtype().unwrap(), T::DTYPE);
            assert_eq!(array.origin().unwrap(), DenseArray::origin());
            let expected = ArrayD::from_elem(IxDyn(&[2, 3]), value);
            assert_eq!(array.view().unwrap().typed::<T>().unwrap(), expected);
        }
    }
    for_all_types!(check);

    let model = DenseArray::zeros(DType::F64, &[7]).unwrap();
    let error = message(model.create(&[2], &DenseArray::scalar(1_i64)));
    assert!(
        error.contains("float64") && error.contains("int64"),
        "{error}"
    );
    let error = message(model.create(&[2], &DenseArray::zeros(DType::F64, &[1]).unwrap()));
    assert!(error.contains("without axes"), "{error}");
    assert!(error.contains("[1]"), "{error}");
}

#[test]
fn a_negative_zero_is_a_fill_value_of_its_own() {
    let model = DenseArray::zeros(DType::F64, &[1]).unwrap();
    let array = model.create(&[2], &DenseArray::scalar(-0.0)).unwrap();
    let view = array.view().unwrap();
    assert!(
        view.typed::<f64>()
            .unwrap()
            .iter()
            .all(|v| v.is_sign_negative())
    );
}

#[test]
fn only_the_cpu_has_native_arrays() {
    let array = DenseArray::zeros(DType::F64, &[1]).unwrap();
    let device = Device { kind: 2, id: 3 };
    assert!(message(array.copy(device)).contains("cuda:3"));
    assert!(message(Array::to_dlpack(&array, device)).contains("cuda:3"));
}

#[test]
fn huge_shapes_are_errors() {
    let zeros = |dtype, shape: &[usize]| DenseArray::zeros(dtype, shape);
    for shape in [
        &[usize::MAX][..],
        &[usize::MAX, usize::MAX],
        &[1 << 32, 1 << 32],
        &[1 << 60, 8],
        &[usize::MAX, 5, 0],
        &[0, 1 << 40, 1 << 40],
    ] {
        let error = message(zeros(DType::F64, shape));
        assert!(
            error.contains("float64") && error.contains("too large"),
            "{error}"
        );
        assert!(
            message(DenseArray::full(shape, 1_u8).map(|_| ())).contains("large") || shape[0] < 2
        );
    }
    // This one exists, but not on this machine.
    let error = message(zeros(DType::F64, &[1 << 57]));
    assert!(error.contains("can not allocate"), "{error}");
}

#[test]
fn types_that_are_no_elements_are_refused() {
    for (code, bits, lanes) in [(4, 32, 1), (2, 64, 2), (0, 4, 1), (9, 8, 1), (2, 0, 0)] {
        let dtype = DType { code, bits, lanes };
        let error = message(DenseArray::zeros(dtype, &[1]));
        assert!(error.contains(&dtype.to_string()), "{error}");
    }
}

#[test]
fn arrays_can_be_used_from_any_thread() {
    fn assert<T: Send + Sync>() {}
    assert::<DenseArray>();
    assert::<ArrayRef>();
    assert::<Dlpack>();
}

#[test]
fn clones_are_contiguous_copies() {
    let mut array = DenseArray::from(numbers::<i32>(&[2, 3]));
    array.swap_axes(0, 1).unwrap();
    let clone = array.clone();
    assert!(clone.view().is_contiguous());
    assert_eq!(
        clone.to_ndarray::<i32>().unwrap(),
        array.to_ndarray::<i32>().unwrap()
    );
    assert_eq!(
        format!("{clone:?}"),
        "DenseArray { dtype: int32, shape: [3, 2], strides: [2, 1], .. }"
    );
}

#[test]
fn arrays_know_their_type() {
    let mut array: Box<dyn Array> = Box::new(DenseArray::scalar(1.0));
    assert!(array.downcast_ref::<DenseArray>().is_some());
    assert!(array.downcast_mut::<DenseArray>().is_some());
    assert_eq!(array.origin().unwrap().name().unwrap(), "RustArray");
    assert_eq!(array.device().unwrap(), Device::CPU);
}
