//! Where the rows of labels are stored.

#![expect(unsafe_code, reason = "keeps an array and the address of its elements")]

use std::sync::{Arc, OnceLock};

use crate::names::Names;
use crate::rows::Rows;
use crate::{ArrayRef, DType, DenseArray, Device, Error, Result, View};

/// The rows of labels: contiguous in main memory, and available as an array.
pub(super) struct LabelsValues {
    count: usize,
    width: usize,
    rows: RowsMemory,
    array: OnceLock<ArrayRef>,
}

enum RowsMemory {
    /// Our own memory, possibly shared with native arrays.
    Owned(Arc<Vec<i32>>),
    /// Memory of the array.
    Array {
        values: *const i32,
        /// Keeps `values` valid.
        _view: View<'static>,
    },
    /// The array is on a device that nobody else can look at.
    Hidden,
}

// SAFETY: `values` points to memory which is kept alive by the view beside it and never written to,
// as the users of labels promise when they give an array.
unsafe impl Send for RowsMemory {}
// SAFETY: as above.
unsafe impl Sync for RowsMemory {}

impl LabelsValues {
    pub(super) fn owned(values: Vec<i32>, width: usize) -> LabelsValues {
        LabelsValues {
            count: values.len() / width.max(1),
            width,
            rows: RowsMemory::Owned(Arc::new(values)),
            array: OnceLock::new(),
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
        let rows = read_rows(&array, [count, width])?;
        Ok(LabelsValues {
            count,
            width,
            rows,
            array: OnceLock::from(array),
        })
    }

    /// The same rows as an array like the one of `other`, or `None` if this is what we have.
    pub(super) fn converted_to_kind_of(
        &self,
        other: &LabelsValues,
    ) -> Result<Option<LabelsValues>> {
        let Some(model) = other.array.get() else {
            return Ok(None);
        };
        if model.downcast_ref::<DenseArray>().is_some() {
            return Ok(None);
        }
        let array = self.array();
        let mut converted = model.adopt_dlpack(array.to_dlpack(Device::CPU)?)?;
        let device = model.device()?;
        if !device.is_cpu() {
            converted = converted.copy(device)?;
        }
        let rows = match &self.rows {
            RowsMemory::Owned(values) => RowsMemory::Owned(Arc::clone(values)),
            _ => RowsMemory::Owned(Arc::new(self.rows().values().to_vec())),
        };
        Ok(Some(LabelsValues {
            count: self.count,
            width: self.width,
            rows,
            array: OnceLock::from(ArrayRef::from(converted)),
        }))
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether there are rows that nobody can look at.
    pub(super) fn are_hidden(&self) -> bool {
        matches!(self.rows, RowsMemory::Hidden)
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        let values = match &self.rows {
            RowsMemory::Owned(values) => &values[..],
            // SAFETY: `read_rows` checked the shape of the view, whose values are contiguous.
            RowsMemory::Array { values, .. } => unsafe {
                std::slice::from_raw_parts(*values, self.count * self.width)
            },
            RowsMemory::Hidden => return Rows::new(&[], 0, self.width),
        };
        Rows::new(values, self.count, self.width)
    }

    pub(super) fn array(&self) -> &ArrayRef {
        self.array.get_or_init(|| {
            let values = match &self.rows {
                RowsMemory::Owned(values) => Arc::clone(values),
                // Rows that are not our own always come with the array they are from.
                _ => Arc::default(),
            };
            DenseArray::of_labels(values, [self.count, self.width]).into()
        })
    }
}

/// The values in an array, where they are if possible.
fn read_rows(array: &ArrayRef, shape: [usize; 2]) -> Result<RowsMemory> {
    if shape.contains(&0) {
        return Ok(RowsMemory::Owned(Arc::default()));
    }
    let device = array.device()?;
    if device.is_extension() {
        return Ok(RowsMemory::Hidden);
    }
    if !device.is_cpu() {
        let copy = array.copy(Device::CPU)?;
        return Ok(RowsMemory::Owned(Arc::new(copy_rows(
            &copy.view()?,
            shape,
        )?)));
    }
    let view = View::from_dlpack(array.to_dlpack(Device::CPU)?)?;
    check_shape(&view, shape)?;
    let values = match view.as_slice::<i32>()? {
        Some(values) => values.as_ptr(),
        None => return Ok(RowsMemory::Owned(Arc::new(copy_rows(&view, shape)?))),
    };
    Ok(RowsMemory::Array {
        values,
        _view: view,
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
