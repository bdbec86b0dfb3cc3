//! Where the rows of labels are stored.

#![expect(unsafe_code, reason = "keeps an array and the address of its elements")]

use std::ptr::NonNull;
use std::sync::{Arc, OnceLock};

use crate::names::Names;
use crate::rows::Rows;
use crate::{Array, ArrayRef, DType, DenseArray, Device, Error, Result, View};

/// The rows of labels: contiguous in main memory, and available as an array.
pub(super) struct LabelsValues {
    count: usize,
    width: usize,
    /// `readable * width` values in `memory`.
    values: *const i32,
    /// Number of rows that can be looked at: all or none.
    readable: usize,
    memory: RowsMemory,
    array: OnceLock<ArrayRef>,
    /// Where the array is. Those without rows are not asked before somebody wants to know.
    device: OnceLock<Device>,
}

enum RowsMemory {
    /// Our own memory, possibly shared with native arrays.
    Owned(Arc<Vec<i32>>),
    /// Memory of the array.
    Array(#[expect(dead_code, reason = "only kept alive")] View<'static>),
    /// The array is on a device that nobody else can look at.
    Hidden,
}

// SAFETY: `values` points to memory which is kept alive by `memory` and never written to, as the users of
// labels promise when they give an array.
unsafe impl Send for LabelsValues {}
// SAFETY: as above.
unsafe impl Sync for LabelsValues {}

impl LabelsValues {
    pub(super) fn owned(values: Vec<i32>, width: usize) -> LabelsValues {
        let count = values.len() / width.max(1);
        Self::in_memory(
            Arc::new(values),
            [count, width],
            OnceLock::new(),
            Device::CPU.into(),
        )
    }

    /// Rows in memory that has this shape.
    fn in_memory(
        values: Arc<Vec<i32>>,
        [count, width]: [usize; 2],
        array: OnceLock<ArrayRef>,
        device: OnceLock<Device>,
    ) -> LabelsValues {
        debug_assert_eq!(values.len(), count * width);
        LabelsValues {
            count,
            width,
            values: values.as_ptr(),
            readable: count,
            memory: RowsMemory::Owned(values),
            array,
            device,
        }
    }

    pub(super) fn from_array(array: ArrayRef, names: &Names) -> Result<LabelsValues> {
        let shape = array.shape()?;
        let &[count, width] = shape else {
            return Err(Error::invalid(format!(
                "the values of labels must have 2 axes, got an array of shape {shape:?}"
            )));
        };
        if width != names.len() {
            return Err(Error::invalid(format!(
                "expected {} columns for labels with the dimensions {names}, got {width}",
                names.len()
            )));
        }
        let dtype = array.dtype()?;
        if dtype != DType::I32 {
            return Err(Error::invalid(format!(
                "the values of labels must be {}, got {dtype}",
                DType::I32
            )));
        }
        // Labels without dimensions have no entries, whatever the array says.
        let count = if width == 0 { 0 } else { count };
        if count > Rows::MAX_COUNT {
            return Err(Error::invalid(format!(
                "labels can have {} rows at most, got {count}",
                Rows::MAX_COUNT
            )));
        }
        read_rows(array, [count, width])
    }

    /// The same rows as an array like the one of `other`, or `None` if this is what we have.
    pub(super) fn converted_to_kind_of(
        &self,
        other: &LabelsValues,
    ) -> Result<Option<LabelsValues>> {
        match other.array.get() {
            Some(model) => self.converted_to_kind_of_array(&**model, || other.device()),
            None => Ok(None),
        }
    }

    /// The same rows as an array like `model` and on the same `device`, or `None` if this is what we have.
    pub(super) fn converted_to_kind_of_array(
        &self,
        model: &dyn Array,
        device: impl FnOnce() -> Result<Device>,
    ) -> Result<Option<LabelsValues>> {
        if model.downcast_ref::<DenseArray>().is_some() {
            return Ok(None);
        }
        let array = self.array();
        let mut converted = model.adopt_dlpack(array.to_dlpack(Device::CPU)?)?;
        let device = device()?;
        if !device.is_cpu() {
            converted = converted.copy(device)?;
        }
        let values = match &self.memory {
            RowsMemory::Owned(values) => Arc::clone(values),
            _ => Arc::new(self.rows().values().to_vec()),
        };
        let array = OnceLock::from(ArrayRef::from(converted));
        let shape = [self.readable, self.width];
        Ok(Some(Self::in_memory(values, shape, array, device.into())))
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Where the array is.
    pub(super) fn device(&self) -> Result<Device> {
        match self.device.get() {
            Some(&device) => Ok(device),
            None => {
                let device = self.array().device()?;
                Ok(*self.device.get_or_init(|| device))
            }
        }
    }

    /// Whether there are rows that nobody can look at.
    pub(super) fn are_hidden(&self) -> bool {
        self.readable != self.count
    }

    #[inline]
    pub(super) fn rows(&self) -> Rows<'_> {
        // SAFETY: that many values are there, and stay there as long as `self`.
        let values = unsafe { std::slice::from_raw_parts(self.values, self.readable * self.width) };
        Rows::of_checked(values, self.readable, self.width)
    }

    pub(super) fn array(&self) -> &ArrayRef {
        self.array.get_or_init(|| {
            let values = match &self.memory {
                RowsMemory::Owned(values) => Arc::clone(values),
                // Rows that are not our own always come with the array they are from.
                _ => Arc::default(),
            };
            DenseArray::of_labels(values, [self.count, self.width]).into()
        })
    }
}

/// The values in an array, where they are if possible.
fn read_rows(array: ArrayRef, shape: [usize; 2]) -> Result<LabelsValues> {
    let owned = |values, array: ArrayRef, device| {
        LabelsValues::in_memory(Arc::new(values), shape, OnceLock::from(array), device)
    };
    let [count, width] = shape;
    if shape.contains(&0) {
        return Ok(owned(Vec::new(), array, OnceLock::new()));
    }
    let device = array.device()?;
    if device.is_extension() {
        return Ok(LabelsValues {
            count,
            width,
            values: NonNull::dangling().as_ptr(),
            readable: 0,
            memory: RowsMemory::Hidden,
            array: OnceLock::from(array),
            device: device.into(),
        });
    }
    if !device.is_cpu() {
        let copy = array.copy(Device::CPU)?;
        let rows = copy_rows(&copy.view()?, shape)?;
        return Ok(owned(rows, array, device.into()));
    }
    let view = View::from_dlpack(array.to_dlpack(Device::CPU)?)?;
    check_shape(&view, shape)?;
    let Some(values) = view.as_slice::<i32>()? else {
        return Ok(owned(copy_rows(&view, shape)?, array, device.into()));
    };
    Ok(LabelsValues {
        count,
        width,
        values: values.as_ptr(),
        readable: count,
        memory: RowsMemory::Array(view),
        array: OnceLock::from(array),
        device: device.into(),
    })
}

/// Checks that the data of an array has the shape that the array itself says it has.
fn check_shape(view: &View<'_>, shape: [usize; 2]) -> Result<()> {
    if view.shape() == shape {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "the array of labels has the shape {shape:?}, but its data has the shape {:?}",
        view.shape()
    )))
}

fn copy_rows(view: &View<'_>, shape: [usize; 2]) -> Result<Vec<i32>> {
    check_shape(view, shape)?;
    Ok(view.typed::<i32>()?.iter().copied().collect())
}
