//! Halos: which rows go where.

use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::ptr::null;

use metatensor_core::Result;
use metatensor_distributed::Halo;

use super::give_handle;
use crate::ffi::{
    Parameter, bad_parameter, caught, collective_status, first, mts_status_t, slice, status, texts,
};
use crate::types::{mts_agreement_t, mts_communicator_t, mts_halo_t, mts_labels_t};

/// Make a halo of rows of integers, which name what they stand for: an atom, or a system and an atom. Collective.
///
/// Rows are only looked at here. Owned rows are distinct over all ranks. Ghosts can be repeated, as periodic images are, and can be
/// owned by the rank that has them: these are copied, and nothing is sent. A rank can have no rows at all. Numbers of 64 bits take two
/// integers. No rank gets to know more than its share of all rows.
///
/// @param communicator the communicator, which must not be freed before the halo
/// @param owned the rows that this rank owns, `owned_count` times `width` integers; can be NULL if there are none
/// @param owned_count number of owned rows
/// @param ghosts the rows of ghosts on this rank, `ghosts_count` times `width` integers; can be NULL if there are none
/// @param ghosts_count number of ghosts
/// @param width number of integers in a row, at least 1, and the same on all ranks
/// @param ranks the rank that owns each of the ghosts, which saves an exchange; or NULL on all ranks if they are to be found. If they are given,
///        rows that two ranks own are not found.
/// @param halo is set to a new halo, *owned* by the caller, to be given to `mts_halo_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank: `MTS_INVALID_PARAMETER_ERROR` with the row and its ranks if nobody owns
///          a ghost, or if two ranks own the same row
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nLists are NULL or have as many entries as they should."
)]
pub unsafe extern "C" fn mts_collective_halo(
    communicator: Option<&mts_communicator_t>,
    owned: *const i32,
    owned_count: usize,
    ghosts: *const i32,
    ghosts_count: usize,
    width: usize,
    ranks: *const i32,
    halo: Option<&mut MaybeUninit<*mut mts_halo_t>>,
) -> mts_status_t {
    let parameters = || {
        let integers = |count: usize, name: &str| {
            count.checked_mul(width).ok_or_else(|| {
                bad_parameter(format_args!(
                    "'{name}' can not have {count} rows of {width}"
                ))
            })
        };
        // SAFETY: there are as many integers, says the caller.
        let owned = unsafe { slice(owned, integers(owned_count, "owned")?, "owned") }?;
        // SAFETY: as above.
        let ghosts = unsafe { slice(ghosts, integers(ghosts_count, "ghosts")?, "ghosts") }?;
        let ranks = if ranks.is_null() {
            None
        } else {
            // SAFETY: one for each of the ghosts, says the caller.
            Some(unsafe { slice(ranks, ghosts_count, "ranks") }?)
        };
        let ranks = ranks.map(|ranks| ranks.iter().map(own_rank).collect::<Result<Vec<u32>>>());
        Ok((owned, ghosts, ranks.transpose()?))
    };
    give_handle(
        communicator,
        halo,
        "halo",
        parameters,
        |communicator, (owned, ghosts, ranks)| {
            let halo = match ranks {
                None => Halo::new(communicator, width, owned, ghosts),
                Some(ranks) => Halo::with_owners(communicator, width, owned, ghosts, &ranks),
            };
            Ok(mts_halo_t::boxed(halo?))
        },
    )
}

fn own_rank(rank: &i32) -> Result<u32> {
    u32::try_from(*rank)
        .map_err(|_| bad_parameter(format_args!("'ranks' can not have the rank {rank}")))
}

/// Make a halo of samples of blocks, for `mts_collective_halo_prepare`. Collective.
///
/// Owned samples and ghosts become the samples of one block: all of them are distinct. Images of an atom are told apart by a dimension that
/// is not in `names`.
///
/// @param communicator the communicator, which must not be freed before the halo
/// @param owned samples that this rank owns
/// @param ghosts samples of ghosts, with the same dimensions
/// @param names dimensions that say which sample a ghost is a copy of
/// @param names_count number of these
/// @param halo is set to a new halo, *owned* by the caller, to be given to `mts_halo_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`names` is NULL or has `names_count` strings."
)]
pub unsafe extern "C" fn mts_collective_halo_of_labels(
    communicator: Option<&mts_communicator_t>,
    owned: Option<&mts_labels_t>,
    ghosts: Option<&mts_labels_t>,
    names: *const *const c_char,
    names_count: usize,
    halo: Option<&mut MaybeUninit<*mut mts_halo_t>>,
) -> mts_status_t {
    let parameters = || {
        // SAFETY: there are so many strings, says the caller.
        let names = unsafe { texts(names, names_count, "names") }?;
        Ok((owned.checked("owned")?, ghosts.checked("ghosts")?, names))
    };
    give_handle(
        communicator,
        halo,
        "halo",
        parameters,
        |communicator, (owned, ghosts, names)| {
            let halo = Halo::of_labels(communicator, &owned, &ghosts, &names)?;
            Ok(mts_halo_t::boxed(halo))
        },
    )
}

/// Free a halo. This rank alone can do this, if no step has begun that did not end.
///
/// @param halo a halo owned by the caller, or NULL. It must not be used any more; nor can lists borrowed from it.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_halo_free(halo: Option<Box<mts_halo_t>>) -> mts_status_t {
    status(|| {
        drop(halo);
        Ok(())
    })
}

/// Get how many rows a halo has on this rank.
///
/// @param halo the halo
/// @param owned is set to the number of rows that this rank owns
/// @param ghosts is set to the number of ghosts
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_halo_counts(
    halo: Option<&mts_halo_t>,
    owned: Option<&mut MaybeUninit<usize>>,
    ghosts: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let (owned, ghosts) = (owned.checked("owned")?, ghosts.checked("ghosts")?);
        let halo = halo.checked("halo")?;
        owned.write(halo.owned_count());
        ghosts.write(halo.ghost_count());
        Ok(())
    })
}

/// Sets a pointer and a number of entries to a list, or to NULL and 0.
fn give_list<'a, T: 'a>(
    list: Option<&mut MaybeUninit<*const T>>,
    name: &str,
    count: Option<&mut MaybeUninit<usize>>,
    get: impl FnOnce() -> Result<&'a [T]>,
) -> mts_status_t {
    status(|| {
        let (list, count) = (list.checked(name)?, count.checked("count")?);
        let (list, count) = (list.write(null()), count.write(0));
        let entries = get()?;
        *list = first(entries);
        *count = entries.len();
        Ok(())
    })
}

/// Get the ranks that this one sends rows to or receives rows from. With `mts_halo_send_rows` and `mts_halo_receive_rows`, this is all
/// that a program needs to send the messages itself.
///
/// @param halo the halo
/// @param ranks is set to the ranks, increasing. This rank is one of them if it has ghosts of rows that it owns: these are copied. They are
///        *borrowed*: valid until the halo is freed. NULL if there are none, and on error.
/// @param count is set to the number of ranks
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_halo_neighbors(
    halo: Option<&mts_halo_t>,
    ranks: Option<&mut MaybeUninit<*const u32>>,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    give_list(ranks, "ranks", count, || {
        Ok(halo.checked("halo")?.neighbors())
    })
}

/// Get which owned rows are sent to a neighbor, in the order in which they are sent.
///
/// @param halo the halo
/// @param neighbor position of the neighbor in the list of `mts_halo_neighbors`
/// @param rows is set to positions of owned rows. They are *borrowed*: valid until the halo is freed. NULL if there are none, and on error.
/// @param count is set to the number of rows
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_halo_send_rows(
    halo: Option<&mts_halo_t>,
    neighbor: usize,
    rows: Option<&mut MaybeUninit<*const u32>>,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    give_list(rows, "rows", count, || {
        halo.checked("halo")?.send_rows(neighbor)
    })
}

/// Get which ghosts are received from a neighbor, in the order in which they come, which is increasing.
///
/// @param halo the halo
/// @param neighbor position of the neighbor in the list of `mts_halo_neighbors`
/// @param rows is set to positions of ghosts. They are *borrowed*: valid until the halo is freed. NULL if there are none, and on error.
/// @param count is set to the number of rows
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_halo_receive_rows(
    halo: Option<&mts_halo_t>,
    neighbor: usize,
    rows: Option<&mut MaybeUninit<*const u32>>,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    give_list(rows, "rows", count, || {
        halo.checked("halo")?.receive_rows(neighbor)
    })
}

/// Set which ranks get to know that a step of a halo failed on one rank. Collective.
///
/// With `MTS_AGREEMENT_NEIGHBORS` there is no reduction in each step. Then a failure is only known to the ranks that receive something from
/// the failing one: it comes with the rows, and the halo can not be used again by those who know. Ranks that call different functions,
/// or with rows of different lengths, may wait for each other forever.
///
/// @param halo the halo
/// @param agreement one of the `MTS_AGREEMENT_` values, the same on all ranks: `MTS_AGREEMENT_ALL` if this is never called
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_halo_set_agreement(
    halo: Option<&mut mts_halo_t>,
    agreement: mts_agreement_t,
) -> mts_status_t {
    collective_status(|| {
        let halo = caught(|| halo.checked("halo"))?;
        let agreement = caught(|| agreement.checked("agreement"))
            .map_err(|error| halo.communicator().fail(error))?;
        halo.halo.set_agreement(agreement)?;
        halo.agreement = agreement;
        Ok(())
    })
}
