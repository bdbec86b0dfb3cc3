//! Archives of very many maps, of which any can be loaded at any time.

use std::fmt;
use std::sync::Mutex;

use super::archive::{Index, Name, Source};
use super::array::Create;
use super::load::load_knowing;
use super::loader::Known;
use super::placement::MemberCounts;
use crate::threads::for_each;
use crate::{Array, DType, Error, Result, TensorMap};

mod member;
mod open;
mod writer;

pub use writer::{CollectionForm, CollectionWriter};

/// How many bytes of memory are read and written for a small map, in all: how much work it is to load one.
const WORK: u64 = 64 << 10;
/// Errors list so many of the names that there are.
const LISTED: usize = 5;

/// An archive (ZIP) of many maps, each in a member `N/name.mts`, where `N` is a decimal number, and `name` says what it is.
///
/// This is the layout of datasets: `0/energy.mts`, `1/energy.mts`, ... Members are the bytes of a map's file, bare or wrapped
/// by `numpy.save` (in an array of `uint8`), uncompressed or with DEFLATE. All other members can be read as bytes: also those
/// whose number has leading zeros, or is larger than what labels can hold.
///
/// Opening reads the directory, and keeps some tens of bytes for each member. Any number of threads can then load at once, on
/// their own: each load of an uncompressed member is one read of the file, for what is before it and all of its bytes. These
/// are in memory until the map is made: maps that are large are for [`MapFile`](crate::MapFile). What is loaded is checked as by
/// [`TensorMap::load`].
///
/// The file should not be changed while it is open; replacing it is no change, the file that was opened goes on to exist.
///
/// ```
/// # use std::io::Write;
/// # use metatensor_core::{Collection, Labels, Limits, Result, TensorBlock, TensorMap};
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("dataset.zip");
/// # let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
/// # for (number, energy) in [(0, -1.5), (1, 2.0)] {
/// #     let block = TensorBlock::new(ndarray::arr2(&[[energy]]), Labels::single(), [], Labels::single())?;
/// #     let options = zip::write::SimpleFileOptions::default();
/// #     archive.start_file(format!("{number}/energy.mts"), options).unwrap();
/// #     archive.write_all(&TensorMap::new(Labels::single(), vec![block])?.save_buffer()?).unwrap();
/// # }
/// # archive.finish().unwrap();
/// let collection = Collection::open(&path)?;
/// assert_eq!(collection.numbers("energy"), [0, 1]);
/// let energy = collection.load(1, "energy")?;
/// assert_eq!(energy.block_by_id(0)?.values_as::<f64>()?[[0, 0]], 2.0);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub struct Collection {
    source: Source<'static>,
    index: Index,
    /// How many members are maps.
    count: usize,
    /// What is known from maps that were loaded, for each of those that load at the same time.
    known: Mutex<Vec<Known>>,
    /// Why the index could not be kept.
    index_problem: Option<Error>,
}

impl Collection {
    fn new(source: Source<'static>, index: Index) -> Collection {
        let count = index.texts().map(|text| index.numbers(text).len()).sum();
        Collection {
            source,
            index,
            count,
            known: Mutex::default(),
            index_problem: None,
        }
    }

    /// How errors call the archive: its path in quotes, or "the buffer".
    ///
    /// ```
    /// # use metatensor_core::{Collection, Limits, Result};
    /// # let nothing = *b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    /// let collection = Collection::from_bytes(nothing, Limits::default())?;
    /// assert_eq!(collection.place(), "the buffer");
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn place(&self) -> &str {
        self.source.name()
    }

    /// Why the index could not be kept that [`Collection::open_indexed`] was asked for, if so.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, Limits, Result};
    /// let collection = Collection::open_indexed("dataset.zip", "dataset.index", Limits::default())?;
    /// if let Some(problem) = collection.index_problem() {
    ///     println!("opening will take as long the next time: {problem}");
    /// }
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn index_problem(&self) -> Option<&Error> {
        self.index_problem.as_ref()
    }

    /// Number of maps, of all names together.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no maps.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many members are compressed, whether they are maps or not.
    #[doc(hidden)]
    pub fn member_counts(&self) -> MemberCounts {
        MemberCounts::of(self.index.are_compressed())
    }

    /// The names of maps: those of `0/energy.mts` and `0/forces.mts` are `energy` and `forces`. They are in the order in which
    /// they come in the directory.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, Result};
    /// let collection = Collection::open("dataset.zip")?;
    /// for name in collection.names() {
    ///     println!("{name}: {} maps", collection.numbers(name).len());
    /// }
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let texts = self.index.texts();
        texts.filter(|text| !self.index.numbers(text).is_empty())
    }

    /// The numbers of the maps of this name, sorted.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, Result};
    /// let collection = Collection::open("dataset.zip")?;
    /// println!("the last one is {:?}", collection.numbers("energy").last());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn numbers(&self, name: &str) -> &[i32] {
        self.index.numbers(name)
    }

    /// Whether there is a map with this number and name.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, Result};
    /// let collection = Collection::open("dataset.zip")?;
    /// assert!(!collection.contains(-1, "energy"));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn contains(&self, number: i32, name: &str) -> bool {
        let name = Name::numbered(number, name);
        name.is_some_and(|name| self.index.find(name).is_some())
    }

    /// Loads the map with this number and name.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, Result};
    /// let energy = Collection::open("dataset.zip")?.load(7, "energy")?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is none, if it can not be read, or is not valid.
    pub fn load(&self, number: i32, name: &str) -> Result<TensorMap> {
        self.load_member(self.find(number, name)?, number, name, None)
    }

    /// The same into arrays made by `create`, which gets their shape and data type, as for [`TensorMap::load_with`].
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, DenseArray, Result};
    /// let collection = Collection::open("dataset.zip")?;
    /// let energy = collection.load_with(7, "energy", |shape, dtype| {
    ///     Ok(Box::new(DenseArray::zeros(dtype, shape)?))
    /// })?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An [`Error::Callback`] of `create` as it is, or as for [`Collection::load`].
    pub fn load_with(
        &self,
        number: i32,
        name: &str,
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorMap> {
        self.load_member(self.find(number, name)?, number, name, Some(&mut create))
    }

    /// Loads several maps of one name, on the threads of the library, in the order of `numbers`.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, Result};
    /// let energies = Collection::open("dataset.zip")?.load_all("energy", &[3, 1, 2])?;
    /// assert_eq!(energies.len(), 3);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Collection::load`], for the first of the numbers with an error.
    pub fn load_all(&self, name: &str, numbers: &[i32]) -> Result<Vec<TensorMap>> {
        let find = |&number| Ok((number, self.find(number, name)?));
        let members: Vec<(i32, usize)> = numbers.iter().map(find).collect::<Result<_>>()?;
        let load = |&(number, at): &(i32, usize)| self.load_member(at, number, name, None);
        if !self.source.is_ours() {
            return members.iter().map(load).collect();
        }
        let works = members
            .iter()
            .map(|&(_, at)| self.index.size(at).saturating_add(WORK));
        let work = works
            .fold(0, u64::saturating_add)
            .try_into()
            .unwrap_or(usize::MAX);
        let mut maps: Vec<Option<TensorMap>> = members.iter().map(|_| None).collect();
        for_each(work, members.iter().zip(&mut maps), |(member, map)| {
            *map = Some(load(member)?);
            Ok(())
        })?;
        Ok(maps.into_iter().flatten().collect())
    }

    /// The same into arrays made by `create`, which gets their shape and data type, on this thread.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, DenseArray, Result};
    /// let collection = Collection::open("dataset.zip")?;
    /// let energies = collection.load_all_with("energy", &[3, 1, 2], |shape, dtype| {
    ///     Ok(Box::new(DenseArray::zeros(dtype, shape)?))
    /// })?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Collection::load_with`], for the first of the numbers with an error.
    pub fn load_all_with(
        &self,
        name: &str,
        numbers: &[i32],
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<Vec<TensorMap>> {
        let load = |&number| self.load_with(number, name, &mut create);
        numbers.iter().map(load).collect()
    }

    /// The bytes of any member, by its whole name. Those of maps are as they are in the archive: with the header of an array
    /// if numpy wrapped them.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, Result};
    /// let readme = Collection::open("dataset.zip")?.bytes("README.md")?;
    /// println!("{}", String::from_utf8_lossy(&readme));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such member, or if it can not be read, or is damaged.
    pub fn bytes(&self, member: &str) -> Result<Vec<u8>> {
        let name = Name::new(member);
        let Some(at) = self.index.find(name) else {
            return Err(match name.of_map() {
                Some((number, name)) => self.missing_map(number, name),
                None => self.missing(member),
            });
        };
        let whole = self.index.read_whole(at, member, &self.source);
        let whole = whole.map_err(|error| self.in_member(member, error))?;
        Ok(whole.into_vec())
    }

    fn find(&self, number: i32, name: &str) -> Result<usize> {
        let found = Name::numbered(number, name).and_then(|name| self.index.find(name));
        found.ok_or_else(|| self.missing_map(number, name))
    }

    fn load_member<'c>(
        &self,
        at: usize,
        number: i32,
        name: &str,
        create: Option<&'c mut Create<'c>>,
    ) -> Result<TensorMap> {
        let member = format!("{number}/{name}.mts");
        let whole = self.index.read_whole(at, &member, &self.source);
        let whole = whole.map_err(|error| self.in_member(&member, error))?;
        let place = format!("'{member}' of {}", self.source.name());
        let source = Source::from_bytes_of(place, whole.bytes(), *self.source.limits());
        // never waits: a child may have been forked while another thread had it
        let mut known = self.known.try_lock().ok().and_then(|mut all| all.pop());
        let map = load_knowing(source, create, known.get_or_insert_default());
        if let (Some(known), Ok(mut all)) = (known, self.known.try_lock()) {
            all.push(known);
        }
        map
    }

    /// The error that a member can not be read, with the names of both.
    #[cold]
    fn in_member(&self, member: &str, error: Error) -> Error {
        match error {
            error @ Error::Callback(_) => error,
            // these name the file
            error @ Error::Io { .. } => error.context(format!("'{member}'")),
            // and these the member
            error => error.context(self.source.name()),
        }
    }

    #[cold]
    fn missing(&self, member: &str) -> Error {
        Error::invalid(format!("there is no '{member}' in {}", self.source.name()))
    }

    #[cold]
    fn missing_map(&self, number: i32, name: &str) -> Error {
        let names: Vec<_> = self.names().take(LISTED).collect();
        let there = match self.numbers(name) {
            [] if names.is_empty() => "it has no maps".to_owned(),
            [] => format!("the first names of its maps are '{}'", names.join("', '")),
            [only] => format!("the only map '{name}' has the number {only}"),
            [first, .., last] => format!("maps '{name}' have numbers from {first} to {last}"),
        };
        Error::invalid(format!(
            "there is no '{number}/{name}.mts' in {}: {there}",
            self.source.name()
        ))
    }
}

impl fmt::Debug for Collection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection")
            .field("name", &self.source.name())
            .field("len", &self.count)
            .finish_non_exhaustive()
    }
}
