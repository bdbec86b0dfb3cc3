//! The table of functions that a communicator sends bytes with.

use std::ffi::c_void;
use std::mem::transmute;

use metatensor_distributed::transport::TransportTable;

use crate::ffi::CallbackStatus;

/// The version of `mts_transport_t` that this library knows.
pub const MTS_TRANSPORT_VERSION: u32 = 1;

/// A message to another rank, or from one.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_message_t {
    /// the other rank
    pub peer: i32,
    /// the bytes to send, which are not changed; or where to put those that are received
    pub data: *mut u8,
    /// how many these are, at least one. It can be more than what fits into 32 bits.
    pub size: u64,
}

/// How the ranks of a communicator reach each other: functions that move bytes, those of MPI for example, which `metatensor/mpi.h`
/// makes a table of.
///
/// Functions are only called by functions of this library that take the communicator, on the thread that calls these, and one at a
/// time. They get `ptr` as their first parameter. Messages never go to the own rank, are never empty, and have the same size on
/// both sides; those from one rank to another arrive in the order in which they were sent. Collective functions are called by all
/// ranks, in the same order.
///
/// Functions return `MTS_SUCCESS`; or anything else, after giving a message to `mts_set_last_error`. Then this communicator is
/// broken: the function that needed it fails with `MTS_COMMUNICATION_ERROR` and this message, and so do all later ones, without
/// communicating. Other ranks may wait forever: `mts_communicator_abort` is the way out. They can neither use this communicator,
/// nor throw exceptions, nor jump out of this library.
// Only C makes these, so that the functions do what is said here.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_transport_t {
    /// `MTS_TRANSPORT_VERSION`: the table and the library may be of different ages
    pub(crate) version: u32,
    /// the rank of this process: 0, 1, ..., `size - 1`
    pub(crate) rank: i32,
    /// how many ranks there are
    pub(crate) size: i32,
    /// given to all functions
    pub(crate) ptr: *mut c_void,
    /// Release `ptr`, once: when the communicator is freed, and if making it fails. Can be NULL.
    pub(crate) destroy: Option<unsafe extern "C" fn(ptr: *mut c_void)>,
    /// Replace each of `count` values, at most 16, by the largest that a rank has in its place. Collective.
    pub(crate) max: Option<
        unsafe extern "C" fn(ptr: *mut c_void, values: *mut i64, count: usize) -> CallbackStatus,
    >,
    /// Send as many pieces of `size_each` bytes as there are ranks, one to each of them in order, and receive as many: what
    /// `MPI_Alltoall` does. The piece of the own rank is one of them. Collective.
    pub(crate) all_to_all: Option<
        unsafe extern "C" fn(
            ptr: *mut c_void,
            send: *const u8,
            receive: *mut u8,
            size_each: usize,
        ) -> CallbackStatus,
    >,
    /// Copy the `size` bytes at `data` of the rank `root` to `data` of all others. Collective.
    pub(crate) broadcast: Option<
        unsafe extern "C" fn(
            ptr: *mut c_void,
            root: i32,
            data: *mut u8,
            size: u64,
        ) -> CallbackStatus,
    >,
    /// Start to send and to receive messages, and set `request` to something that stands for them. The lists can be gone when this
    /// returns; the bytes stay where they are until `finish`. Both lists can be empty, and then NULL. If this fails, there is nothing
    /// to finish, and bytes are left as after a `finish` that fails.
    pub(crate) begin: Option<
        unsafe extern "C" fn(
            ptr: *mut c_void,
            sends: *const mts_message_t,
            sends_count: usize,
            receives: *const mts_message_t,
            receives_count: usize,
            request: *mut *mut c_void,
        ) -> CallbackStatus,
    >,
    /// Wait until all messages of `request` were sent and received, and release it, also if this fails. Nothing looks at the bytes
    /// any more then; but for one case: if this fails, bytes to send can still be read, if another rank did not come for them in some
    /// seconds and they can not be taken back. The library never releases the copies that `mts_collective_halo_forward_begin` makes then.
    /// What the program gave to a function that fails with `MTS_COMMUNICATION_ERROR`, it must neither release nor change as long as
    /// other ranks run.
    pub(crate) finish:
        Option<unsafe extern "C" fn(ptr: *mut c_void, request: *mut c_void) -> CallbackStatus>,
    /// End all ranks, and do not return: what `MPI_Abort` does. NULL stands for `abort()` of the C library, which ends this process.
    pub(crate) abort: Option<unsafe extern "C" fn(ptr: *mut c_void, code: i32)>,
    /// NULL, for later versions
    pub(crate) reserved: [*mut c_void; 6],
}

impl mts_transport_t {
    /// The same table, without the types of C.
    pub(crate) fn for_rust(self) -> TransportTable {
        // SAFETY: both have the same layout: there, functions return the number that a `CallbackStatus` is.
        unsafe { transmute(self) }
    }
}
