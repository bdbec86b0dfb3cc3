//! Where elements are in memory: shapes and strides.

use smallvec::SmallVec;

use super::{DType, Device, Dlpack};
use crate::{Error, Result};

/// Length of each axis of an array.
pub(super) type Shape = SmallVec<[usize; 4]>;
/// Distance, in elements, between neighbors along each axis of an array.
pub(super) type Strides = SmallVec<[isize; 4]>;

/// Strides of a row-major array with this shape.
pub(super) fn row_major(shape: &[usize]) -> Strides {
    let mut strides: Strides = SmallVec::from_elem(1, shape.len());
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis].wrapping_mul(shape[axis].max(1) as isize);
    }
    strides
}

/// Whether elements with these strides lie one after the other, the last axis varying fastest.
pub(super) fn is_row_major(shape: &[usize], strides: &[isize]) -> bool {
    if shape.contains(&0) {
        return true;
    }
    let mut expected = 1;
    for (&length, &stride) in shape.iter().zip(strides).rev() {
        if length != 1 && stride != expected {
            return false;
        }
        expected *= length as isize;
    }
    true
}

/// Number of elements of an array with this shape.
///
/// # Errors
///
/// If there are more than fit in memory. Axes of length 0 do not help: `ndarray` wants the product of
/// the other lengths to fit, and so does whoever multiplies them in another order.
pub(super) fn element_count(shape: &[usize], dtype: DType) -> Result<usize> {
    let bytes = shape
        .iter()
        .try_fold(dtype.size().max(1), |n, &m| n.checked_mul(m.max(1)));
    if bytes.is_none_or(|bytes| isize::try_from(bytes).is_err()) {
        return Err(Error::invalid(format!(
            "an array of {dtype} with shape {shape:?} is too large"
        )));
    }
    Ok(shape.iter().product())
}

/// Shape and strides of a tensor made by someone else, if its elements can be used from here.
///
/// # Errors
///
/// If the tensor is not in main memory, has elements but no data, or can not exist in any memory.
pub(super) fn foreign_layout(dlpack: &Dlpack) -> Result<(Shape, Strides)> {
    let tensor = dlpack.tensor();
    if !tensor.device.is_cpu() {
        return Err(not_on_cpu(tensor.device));
    }
    // Elements smaller than a byte share bytes with their neighbors.
    let bits = tensor.dtype.bits as usize * tensor.dtype.lanes as usize;
    if bits == 0 || !bits.is_multiple_of(8) {
        return Err(Error::unsupported(format!(
            "arrays of {}, whose elements do not take whole bytes",
            tensor.dtype
        )));
    }
    let shape: Shape = dlpack.shape().collect();
    let count = element_count(&shape, tensor.dtype)?;
    if count > 0 && dlpack.data().is_null() {
        return Err(Error::invalid(format!(
            "got a DLPack tensor of shape {:?} without data",
            &shape[..]
        )));
    }
    let mut strides = row_major(&shape);
    let Some(given) = dlpack.strides().filter(|_| count > 0) else {
        return Ok((shape, strides));
    };
    let mut extent = tensor.dtype.size();
    for (axis, &stride) in given.iter().enumerate() {
        // Nobody looks at the stride along a single element, and producers put anything there.
        if shape[axis] == 1 {
            continue;
        }
        let distance = usize::try_from(stride.unsigned_abs())
            .ok()
            .and_then(|stride| stride.checked_mul(shape[axis] - 1)?.checked_mul(bits / 8));
        extent = distance
            .and_then(|distance| extent.checked_add(distance))
            .filter(|&extent| isize::try_from(extent).is_ok())
            .ok_or_else(|| {
                Error::invalid(format!(
                    "got a DLPack tensor of {} with shape {:?} and strides {given:?}, which is too \
                     large",
                    tensor.dtype,
                    &shape[..]
                ))
            })?;
        strides[axis] = stride as isize;
    }
    Ok((shape, strides))
}

#[cold]
fn not_on_cpu(device: Device) -> Error {
    Error::unsupported(format!(
        "the data is on device {device}, only data on the CPU can be used here"
    ))
}

/// Whether two different indices can lead to the same element. Strides are those of memory that can exist.
///
/// So do strides that only interleave elements along one axis with those along another, as no array has that anyone makes:
/// `ndarray` does not take them for writing either.
pub(super) fn overlaps(shape: &[usize], strides: &[isize]) -> bool {
    if shape.contains(&0) {
        return false;
    }
    // Nobody looks at the stride along a single element.
    let axes = shape.iter().zip(strides).filter(|&(&length, _)| length > 1);
    let axes = axes.map(|(&length, stride)| (stride.abs(), length as isize - 1));
    let mut axes: SmallVec<[(isize, isize); 4]> = axes.collect();
    axes.sort_unstable();
    // A step has to lead behind everything that can be reached by smaller ones.
    let mut reach = 0;
    for (stride, last) in axes {
        if stride <= reach {
            return true;
        }
        reach += stride * last;
    }
    false
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// What [`overlaps`] means, for few elements.
    fn overlap_by_counting(shape: &[usize], strides: &[isize]) -> bool {
        let count: usize = shape.iter().product();
        let offset = |mut number: usize| {
            let axes = shape.iter().zip(strides).rev();
            let offsets = axes.map(|(&length, &stride)| {
                let index = number % length;
                number /= length;
                index as isize * stride
            });
            offsets.sum::<isize>()
        };
        let offsets: HashSet<isize> = (0..count).map(offset).collect();
        offsets.len() != count
    }

    #[test]
    fn overlapping_strides_are_found_in_all_small_arrays() {
        let mut found = [0, 0];
        for a in -4_isize..7 {
            for b in -4..7 {
                for c in [0, 1, 2, 5] {
                    for shape in [[2, 3, 2], [3, 1, 4], [1, 2, 3], [0, 2, 2], [5, 2, 1]] {
                        let strides = [a, b, c];
                        let expected = overlap_by_counting(&shape, &strides);
                        found[usize::from(expected)] += 1;
                        let got = overlaps(&shape, &strides);
                        assert!(got || !expected, "{shape:?} {strides:?}");
                    }
                }
            }
        }
        assert!(found[0] > 500 && found[1] > 500, "{found:?}");
    }

    #[test]
    fn strides_that_lead_nowhere_do_not_matter() {
        assert!(!overlaps(&[1, 3, 1], &[0, 1, isize::MAX]));
        assert!(!overlaps(&[0, 3], &[0, 0]));
        assert!(!overlaps(&[], &[]));
        assert!(overlaps(&[2, 3], &[0, 1]));
    }

    #[test]
    fn arrays_of_any_order_of_axes_do_not_overlap() {
        for (shape, strides) in [
            (&[2, 3, 4][..], &[12, 4, 1][..]),
            (&[2, 3, 4], &[1, 2, 6]),
            (&[2, 3, 4], &[-4, 8, -1]),
            (&[2, 3, 4], &[100, 30, 7]),
            (&[1 << 20, 3, 1 << 20], &[3 << 20, 1 << 20, 1]),
            (&[1 << 20, 1 << 20], &[1, -(1 << 20)]),
        ] {
            assert!(!overlaps(shape, strides), "{shape:?} {strides:?}");
        }
        assert!(overlaps(&[1 << 20, 1 << 20], &[1, (1 << 20) - 1]));
    }
}
