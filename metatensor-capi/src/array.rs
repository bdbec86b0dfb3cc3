//! Arrays of other libraries, and native arrays for other libraries.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use metatensor_core::{
    Array, ArrayRef, DataMovement, DenseArray, Dlpack, DlpackManagedTensor, Error, Origin, Result,
    SmallArray, View, ViewMut,
};
use metatensor_core::{
    DType as DLDataType, Device as DLDevice, DlpackManagedTensor as DLManagedTensorVersioned,
    DlpackVersion as DLPackVersion,
};

use crate::handles::{Out, reference, slice, text};
use crate::status::{CallbackStatus, call, callback, mts_status_t, status};

/// Number standing for a kind of array: numpy arrays, torch tensors, arrays of this library, ...
pub type mts_data_origin_t = u64;

/// Some properties of one sample, for all components, to be copied from one array to another.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_data_movement_t {
    /// position of the sample in the input
    pub sample_in: usize,
    /// position of the sample in the output
    pub sample_out: usize,
    /// first property in the input
    pub properties_start_in: usize,
    /// first property in the output
    pub properties_start_out: usize,
    /// number of properties to copy
    pub properties_length: usize,
}

/// An n-dimensional array of any kind: some data and the functions that know what to do with it.
///
/// Arrays can live in the memory of any library, or on any device. Blocks and labels *take ownership* of
/// the arrays they are made with, and only ever use them through these functions. All of the functions
/// get `ptr` as their first parameter, and return `MTS_SUCCESS`; or, after giving a message to
/// `mts_set_last_error`, `MTS_CALLBACK_ERROR`.
///
/// Functions can be NULL if they are never needed: a program which only makes blocks and reads them back
/// needs `origin`, `device`, `dtype`, `shape` and `as_dlpack`. If one is missing, the function of this
/// library which needs it fails, and says so.
///
/// Functions are called on the thread that called this library. Arrays can be moved from one thread to
/// another, and several threads may use an array at the same time, without changing it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_array_t {
    /// The data, given to all of the functions.
    pub ptr: *mut c_void,
    /// Release the array. If this is NULL the array is a view of something that outlives it.
    pub destroy: Option<unsafe extern "C" fn(array: *mut c_void)>,
    /// Get the kind of this array, made with `mts_register_data_origin`. Arrays of one kind have to
    /// understand each other in `move_data`.
    pub origin: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            origin: *mut mts_data_origin_t,
        ) -> CallbackStatus,
    >,
    /// Get the device that the elements are on.
    pub device:
        Option<unsafe extern "C" fn(array: *const c_void, device: *mut DLDevice) -> CallbackStatus>,
    /// Get the type of the elements.
    pub dtype: Option<
        unsafe extern "C" fn(array: *const c_void, dtype: *mut DLDataType) -> CallbackStatus,
    >,
    /// Share the elements on `device` as a DLPack tensor. If `device` is not where the elements are, this
    /// can be a copy, or fail.
    ///
    /// `stream` is a stream of the device to synchronize with, as in the `__dlpack__` function of the
    /// Python array API, or NULL for the default. `max_version` is the newest version of DLPack that the
    /// caller understands. The caller *takes ownership* of the tensor, and will call its deleter before
    /// the array is destroyed.
    pub as_dlpack: Option<
        unsafe extern "C" fn(
            array: *mut c_void,
            dl_managed_tensor: *mut *mut DLManagedTensorVersioned,
            device: DLDevice,
            stream: *const i64,
            max_version: DLPackVersion,
        ) -> CallbackStatus,
    >,
    /// Make a new array of this kind on top of a DLPack tensor, *taking ownership* of the tensor. It can
    /// have another type and be on another device than this array.
    pub from_dlpack: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            dl_managed_tensor: *mut DLManagedTensorVersioned,
            new_array: *mut mts_array_t,
        ) -> CallbackStatus,
    >,
    /// Get the length of each axis. For an array without axes, `shape` is set to NULL. The memory it is
    /// set to *is borrowed* from the array, and must stay valid until the array changes.
    pub shape: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            shape: *mut *const usize,
            shape_count: *mut usize,
        ) -> CallbackStatus,
    >,
    /// Give the same elements, in row-major order, another shape.
    pub reshape: Option<
        unsafe extern "C" fn(
            array: *mut c_void,
            shape: *const usize,
            shape_count: usize,
        ) -> CallbackStatus,
    >,
    /// Exchange two axes.
    pub swap_axes: Option<
        unsafe extern "C" fn(array: *mut c_void, axis_1: usize, axis_2: usize) -> CallbackStatus,
    >,
    /// Make a new array of the same kind, type and device with another shape, all elements being equal to
    /// the one of `fill_value`, an array without axes. This function *takes ownership* of `fill_value`:
    /// it has to call `fill_value.destroy`, unless this is NULL.
    pub create: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            shape: *const usize,
            shape_count: usize,
            fill_value: mts_array_t,
            new_array: *mut mts_array_t,
        ) -> CallbackStatus,
    >,
    /// Make a copy of this array, of the same kind, on `device`.
    pub copy: Option<
        unsafe extern "C" fn(
            array: *const c_void,
            device: DLDevice,
            new_array: *mut mts_array_t,
        ) -> CallbackStatus,
    >,
    /// Copy parts of `input`, an array of the same kind and type, to places in this array. For each of the
    /// movements, this is `output[sample_out, ..., properties_start_out + i] = input[sample_in, ...,
    /// properties_start_in + i]` for `i` up to `properties_length`, and for all components.
    pub move_data: Option<
        unsafe extern "C" fn(
            output: *mut c_void,
            input: *const c_void,
            movements: *const mts_data_movement_t,
            movements_count: usize,
        ) -> CallbackStatus,
    >,
}

/// Function making an empty array for the values of a block that is being loaded.
///
/// `shape` has `shape_count` entries. The array must be in main memory and contiguous, and its
/// `as_dlpack` function must give access to its own memory: this is where the values are written to.
///
/// It should return `MTS_SUCCESS`; or, after giving a message to `mts_set_last_error`,
/// `MTS_CALLBACK_ERROR`. `mts_create_array` is such a function, it makes arrays of this library.
pub type mts_create_array_callback_t = Option<
    unsafe extern "C" fn(
        shape: *const usize,
        shape_count: usize,
        dtype: DLDataType,
        array: *mut mts_array_t,
    ) -> CallbackStatus,
>;

/// An array that lives behind the functions of another library.
#[derive(Debug)]
struct ForeignArray {
    pointer: *mut c_void,
    kind: NonNull<Kind>,
}

/// The functions of arrays. Many arrays have the same ones, and share them.
#[derive(Debug)]
struct Kind {
    /// `ptr` is NULL.
    functions: mts_array_t,
    /// Whether these functions are kept for other arrays.
    is_known: bool,
}

// SAFETY: there is nothing but functions.
unsafe impl Send for Kind {}
// SAFETY: as above.
unsafe impl Sync for Kind {}

/// Nobody has more kinds of arrays than this: those who do are making new functions all the time.
const MAX_KNOWN: usize = 64;

impl Kind {
    /// The kind with these functions.
    #[inline]
    fn of(raw: &mts_array_t) -> NonNull<Kind> {
        // SAFETY: null, or never freed.
        match unsafe { LAST_KIND.load(Ordering::Acquire).as_ref() } {
            Some(last) if last.has_functions_of(raw) => NonNull::from(last),
            _ => Self::find(raw),
        }
    }

    #[cold]
    fn find(raw: &mts_array_t) -> NonNull<Kind> {
        static KNOWN: Mutex<Vec<&'static Kind>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let kind = |is_known| {
            Box::new(Kind {
                functions: mts_array_t {
                    ptr: null_mut(),
                    ..*raw
                },
                is_known,
            })
        };
        let found = known.iter().find(|kind| kind.has_functions_of(raw));
        let found = match found {
            Some(found) => found,
            None if known.len() == MAX_KNOWN => return NonNull::from(Box::leak(kind(false))),
            None => {
                known.push(Box::leak(kind(true)));
                known[known.len() - 1]
            }
        };
        LAST_KIND.store(ptr::from_ref(found).cast_mut(), Ordering::Release);
        NonNull::from(found)
    }

    #[inline]
    fn has_functions_of(&self, raw: &mts_array_t) -> bool {
        // SAFETY: there are pointers only, any of which can be NULL.
        let words = |raw: &mts_array_t| unsafe { ptr::from_ref(raw).cast::<[usize; 13]>().read() };
        let (ours, theirs) = (words(&self.functions), words(raw));
        // One after the other: these were just written, and can not be read as larger pieces without waiting.
        ours[1..].iter().zip(&theirs[1..]).all(|(a, b)| a == b)
    }
}

/// The kind of the last array that was not of the same kind as the one before.
static LAST_KIND: AtomicPtr<Kind> = AtomicPtr::new(null_mut());

// SAFETY: `mts_array_t` requires that arrays can be moved from one thread to another.
unsafe impl Send for ForeignArray {}
// SAFETY: `mts_array_t` requires that several threads can use an array without changing it.
unsafe impl Sync for ForeignArray {}
// SAFETY: these are two pointers that never change.
unsafe impl SmallArray for ForeignArray {}

impl Drop for ForeignArray {
    fn drop(&mut self) {
        let Kind {
            functions,
            is_known,
        } = self.kind();
        let is_known = *is_known;
        if let Some(destroy) = functions.destroy {
            // SAFETY: we own the array, and nobody uses it after this.
            unsafe { destroy(self.pointer) }
        }
        if !is_known {
            // SAFETY: made for this array only, by `find`.
            drop(unsafe { Box::from_raw(self.kind.as_ptr()) });
        }
    }
}

fn needed<F>(function: Option<F>, name: &str) -> Result<F> {
    function.ok_or_else(|| {
        Error::Callback(format!(
            "the function 'mts_array_t.{name}' is needed, but it is NULL"
        ))
    })
}

/// Runs a callback which gives a value.
fn get<T>(name: &str, function: impl FnOnce(*mut T) -> CallbackStatus) -> Result<T> {
    let mut value = MaybeUninit::<T>::zeroed();
    call(name, || function(value.as_mut_ptr()))?;
    // SAFETY: only used for plain C structures and pointers, for which zeros are a valid value.
    Ok(unsafe { value.assume_init() })
}

/// Runs a callback which gives a new array.
fn get_array(
    name: &str,
    function: impl FnOnce(*mut mts_array_t) -> CallbackStatus,
) -> Result<Box<dyn Array>> {
    // SAFETY: what callbacks make follows the rules of `mts_array_t`.
    Ok(unsafe { take_boxed_array(get(name, function)?) })
}

impl ForeignArray {
    #[inline]
    fn new(raw: &mts_array_t) -> ForeignArray {
        ForeignArray {
            pointer: raw.ptr,
            kind: Kind::of(raw),
        }
    }

    fn kind(&self) -> &Kind {
        // SAFETY: known kinds are never freed, and others only with their array.
        unsafe { self.kind.as_ref() }
    }

    fn functions(&self) -> &mts_array_t {
        &self.kind().functions
    }

    /// The same array, owned by somebody else.
    fn borrowed(&self) -> mts_array_t {
        mts_array_t {
            ptr: self.pointer,
            destroy: None,
            ..*self.functions()
        }
    }

    fn has_no_elements(&self) -> bool {
        self.shape().is_ok_and(|shape| shape.contains(&0))
    }

    /// The elements, if they are where programs can read them.
    fn in_main_memory(&self) -> Result<Dlpack> {
        // Only asked for the device after a failure: functions can be slow.
        self.to_dlpack(DLDevice::CPU)
            .map_err(|error| match self.device() {
                Ok(device) if !device.is_cpu() => {
                    Error::unsupported(format!("data on {device}: {error}"))
                }
                _ => error,
            })
    }
}

impl Array for ForeignArray {
    fn origin(&self) -> Result<Origin> {
        let origin = needed(self.functions().origin, "origin")?;
        // SAFETY: a function of this array, here and below.
        let id = get("mts_array_t.origin", |out| unsafe {
            origin(self.pointer, out)
        })?;
        Ok(Origin::from_id(id))
    }

    fn device(&self) -> Result<DLDevice> {
        let device = needed(self.functions().device, "device")?;
        // SAFETY: see above.
        get("mts_array_t.device", |out| unsafe {
            device(self.pointer, out)
        })
    }

    fn dtype(&self) -> Result<DLDataType> {
        let dtype = needed(self.functions().dtype, "dtype")?;
        // SAFETY: see above.
        get("mts_array_t.dtype", |out| unsafe {
            dtype(self.pointer, out)
        })
    }

    fn shape(&self) -> Result<&[usize]> {
        let function = needed(self.functions().shape, "shape")?;
        let mut count = 0;
        // SAFETY: see above.
        let shape = get("mts_array_t.shape", |out| unsafe {
            function(self.pointer, out, &raw mut count)
        })?;
        // SAFETY: the array guarantees that this memory is valid until it changes.
        unsafe { slice(shape, count, "mts_array_t.shape") }
    }

    fn view(&self) -> Result<View<'_>> {
        if self.functions().as_dlpack.is_none() && self.has_no_elements() {
            return View::empty(self.dtype()?, self.shape()?);
        }
        View::from_dlpack(self.in_main_memory()?)
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        let tensor = self.in_main_memory()?;
        // SAFETY: `self` is borrowed exclusively, and whoever made the array promised to leave it to us.
        unsafe { ViewMut::from_dlpack(tensor) }
    }

    fn reshape(&mut self, shape: &[usize]) -> Result<()> {
        let reshape = needed(self.functions().reshape, "reshape")?;
        // SAFETY: see above.
        call("mts_array_t.reshape", || unsafe {
            reshape(self.pointer, shape.as_ptr(), shape.len())
        })
    }

    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
        let swap_axes = needed(self.functions().swap_axes, "swap_axes")?;
        // SAFETY: see above.
        call("mts_array_t.swap_axes", || unsafe {
            swap_axes(self.pointer, first, second)
        })
    }

    fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>> {
        let create = needed(self.functions().create, "create")?;
        // The function will own the fill value: it gets a view, which has nothing to release.
        let fill_value = if let Some(foreign) = fill_value.downcast_ref::<ForeignArray>() {
            foreign.borrowed()
        } else if let Some(dense) = fill_value.downcast_ref::<DenseArray>() {
            native_view(dense)
        } else {
            return Err(Error::Internal("fill value of an unknown kind".into()));
        };
        // SAFETY: see above.
        get_array("mts_array_t.create", |out| unsafe {
            create(self.pointer, shape.as_ptr(), shape.len(), fill_value, out)
        })
    }

    fn copy(&self, device: DLDevice) -> Result<Box<dyn Array>> {
        let copy = needed(self.functions().copy, "copy")?;
        // SAFETY: see above.
        get_array("mts_array_t.copy", |out| unsafe {
            copy(self.pointer, device, out)
        })
    }

    fn move_data(&mut self, input: &dyn Array, movements: &[DataMovement]) -> Result<()> {
        let move_data = needed(self.functions().move_data, "move_data")?;
        let Some(input) = input.downcast_ref::<ForeignArray>() else {
            return Err(Error::invalid(
                "can not move data between arrays of different kinds",
            ));
        };
        // SAFETY: see above; both types of movements have the same layout, as checked below.
        call("mts_array_t.move_data", || unsafe {
            move_data(
                self.pointer,
                input.pointer,
                movements.as_ptr().cast(),
                movements.len(),
            )
        })
    }

    fn to_dlpack(&self, device: DLDevice) -> Result<Dlpack> {
        let as_dlpack = needed(self.functions().as_dlpack, "as_dlpack")?;
        // SAFETY: see above.
        let tensor = get("mts_array_t.as_dlpack", |out| unsafe {
            as_dlpack(
                self.pointer,
                out,
                device,
                std::ptr::null(),
                DLPackVersion::CURRENT,
            )
        })?;
        // SAFETY: the array guarantees that this is a valid tensor, and we own it now.
        unsafe { Dlpack::from_raw(tensor) }
    }

    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        let from_dlpack = needed(self.functions().from_dlpack, "from_dlpack")?;
        let tensor = tensor.into_raw();
        // SAFETY: see above; the function takes ownership of the tensor.
        get_array("mts_array_t.from_dlpack", |out| unsafe {
            from_dlpack(self.pointer, tensor, out)
        })
    }
}

const _: () = assert!(
    size_of::<DataMovement>() == size_of::<mts_data_movement_t>()
        && std::mem::offset_of!(DataMovement, properties_length)
            == std::mem::offset_of!(mts_data_movement_t, properties_length)
);

/// Takes ownership of an array.
///
/// # Safety
///
/// Its functions must do what the documentation of `mts_array_t` asks of them.
#[inline]
pub(crate) unsafe fn take_array(raw: mts_array_t) -> ArrayRef {
    if is_native(&raw) {
        // SAFETY: only `native_array` makes arrays with this function.
        return ArrayRef::from(unsafe { Arc::from_raw(raw.ptr.cast::<DenseArray>()) });
    }
    ArrayRef::small(ForeignArray::new(&raw))
}

/// The array inside of a block or labels, still owned by it: clients destroy what they get here if they can.
pub(crate) fn borrow_array(array: &ArrayRef) -> Result<mts_array_t> {
    if let Some(foreign) = array.downcast_ref::<ForeignArray>() {
        return Ok(foreign.borrowed());
    }
    match array.downcast_ref::<DenseArray>() {
        Some(dense) => Ok(native_view(dense)),
        None => Err(Error::Internal("array of an unknown kind".into())),
    }
}

/// The same for an array that nobody else can be using yet.
///
/// # Safety
///
/// As for [`take_array`].
unsafe fn take_boxed_array(raw: mts_array_t) -> Box<dyn Array> {
    if is_native(&raw) {
        // SAFETY: only `native_array` makes arrays with this function.
        let array = unsafe { Arc::from_raw(raw.ptr.cast::<DenseArray>()) };
        return Box::new(Arc::unwrap_or_clone(array));
    }
    Box::new(ForeignArray::new(&raw))
}

/// Whether this is an array made by [`native_array`].
fn is_native(raw: &mts_array_t) -> bool {
    raw.destroy
        .is_some_and(|destroy| std::ptr::fn_addr_eq(destroy, DESTROY))
}

/// Makes an array for a block that is being loaded.
pub(crate) fn create_array(
    create: mts_create_array_callback_t,
    shape: &[usize],
    dtype: DLDataType,
) -> Result<Box<dyn Array>> {
    let create = create.ok_or_else(|| Error::invalid("got a NULL pointer for 'create_array'"))?;
    // SAFETY: the caller gave this function to be called this way.
    get_array("create_array", |out| unsafe {
        create(shape.as_ptr(), shape.len(), dtype, out)
    })
}

/// A native array for C, which owns it.
pub(crate) fn native_array(array: DenseArray) -> mts_array_t {
    let array = Arc::into_raw(Arc::new(array));
    mts_array_t {
        ptr: array.cast_mut().cast(),
        destroy: Some(DESTROY),
        ..NATIVE
    }
}

/// A native array for C, owned by somebody else.
fn native_view(array: &DenseArray) -> mts_array_t {
    mts_array_t {
        ptr: std::ptr::from_ref(array).cast_mut().cast(),
        ..NATIVE
    }
}

const DESTROY: unsafe extern "C" fn(*mut c_void) = native_destroy;

const NATIVE: mts_array_t = mts_array_t {
    ptr: null_mut(),
    destroy: None,
    origin: Some(native_origin),
    device: Some(native_device),
    dtype: Some(native_dtype),
    as_dlpack: Some(native_as_dlpack),
    from_dlpack: Some(native_from_dlpack),
    shape: Some(native_shape),
    reshape: Some(native_reshape),
    swap_axes: Some(native_swap_axes),
    create: Some(native_create),
    copy: Some(native_copy),
    move_data: Some(native_move_data),
};

/// # Safety
///
/// `array` must be the `ptr` of a native array, here and in all functions below.
unsafe fn native<'a>(array: *const c_void) -> Result<&'a DenseArray> {
    // SAFETY: guaranteed by the caller.
    unsafe { reference(array.cast(), "array") }
}

/// # Safety
///
/// As for [`native`], and nobody else may use the array.
unsafe fn native_mut<'a>(array: *mut c_void) -> Result<&'a mut DenseArray> {
    // SAFETY: guaranteed by the caller.
    unsafe { crate::handles::reference_mut(array.cast(), "array") }
}

unsafe extern "C" fn native_destroy(array: *mut c_void) {
    status(|| {
        // SAFETY: `native_array` made this pointer, and it is used for the last time.
        drop(unsafe { Arc::from_raw(array.cast::<DenseArray>()) });
        Ok(())
    });
}

unsafe extern "C" fn native_origin(
    array: *const c_void,
    origin: *mut mts_data_origin_t,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: the contract of `mts_array_t`.
        let (native, origin) = unsafe { (native(array)?, Out::new(origin, "origin")?) };
        origin.set(Array::origin(native)?.id());
        Ok(())
    })
}

unsafe extern "C" fn native_device(array: *const c_void, device: *mut DLDevice) -> CallbackStatus {
    callback(|| {
        // SAFETY: the contract of `mts_array_t`.
        let (native, device) = unsafe { (native(array)?, Out::new(device, "device")?) };
        device.set(native.device()?);
        Ok(())
    })
}

unsafe extern "C" fn native_dtype(array: *const c_void, dtype: *mut DLDataType) -> CallbackStatus {
    callback(|| {
        // SAFETY: the contract of `mts_array_t`.
        let (native, dtype) = unsafe { (native(array)?, Out::new(dtype, "dtype")?) };
        dtype.set(native.dtype());
        Ok(())
    })
}

unsafe extern "C" fn native_shape(
    array: *const c_void,
    shape: *mut *const usize,
    shape_count: *mut usize,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let (array, shape, count) = unsafe {
            (
                native(array)?,
                Out::new(shape, "shape")?,
                Out::new(shape_count, "shape_count")?,
            )
        };
        let axes = array.shape();
        shape.set(if axes.is_empty() {
            std::ptr::null()
        } else {
            axes.as_ptr()
        });
        count.set(axes.len());
        Ok(())
    })
}

unsafe extern "C" fn native_as_dlpack(
    array: *mut c_void,
    tensor: *mut *mut DLManagedTensorVersioned,
    device: DLDevice,
    _stream: *const i64,
    max_version: DLPackVersion,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let (array, tensor) = unsafe {
            (
                native(array)?,
                Out::<*mut DlpackManagedTensor>::new(tensor, "dl_managed_tensor")?,
            )
        };
        if !device.is_cpu() {
            return Err(Error::unsupported(format!(
                "native arrays on device {device}"
            )));
        }
        if max_version.major < DLPackVersion::CURRENT.major {
            return Err(Error::unsupported(format!(
                "a DLPack tensor of version {}.{} or older",
                max_version.major, max_version.minor
            )));
        }
        // SAFETY: who writes to an array of the C interface has to know that nobody else uses it.
        tensor.set(unsafe { array.to_writable_dlpack() }.into_raw());
        Ok(())
    })
}

unsafe extern "C" fn native_from_dlpack(
    _array: *const c_void,
    tensor: *mut DLManagedTensorVersioned,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let (tensor, new_array) =
            unsafe { (Dlpack::from_raw(tensor)?, Out::new(new_array, "new_array")?) };
        new_array.set(native_array(DenseArray::from_dlpack(tensor)?));
        Ok(())
    })
}

unsafe extern "C" fn native_reshape(
    array: *mut c_void,
    shape: *const usize,
    shape_count: usize,
) -> CallbackStatus {
    // SAFETY: see above.
    callback(|| unsafe { native_mut(array)?.reshape(slice(shape, shape_count, "shape")?) })
}

unsafe extern "C" fn native_swap_axes(
    array: *mut c_void,
    axis_1: usize,
    axis_2: usize,
) -> CallbackStatus {
    // SAFETY: see above.
    callback(|| unsafe { native_mut(array)?.swap_axes(axis_1, axis_2) })
}

unsafe extern "C" fn native_create(
    array: *const c_void,
    shape: *const usize,
    shape_count: usize,
    fill_value: mts_array_t,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let fill_value = unsafe { take_array(fill_value) };
        // SAFETY: see above.
        let (array, shape, new_array) = unsafe {
            (
                native(array)?,
                slice(shape, shape_count, "shape")?,
                Out::new(new_array, "new_array")?,
            )
        };
        new_array.set(native_array(array.filled_like(shape, &*fill_value)?));
        Ok(())
    })
}

unsafe extern "C" fn native_copy(
    array: *const c_void,
    device: DLDevice,
    new_array: *mut mts_array_t,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above.
        let (array, new_array) = unsafe { (native(array)?, Out::new(new_array, "new_array")?) };
        if !device.is_cpu() {
            return Err(Error::unsupported(format!(
                "native arrays on device {device}"
            )));
        }
        new_array.set(native_array(DenseArray::copy_of(&array.view())?));
        Ok(())
    })
}

unsafe extern "C" fn native_move_data(
    output: *mut c_void,
    input: *const c_void,
    movements: *const mts_data_movement_t,
    movements_count: usize,
) -> CallbackStatus {
    callback(|| {
        // SAFETY: see above, the two types of movements have the same layout.
        let (output, input, movements) = unsafe {
            (
                native_mut(output)?,
                native(input)?,
                slice(
                    movements.cast::<DataMovement>(),
                    movements_count,
                    "movements",
                )?,
            )
        };
        output.move_data(input, movements)
    })
}

/// Make an array of this library, filled with zeros.
///
/// This is the function to give to those loading data, if there is no other kind of array to load it
/// into. The array can be on top of memory of the caller instead: see `mts_array_t.from_dlpack`.
///
/// @param shape length of each axis, `shape_count` numbers. It can be NULL if there are none.
/// @param shape_count number of axes
/// @param dtype type of the elements: a boolean of 8 bits, an integer of 8, 16, 32 or 64 bits, a float of
///        16, 32 or 64 bits, or a complex number of 64 or 128 bits
/// @param array is set to the array, *owned* by the caller, until a block or labels are made with it
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_create_array(
    shape: *const usize,
    shape_count: usize,
    dtype: DLDataType,
    array: *mut mts_array_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (shape, array) = unsafe {
            (
                slice(shape, shape_count, "shape")?,
                Out::new(array, "array")?,
            )
        };
        array.set(native_array(DenseArray::zeros(dtype, shape)?));
        Ok(())
    })
}

/// Register a kind of array, or get the number of one that is registered already.
///
/// @param name name of this kind, for messages, in UTF-8. It should say which library it is from. It is
///        *copied*.
/// @param origin is set to the number of this kind
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_register_data_origin(
    name: *const c_char,
    origin: *mut mts_data_origin_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (name, origin) = unsafe { (text(name, "name")?, Out::new(origin, "origin")?) };
        origin.set(Origin::register(name).id());
        Ok(())
    })
}

/// Get the name of a kind of array.
///
/// @param origin number of this kind
/// @param buffer memory which the name is *copied* to, with the NUL that ends it
/// @param buffer_size size of this memory in bytes
///
/// @returns `MTS_SUCCESS`, `MTS_INVALID_PARAMETER_ERROR` if there is no such kind, or
///          `MTS_BUFFER_SIZE_ERROR` if the name does not fit
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`buffer` is NULL or valid for `buffer_size` bytes."
)]
pub unsafe extern "C" fn mts_get_data_origin(
    origin: mts_data_origin_t,
    buffer: *mut c_char,
    buffer_size: usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe { Out::new(buffer, "buffer") }?;
        let name = Origin::from_id(origin).name()?;
        if buffer_size <= name.len() {
            return Err(Error::BufferSize(format!(
                "the name of this origin needs {} bytes, the buffer has {buffer_size}",
                name.len() + 1
            )));
        }
        // SAFETY: the buffer is not NULL, and larger than the name.
        unsafe {
            std::ptr::copy_nonoverlapping(name.as_ptr(), buffer.cast(), name.len());
            buffer.add(name.len()).write(0);
        }
        Ok(())
    })
}
