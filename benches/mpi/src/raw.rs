//! What is in raw.c.

use std::any::Any;
use std::ffi::c_int;

unsafe extern "C" {
    fn raw_now() -> f64;
    fn raw_since(start: f64) -> f64;
    fn raw_alltoall(sizes: *const c_int, received: *mut c_int);
    fn raw_alltoallv(
        send: *const u8,
        sizes: *const c_int,
        receive: *mut u8,
        received: *const c_int,
    );
    fn raw_allreduce(values: *mut f64, count: c_int);
    fn raw_halo(
        owned: *const f64,
        rows: *const u32,
        count: c_int,
        width: c_int,
        buffer: *mut f64,
        ghosts: *mut f64,
    );
}

/// The medians of the times that these take, on the rank where it takes longest. They take turns, so that what else the machine
/// does disturbs all of them. Collective, as all here.
pub(crate) fn times<const N: usize>(
    runs: usize,
    mut works: [&mut dyn FnMut() -> Box<dyn Any>; N],
) -> [f64; N] {
    let mut times = [const { Vec::new() }; N];
    // the first turn is not counted: memory is new then
    for turn in 0..=runs {
        for (work, times) in works.iter_mut().zip(&mut times) {
            // SAFETY: MPI is initialised by whoever measures.
            let start = unsafe { raw_now() };
            let result = work();
            // SAFETY: as above.
            let time = unsafe { raw_since(start) };
            // not a part of the work
            drop(result);
            if turn > 0 {
                times.push(time);
            }
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[runs / 2]
    })
}

/// How many bytes come from each rank.
pub(crate) fn alltoall(sizes: &[c_int]) -> Vec<c_int> {
    let mut received = vec![0; sizes.len()];
    // SAFETY: there is one for each rank.
    unsafe { raw_alltoall(sizes.as_ptr(), received.as_mut_ptr()) };
    received
}

pub(crate) fn alltoallv(send: &[u8], sizes: &[c_int], receive: &mut [u8], received: &[c_int]) {
    // SAFETY: sizes are those of the buffers, and known to both sides.
    unsafe {
        raw_alltoallv(
            send.as_ptr(),
            sizes.as_ptr(),
            receive.as_mut_ptr(),
            received.as_ptr(),
        )
    }
}

pub(crate) fn allreduce(values: &mut [f64]) {
    // SAFETY: all ranks have as many.
    unsafe { raw_allreduce(values.as_mut_ptr(), values.len() as c_int) }
}

/// Rows of the own ones for the other of two ranks, and as many from there.
pub(crate) fn halo(
    owned: &[f64],
    rows: &[u32],
    width: usize,
    buffer: &mut [f64],
    ghosts: &mut [f64],
) {
    assert!(buffer.len() >= rows.len() * width && ghosts.len() >= rows.len() * width);
    // SAFETY: rows are those of `owned`, and buffers are large enough.
    unsafe {
        raw_halo(
            owned.as_ptr(),
            rows.as_ptr(),
            rows.len() as c_int,
            width as c_int,
            buffer.as_mut_ptr(),
            ghosts.as_mut_ptr(),
        );
    }
}
