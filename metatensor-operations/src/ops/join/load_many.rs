//! Batches of a collection: many maps, loaded and joined to one.

use std::collections::HashMap;

use metatensor_core::{Array, Collection, DType, Error, Result, TensorMap};

use super::{Added, DifferentKeys, JoinOptions, join_adding};
use crate::engine::{Axis, MissingGradients};

/// Options of [`load_many`].
///
/// ```
/// # use metatensor_operations::{DifferentKeys, LoadManyOptions};
/// let options = LoadManyOptions::default();
/// assert_eq!(options.number, Some("system"));
/// assert_eq!(options.position, None);
/// assert_eq!(options.different_keys, DifferentKeys::Union);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadManyOptions<'a> {
    /// Name of a new dimension of the samples: the number of the map that they come from. `"system"` by default.
    pub number: Option<&'a str>,
    /// Name of another one, after that: the position of this map in the list, as for [`join`](super::join()). None by default; maps that are
    /// in a batch more than once need it.
    pub position: Option<&'a str>,
    /// What to do with keys that not all maps have: their [union](DifferentKeys::Union) is taken by default.
    pub different_keys: DifferentKeys,
    /// What to do with gradients that not all maps have, as for [`join`](super::join()).
    pub missing_gradients: MissingGradients,
}

impl Default for LoadManyOptions<'_> {
    fn default() -> Self {
        LoadManyOptions {
            number: Some("system"),
            position: None,
            different_keys: DifferentKeys::Union,
            missing_gradients: MissingGradients::default(),
        }
    }
}

/// Loads the maps of one name with these numbers from a collection, on the threads of the library, and joins their samples, in
/// the order of the list: a batch, as each step of a training loop needs one.
///
/// The result is that of loading each map and giving all of them to [`join`](super::join()). Samples get the number of their map as a last
/// dimension. A map that is in the list more than once is loaded once, and is in the result as often as in the list. Its samples
/// would then be the same ones, which labels can not be: a dimension for [positions](LoadManyOptions::position) tells them apart.
/// It is not added without being asked for, since batches would have other dimensions now and then.
///
/// ```
/// # use std::io::{Cursor, Write};
/// # use metatensor_core::{Collection, Labels, Limits, TensorBlock, TensorMap};
/// # use metatensor_operations::{LoadManyOptions, load_many};
/// # let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
/// # for (number, energy) in [(0, -1.5), (1, 2.0), (2, 0.5)] {
/// #     let samples = Labels::range("structure", 1)?;
/// #     let block = TensorBlock::new(ndarray::arr2(&[[energy]]), samples, [], Labels::single())?;
/// #     let options = zip::write::SimpleFileOptions::default();
/// #     archive.start_file(format!("{number}/energy.mts"), options).unwrap();
/// #     archive.write_all(&TensorMap::new(Labels::single(), vec![block])?.save_buffer()?).unwrap();
/// # }
/// # let bytes = archive.finish().unwrap().into_inner();
/// let collection = Collection::from_bytes(bytes, Limits::default())?;
/// let batch = load_many(&collection, "energy", &[2, 0], LoadManyOptions::default())?;
/// let block = batch.block_by_id(0)?;
/// assert_eq!(*block.samples(), Labels::new(["structure", "system"], [[0, 2], [0, 0]])?);
/// assert_eq!(block.values_as::<f64>()?[[0, 0]], 0.5);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If there are no numbers; if a map is not there, can not be read or is not valid; if a number is repeated and there is no
/// dimension for positions; or as for [`join`](super::join()).
pub fn load_many(
    collection: &Collection,
    name: &str,
    numbers: &[i32],
    options: LoadManyOptions<'_>,
) -> Result<TensorMap> {
    let load = |numbers: &[i32]| collection.load_all(name, numbers);
    load_and_join(collection, name, numbers, options, load)
}

/// [`load_many`] into arrays made by `create`, which gets their shape and data type. The result has arrays of this kind. All is
/// loaded on this thread, since functions of the caller are called on no other.
///
/// ```no_run
/// # use metatensor_core::{Collection, DenseArray, Result};
/// # use metatensor_operations::{LoadManyOptions, load_many_with};
/// let collection = Collection::open("dataset.zip")?;
/// let options = LoadManyOptions::default();
/// let batch = load_many_with(&collection, "energy", &[2, 0], options, |shape, dtype| {
///     Ok(Box::new(DenseArray::zeros(dtype, shape)?))
/// })?;
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// An [`Error::Callback`] of `create`, or as for [`load_many`].
pub fn load_many_with(
    collection: &Collection,
    name: &str,
    numbers: &[i32],
    options: LoadManyOptions<'_>,
    create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
) -> Result<TensorMap> {
    let load = |numbers: &[i32]| collection.load_all_with(name, numbers, create);
    load_and_join(collection, name, numbers, options, load)
}

/// The maps with these numbers that `load` gives, joined.
fn load_and_join(
    collection: &Collection,
    name: &str,
    numbers: &[i32],
    options: LoadManyOptions<'_>,
    load: impl FnOnce(&[i32]) -> Result<Vec<TensorMap>>,
) -> Result<TensorMap> {
    let join = || {
        let distinct = Distinct::of(numbers);
        if options.position.is_none()
            && options.number.is_some()
            && let Some((first, second)) = distinct.repeated
        {
            return Err(Error::invalid(format!(
                "the number {} is in the list at positions {first} and {second}: its samples would be the same, a dimension \
                 for positions is needed",
                numbers[second]
            )));
        }
        let loaded = load(&distinct.numbers)?;
        let maps: Vec<&TensorMap> = distinct.indices.iter().map(|&i| &loaded[i]).collect();
        let number = options.number.map(|name| Added {
            name,
            values: Some(numbers),
        });
        let position = options.position.map(Added::position);
        let added: Vec<_> = number.into_iter().chain(position).collect();
        let join_options = JoinOptions {
            different_keys: options.different_keys,
            add_dimension: None,
            missing_gradients: options.missing_gradients,
        };
        let member = |i: usize| format!("'{}/{name}.mts' of {}", numbers[i], collection.place());
        join_adding(&maps, Axis::Samples, join_options, &added, member)
    };
    join().map_err(|error| error.context("load_many"))
}

/// The different numbers of a list.
struct Distinct {
    numbers: Vec<i32>,
    /// Which of them each number of the list is.
    indices: Vec<usize>,
    /// Two positions in the list with the same number.
    repeated: Option<(usize, usize)>,
}

impl Distinct {
    fn of(list: &[i32]) -> Distinct {
        let mut known = HashMap::with_capacity(list.len());
        let mut distinct = Distinct {
            numbers: Vec::with_capacity(list.len()),
            indices: Vec::with_capacity(list.len()),
            repeated: None,
        };
        for (position, &number) in list.iter().enumerate() {
            let (index, first) = *known.entry(number).or_insert_with(|| {
                distinct.numbers.push(number);
                (distinct.numbers.len() - 1, position)
            });
            if first != position {
                distinct.repeated.get_or_insert((first, position));
            }
            distinct.indices.push(index);
        }
        distinct
    }
}
