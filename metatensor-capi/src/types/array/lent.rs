//! Elements of arrays of another library that a thread has lent for the next calls, so that they are not asked for one by one.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};

use metatensor_core::{
    DType as DLDataType, Device as DLDevice, Dlpack, DlpackManagedTensor, DlpackTensor, View,
};

/// Where the elements of an array of numpy are, and of what type: the structure of its array interface, which the object
/// `__array_struct__` of each array has.
#[repr(C)]
#[derive(Debug)]
struct ArrayInterface {
    /// always 2
    two: c_int,
    /// number of axes
    nd: c_int,
    /// `f`, `c`, `i`, `u` or `b` for floats, complex numbers, integers with and without sign, and booleans
    typekind: c_char,
    /// bytes of an element
    itemsize: c_int,
    /// bits: `0x200` for the byte order of this machine
    flags: c_int,
    /// length of each axis
    shape: *const isize,
    /// bytes from one entry of an axis to the next
    strides: *const isize,
    /// the first element
    data: *mut c_void,
    /// an object that is not used
    descr: *mut c_void,
}

const NATIVE_ORDER: c_int = 0x200;

/// What was lent, by the pointers of arrays. Their owner keeps all of it until it is given back.
type Lent = HashMap<*const c_void, *const c_void>;

thread_local! {
    /// The last one is that of the call that is running: functions of arrays may call the library again.
    static LENT: RefCell<Vec<Lent>> = const { RefCell::new(Vec::new()) };
}

/// Uses these until [`give_back`].
pub(crate) fn lend(lent: impl Iterator<Item = (*const c_void, *const c_void)>) {
    let lent = lent.collect();
    LENT.with_borrow_mut(|all| all.push(lent));
}

/// Whether there was something to give back.
pub(crate) fn give_back() -> bool {
    LENT.with_borrow_mut(|all| all.pop().is_some())
}

/// The elements of the array with this pointer, if they are lent and can be used.
pub(super) fn lent_view<'a>(array: *const c_void) -> Option<View<'a>> {
    let interface = LENT.with_borrow(|all| all.last()?.get(&array).copied())?;
    // SAFETY: who has lent it said that it is this, and keeps it until it is given back, after the call that needs this view.
    let interface = unsafe { &*interface.cast::<ArrayInterface>() };
    let tensor = Tensor::of(interface)?;
    // SAFETY: just made, with a deleter; the elements are only read, as those of any array.
    let tensor = unsafe { Dlpack::from_raw(tensor) }.ok()?;
    View::from_dlpack(tensor).ok()
}

/// A tensor, with what it points to.
struct Tensor {
    managed: DlpackManagedTensor,
    sizes: [i64; 2 * Self::MAX_AXES],
}

impl Tensor {
    /// Nobody has more. Those who do are asked in the usual way.
    const MAX_AXES: usize = 8;

    fn of(interface: &ArrayInterface) -> Option<*mut DlpackManagedTensor> {
        let axes = usize::try_from(interface.nd).ok()?;
        let itemsize = isize::try_from(interface.itemsize).ok()?;
        let known = interface.two == 2 && interface.flags & NATIVE_ORDER != 0;
        if axes == 0 || axes > Self::MAX_AXES || !known {
            return None;
        }
        let mut sizes = [0; 2 * Self::MAX_AXES];
        for axis in 0..axes {
            // SAFETY: there are as many lengths and strides as axes.
            let (length, stride) =
                unsafe { (*interface.shape.add(axis), *interface.strides.add(axis)) };
            if itemsize == 0 || stride % itemsize != 0 {
                return None;
            }
            sizes[axis] = length as i64;
            sizes[Self::MAX_AXES + axis] = (stride / itemsize) as i64;
        }
        let dtype = dtype(interface.typekind as u8, interface.itemsize)?;
        let tensor = Box::into_raw(Box::new(Tensor {
            managed: DlpackManagedTensor {
                deleter: Some(delete),
                flags: DlpackManagedTensor::FLAG_READ_ONLY,
                ..DlpackManagedTensor::default()
            },
            sizes,
        }));
        // SAFETY: just made.
        unsafe {
            (*tensor).managed.tensor = DlpackTensor {
                data: interface.data,
                device: DLDevice::CPU,
                ndim: interface.nd,
                dtype,
                shape: (&raw mut (*tensor).sizes).cast(),
                strides: (&raw mut (*tensor).sizes).cast::<i64>().add(Self::MAX_AXES),
                byte_offset: 0,
            };
            (*tensor).managed.manager_ctx = tensor.cast();
        }
        // SAFETY: a live allocation, which `delete` finds by `manager_ctx`, and not by this pointer.
        Some(unsafe { &raw mut (*tensor).managed })
    }
}

unsafe extern "C" fn delete(tensor: *mut DlpackManagedTensor) {
    // SAFETY: the pointer to the whole allocation, which is used for the last time.
    drop(unsafe { Box::from_raw((*tensor).manager_ctx.cast::<Tensor>()) });
}

fn dtype(kind: u8, itemsize: c_int) -> Option<DLDataType> {
    Some(match (kind, itemsize) {
        (b'f', 2) => DLDataType::F16,
        (b'f', 4) => DLDataType::F32,
        (b'f', 8) => DLDataType::F64,
        (b'c', 8) => DLDataType::C64,
        (b'c', 16) => DLDataType::C128,
        (b'i', 1) => DLDataType::I8,
        (b'i', 2) => DLDataType::I16,
        (b'i', 4) => DLDataType::I32,
        (b'i', 8) => DLDataType::I64,
        (b'u', 1) => DLDataType::U8,
        (b'u', 2) => DLDataType::U16,
        (b'u', 4) => DLDataType::U32,
        (b'u', 8) => DLDataType::U64,
        (b'b', 1) => <bool as metatensor_core::Element>::DTYPE,
        _ => return None,
    })
}
