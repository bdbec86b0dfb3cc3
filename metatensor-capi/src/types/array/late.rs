//! Arrays of another library that this library only makes when somebody looks at them.
//!
//! Making an array of Python takes longer than most operations on small blocks. Results of operations on such arrays are native
//! until their library asks for them, and in all else as if they had been made at once: of the same kind, and with the same
//! memory from then on.

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use metatensor_core::{
    Array, DType as DLDataType, DataMovement, DenseArray, Device as DLDevice, Dlpack,
    DlpackManagedTensor as DLManagedTensorVersioned, DlpackVersion as DLPackVersion, Error, Origin,
    Result, View, ViewMut,
};

use super::native::{NATIVE, native_as_dlpack};
use super::{mts_array_t, mts_data_movement_t, mts_data_origin_t};
use crate::ffi::{CallbackStatus, Parameter, callback, given, slice, status};

/// Called when an array is released or changed that its library has looked at.
pub type mts_forget_array_callback_t = Option<unsafe extern "C" fn(array: *const c_void)>;

/// What is known of arrays of another library that are made later.
#[derive(Debug)]
pub(crate) struct Host {
    /// Of the arrays of this library.
    pub(crate) origin: Origin,
    /// By which it knows those that it has to make,
    pub(crate) late_origin: Origin,
    /// and those that it may have made.
    pub(crate) made_origin: Origin,
    pub(crate) forget: unsafe extern "C" fn(array: *const c_void),
}

/// An array that its library has to make, or has made of this memory.
#[derive(Debug)]
// the functions of native arrays get a pointer to the first field
#[repr(C)]
pub(crate) struct LateArray {
    pub(super) array: DenseArray,
    host: &'static Host,
    /// Whether somebody has asked for the memory, and may keep an array on it that is known by the address of this one.
    is_seen: AtomicBool,
}

impl LateArray {
    pub(super) fn new(tensor: Dlpack, host: &'static Host) -> Result<LateArray> {
        Ok(Self::on(DenseArray::from_dlpack(tensor)?, host))
    }

    fn on(array: DenseArray, host: &'static Host) -> LateArray {
        LateArray {
            array,
            host,
            is_seen: AtomicBool::new(false),
        }
    }

    /// Whoever has an array on this memory has to make it again.
    pub(super) fn forget(&mut self) {
        if std::mem::take(self.is_seen.get_mut()) {
            // SAFETY: the host gave this function for such arrays.
            unsafe { (self.host.forget)(std::ptr::from_ref(self).cast()) }
        }
    }

    /// The array for C, owned by somebody else.
    pub(super) fn view_for_c(&self) -> mts_array_t {
        mts_array_t {
            ptr: std::ptr::from_ref(self).cast_mut().cast(),
            ..LATE
        }
    }

    fn into_c(self) -> mts_array_t {
        mts_array_t {
            ptr: Arc::into_raw(Arc::new(self)).cast_mut().cast(),
            destroy: Some(DESTROY),
            ..LATE
        }
    }

    /// The array that C gives away, if it is one of these.
    pub(super) fn taken(raw: &mts_array_t) -> Option<Arc<LateArray>> {
        let destroy = raw.destroy?;
        std::ptr::fn_addr_eq(destroy, DESTROY)
            // SAFETY: only `into_c` makes arrays with this function.
            .then(|| unsafe { Arc::from_raw(raw.ptr.cast::<LateArray>()) })
    }

    /// Another one with the same elements, whose library knows nothing of it yet.
    pub(super) fn copied(&self) -> LateArray {
        Self::on(self.array.clone(), self.host)
    }

    /// Elements that are written to where they are, as those of other libraries.
    fn in_place(&self) -> Result<Dlpack> {
        // SAFETY: who writes to an array of another library has to know that nobody else uses it.
        unsafe { self.array.to_writable_dlpack() }
    }
}

impl Drop for LateArray {
    fn drop(&mut self) {
        self.forget();
    }
}

impl Array for LateArray {
    fn origin(&self) -> Result<Origin> {
        Ok(self.host.origin)
    }

    fn device(&self) -> Result<DLDevice> {
        Ok(DLDevice::CPU)
    }

    fn dtype(&self) -> Result<DLDataType> {
        Ok(self.array.dtype())
    }

    fn shape(&self) -> Result<&[usize]> {
        Ok(self.array.shape())
    }

    fn view(&self) -> Result<View<'_>> {
        Ok(self.array.view())
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        // SAFETY: `self` is borrowed exclusively, and see `in_place`.
        unsafe { ViewMut::from_dlpack(self.in_place()?) }
    }

    fn reshape(&mut self, shape: &[usize]) -> Result<()> {
        self.forget();
        self.array.reshape(shape)
    }

    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
        self.forget();
        self.array.swap_axes(first, second)
    }

    fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>> {
        let array = self.array.filled_like(shape, fill_value)?;
        Ok(Box::new(Self::on(array, self.host)))
    }

    fn copy(&self, device: DLDevice) -> Result<Box<dyn Array>> {
        if !device.is_cpu() {
            return Err(Error::unsupported(format!("such arrays on {device}")));
        }
        let array = DenseArray::copy_of(&self.array.view())?;
        Ok(Box::new(Self::on(array, self.host)))
    }

    fn move_data(&mut self, input: &dyn Array, movements: &[DataMovement]) -> Result<()> {
        let in_place = self.in_place()?;
        if in_place.is_read_only() || !self.array.view().is_contiguous() {
            // becomes another piece of memory
            self.forget();
            return self.array.move_data(input, movements);
        }
        DenseArray::from_dlpack(in_place)?.move_data(input, movements)
    }

    fn to_dlpack(&self, device: DLDevice) -> Result<Dlpack> {
        if !device.is_cpu() {
            return Err(Error::unsupported(format!("such arrays on {device}")));
        }
        self.in_place()
    }

    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        Ok(Box::new(Self::new(tensor, self.host)?))
    }
}

// ---------------------------------------------------------------- functions for C

const DESTROY: unsafe extern "C" fn(*mut c_void) = late_destroy;

/// What only reads works as for native arrays.
const LATE: mts_array_t = mts_array_t {
    ptr: null_mut(),
    origin: Some(late_origin),
    as_dlpack: Some(late_as_dlpack),
    from_dlpack: Some(late_from_dlpack),
    reshape: Some(late_reshape),
    swap_axes: Some(late_swap_axes),
    create: Some(late_create),
    copy: Some(late_copy),
    move_data: Some(late_move_data),
    ..NATIVE
};

unsafe extern "C" fn late_destroy(array: *mut c_void) {
    status(|| {
        // SAFETY: `into_c` made this pointer, and it is used for the last time.
        drop(unsafe { Arc::from_raw(array.cast::<LateArray>()) });
        Ok(())
    });
}

/// The array behind a pointer of C.
///
/// # Safety
///
/// `array` is NULL or the `ptr` of such an array: what `mts_array_t` promises to all functions here.
unsafe fn late<'a>(array: *const c_void) -> Result<&'a LateArray> {
    // SAFETY: see above.
    given(unsafe { array.cast::<LateArray>().as_ref() }, "array")
}

/// The same for an array that nobody else uses.
///
/// # Safety
///
/// As above.
unsafe fn late_mut<'a>(array: *mut c_void) -> Result<&'a mut LateArray> {
    // SAFETY: see above.
    given(unsafe { array.cast::<LateArray>().as_mut() }, "array")
}

/// Puts a new array at `place`.
///
/// # Safety
///
/// `place` is NULL or valid for writes.
unsafe fn put(place: *mut mts_array_t, array: LateArray) -> Result<()> {
    // SAFETY: see above.
    let place = unsafe { place.cast::<std::mem::MaybeUninit<mts_array_t>>().as_mut() };
    place.checked("new_array")?.write(array.into_c());
    Ok(())
}

unsafe extern "C" fn late_origin(
    array: *const c_void,
    origin: *mut mts_data_origin_t,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: called as `mts_array_t` says, here and below.
        let (array, origin) = unsafe { (late(array)?, origin.as_mut()) };
        let known = match array.is_seen.load(Ordering::Relaxed) {
            true => array.host.made_origin,
            false => array.host.late_origin,
        };
        *given(origin, "origin")? = known.id();
        Ok(())
    })
}

unsafe extern "C" fn late_as_dlpack(
    array: *mut c_void,
    tensor: *mut *mut DLManagedTensorVersioned,
    device: DLDevice,
    stream: *const i64,
    max_version: DLPackVersion,
) -> CallbackStatus {
    // SAFETY: see above; a native array comes first.
    let done = unsafe { native_as_dlpack(array, tensor, device, stream, max_version) };
    // SAFETY: see above.
    if let (CallbackStatus::SUCCESS, Ok(array)) = (done, unsafe { late(array) }) {
        array.is_seen.store(true, Ordering::Relaxed);
    }
    done
}

unsafe extern "C" fn late_from_dlpack(
    array: *const c_void,
    tensor: *mut DLManagedTensorVersioned,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    // SAFETY: a tensor of the caller, who gives it away.
    let tensor = unsafe { Dlpack::from_raw(tensor) };
    // SAFETY: see above.
    callback(|| unsafe { put(new_array, LateArray::new(tensor?, late(array)?.host)?) })
}

unsafe extern "C" fn late_reshape(
    array: *mut c_void,
    shape: *const usize,
    shape_count: usize,
) -> CallbackStatus {
    // SAFETY: see above; there are `shape_count` numbers at `shape`, here and below.
    callback(|| unsafe { late_mut(array)?.reshape(slice(shape, shape_count, "shape")?) })
}

unsafe extern "C" fn late_swap_axes(
    array: *mut c_void,
    axis_1: usize,
    axis_2: usize,
) -> CallbackStatus {
    // SAFETY: see above.
    callback(|| unsafe { late_mut(array)?.swap_axes(axis_1, axis_2) })
}

unsafe extern "C" fn late_create(
    array: *const c_void,
    shape: *const usize,
    shape_count: usize,
    fill_value: mts_array_t,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    let fill_value = fill_value.take();
    callback(|| {
        // SAFETY: see above.
        unsafe {
            let (array, shape) = (late(array)?, slice(shape, shape_count, "shape")?);
            let filled = array.array.filled_like(shape, &*fill_value)?;
            put(new_array, LateArray::on(filled, array.host))
        }
    })
}

unsafe extern "C" fn late_copy(
    array: *const c_void,
    device: DLDevice,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let array = unsafe { late(array) }?;
        if !device.is_cpu() {
            return Err(Error::unsupported(format!("such arrays on {device}")));
        }
        let copy = DenseArray::copy_of(&array.array.view())?;
        // SAFETY: see above.
        unsafe { put(new_array, LateArray::on(copy, array.host)) }
    })
}

unsafe extern "C" fn late_move_data(
    output: *mut c_void,
    input: *const c_void,
    movements: *const mts_data_movement_t,
    movements_count: usize,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above; there are `movements_count` entries in `movements`, of a type with the same layout.
        unsafe {
            let movements = slice(movements.cast(), movements_count, "movements")?;
            late_mut(output)?.move_data(late(input)?, movements)
        }
    })
}
