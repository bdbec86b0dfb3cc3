//! Arrays of other libraries.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use metatensor_core::internal::SmallArray;
use metatensor_core::internal::publish;
use metatensor_core::{
    Array, ArrayRef, DType as DLDataType, DataMovement, DenseArray, Device as DLDevice, Dlpack,
    DlpackVersion as DLPackVersion, Error, Origin, Result, View, ViewMut,
};

use super::late::{Host, LateArray};
use super::lent::lent_view;
use super::{mts_array_t, mts_data_movement_t, native_view};
use crate::ffi::{CallbackStatus, call, slice};

/// An array that lives behind the functions of another library.
#[derive(Debug)]
pub(super) struct ForeignArray {
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
    /// Where new arrays of this kind are only made later.
    host: OnceLock<&'static Host>,
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
        static KNOWN: [AtomicPtr<Kind>; MAX_KNOWN] =
            [const { AtomicPtr::new(null_mut()) }; MAX_KNOWN];
        let kind = |is_known| {
            Box::new(Kind {
                functions: mts_array_t {
                    ptr: null_mut(),
                    ..*raw
                },
                is_known,
                host: OnceLock::new(),
            })
        };
        for place in &KNOWN {
            let mut known = place.load(Ordering::Acquire);
            if known.is_null() {
                known = match publish(place, null_mut(), kind(true)) {
                    Ok(new) => ptr::from_ref(new).cast_mut(),
                    Err(other) => other,
                };
            }
            // SAFETY: what is in these places is never freed.
            let found = unsafe { &*known };
            if found.has_functions_of(raw) {
                LAST_KIND.store(known, Ordering::Release);
                return NonNull::from(found);
            }
        }
        NonNull::from(Box::leak(kind(false)))
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
            ..
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
pub(super) fn get_array(
    name: &str,
    function: impl FnOnce(*mut mts_array_t) -> CallbackStatus,
) -> Result<Box<dyn Array>> {
    Ok(get::<mts_array_t>(name, function)?.take_boxed())
}

impl ForeignArray {
    #[inline]
    pub(super) fn new(raw: &mts_array_t) -> ForeignArray {
        ForeignArray {
            pointer: raw.ptr,
            kind: Kind::of(raw),
        }
    }

    pub(super) fn pointer(&self) -> *const c_void {
        self.pointer
    }

    fn kind(&self) -> &Kind {
        // SAFETY: known kinds are never freed, and others only with their array.
        unsafe { self.kind.as_ref() }
    }

    fn functions(&self) -> &mts_array_t {
        &self.kind().functions
    }

    /// The same array, owned by somebody else.
    pub(super) fn borrowed(&self) -> mts_array_t {
        mts_array_t {
            ptr: self.pointer,
            destroy: None,
            ..*self.functions()
        }
    }

    fn has_no_elements(&self) -> bool {
        self.shape().is_ok_and(|shape| shape.contains(&0))
    }

    /// A new array of this library on top of a tensor.
    fn made_on(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        let from_dlpack = needed(self.functions().from_dlpack, "from_dlpack")?;
        let tensor = tensor.into_raw();
        // SAFETY: a function of this array, which takes ownership of the tensor.
        get_array("mts_array_t.from_dlpack", |out| unsafe {
            from_dlpack(self.pointer, tensor, out)
        })
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
        if let Some(view) = lent_view(self.pointer) {
            return Ok(view);
        }
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
        } else if let Some(late) = fill_value.downcast_ref::<LateArray>() {
            late.view_for_c()
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
        if let Some(late) = input.downcast_ref::<LateArray>() {
            let made = self.made_on(late.to_dlpack(DLDevice::CPU)?)?;
            return self.move_data(&*made, movements);
        }
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
        match self.kind().host.get() {
            Some(host) => Ok(Box::new(LateArray::new(tensor, host)?)),
            None => self.made_on(tensor),
        }
    }
}

/// Makes arrays like this one only when its library looks at them.
pub(crate) fn make_late(
    model: &ArrayRef,
    [late_origin, made_origin]: [Origin; 2],
    forget: unsafe extern "C" fn(*const c_void),
) -> Result<()> {
    let model = model.downcast_ref::<ForeignArray>();
    let Some(model) = model.filter(|model| model.kind().is_known) else {
        return Err(Error::unsupported(
            "only arrays of other libraries can be made later, all of which have the same functions",
        ));
    };
    let origin = model.origin()?;
    model.kind().host.get_or_init(|| {
        // once for each kind
        Box::leak(Box::new(Host {
            origin,
            late_origin,
            made_origin,
            forget,
        }))
    });
    Ok(())
}

const _: () = assert!(
    size_of::<DataMovement>() == size_of::<mts_data_movement_t>()
        && std::mem::offset_of!(DataMovement, properties_length)
            == std::mem::offset_of!(mts_data_movement_t, properties_length)
);

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::super::borrow_array;
    use super::*;

    type CopyFunction =
        unsafe extern "C" fn(*const c_void, DLDevice, *mut mts_array_t) -> CallbackStatus;

    unsafe extern "C" fn count(released: *mut c_void) {
        // SAFETY: the arrays of this test point to a number.
        unsafe { &*released.cast::<AtomicUsize>() }.fetch_add(1, Ordering::Relaxed);
    }

    #[test]
    fn arrays_with_ever_new_functions_are_released_once() {
        let released = AtomicUsize::new(0);
        let raw = |i: usize| mts_array_t {
            ptr: (&raw const released).cast_mut().cast(),
            destroy: Some(count),
            origin: None,
            device: None,
            dtype: None,
            as_dlpack: None,
            from_dlpack: None,
            shape: None,
            reshape: None,
            swap_axes: None,
            // SAFETY: an address that is never called.
            copy: Some(unsafe { std::mem::transmute::<usize, CopyFunction>(0x1000 + i) }),
            create: None,
            move_data: None,
        };
        let copy = |raw: &mts_array_t| raw.copy.map(|copy| copy as usize);
        let take = |i| raw(i).take();
        let arrays: Vec<_> = (0..2 * MAX_KNOWN).map(take).collect();
        let clones = arrays.clone();
        drop(arrays);
        for (i, array) in clones.iter().enumerate() {
            assert_eq!(copy(&borrow_array(array).unwrap()), copy(&raw(i)));
        }
        let is_known = |array: &ArrayRef| {
            let array = array.downcast_ref::<ForeignArray>().unwrap();
            array.kind().is_known
        };
        assert!(clones.iter().filter(|array| is_known(array)).count() <= MAX_KNOWN);
        assert_eq!(released.load(Ordering::Relaxed), 0);
        drop(clones);
        assert_eq!(released.load(Ordering::Relaxed), 2 * MAX_KNOWN);
    }
}
