//! What is known of a block without its values.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::super::archive::{LoadError, Reading, Source};
use super::super::array::Arrays;
use super::super::in_file;
use super::super::loader::Loader;
use super::super::member_names::{block_prefix, gradient_prefix};
use super::super::placement::{MemberCounts, Placement};
use super::Content;
use crate::error::Contents;
use crate::threads::for_each;
use crate::{DType, Error, Labels, Limit, Limits, Result};

/// As many headers are read one after the other.
const TOGETHER: usize = 512;
/// About as many bytes are read for a small block.
const AROUND_A_HEADER: usize = 2 << 10;

/// Everything of a block in a [`MapFile`](super::MapFile) but its values. Labels are read when they are asked for, each time;
/// the file stays open as long as this.
///
/// ```
/// # use metatensor_core::{DType, Labels, Limits, MapFile, Result, TensorBlock, TensorMap};
/// # use ndarray::{arr2, arr3};
/// # let samples = Labels::range("atom", 2)?;
/// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), &samples, [], Labels::single())?;
/// # let rows = Labels::new(["sample"], [[1]])?;
/// # let gradient = TensorBlock::new(arr2(&[[0.5]]), rows, [], Labels::single())?;
/// # block.add_gradient("t", gradient)?;
/// # let map = TensorMap::new(Labels::single(), vec![block])?;
/// let file = MapFile::from_bytes(map.save_buffer()?, Limits::default())?;
/// let header = file.block_header(0)?;
/// assert_eq!((header.dtype(), header.shape()), (DType::F64, &[2, 1][..]));
/// assert_eq!(header.samples()?, samples);
/// assert_eq!(header.gradients_list(), ["t"]);
/// assert_eq!(header.gradient("t")?.samples()?.names(), ["sample"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Clone)]
pub struct BlockHeader {
    content: Arc<Content>,
    /// What the names of the members start with.
    prefix: String,
    /// How much of this are the names of the block start with that has the properties.
    of_values: usize,
    depth: u64,
    dtype: DType,
    shape: Vec<usize>,
    placement: Placement,
    /// The same of all gradients, in the order of their list, or nothing if they were not read.
    gradients: Vec<BlockHeader>,
}

impl BlockHeader {
    /// That of the block that is alone in the file at `path`, with those of its gradients.
    ///
    /// # Errors
    ///
    /// If the file can not be read, or does not hold a block.
    #[doc(hidden)]
    pub fn open(path: impl AsRef<Path>) -> Result<BlockHeader> {
        Self::alone_in(Source::open(path.as_ref())?)
    }

    /// The same for the content of a file.
    ///
    /// # Errors
    ///
    /// If this is not a valid block.
    #[doc(hidden)]
    pub fn from_bytes<T>(bytes: T, limits: Limits) -> Result<BlockHeader>
    where
        T: AsRef<[u8]> + Send + Sync + 'static,
    {
        Self::alone_in(Source::from_owner(bytes, limits))
    }

    fn alone_in(source: Source<'static>) -> Result<BlockHeader> {
        let archive = Contents::Block.open_archive(source.reader(Reading::Parts))?;
        let content = Arc::new(Content::new(archive));
        let mut loader = content.parts(Arrays::Native);
        let mut header = Self::new(&content, &mut loader, String::new(), 0, 0)?;
        header.read_gradients(&mut loader)?;
        Ok(header)
    }

    /// How many members of the whole file are compressed.
    #[doc(hidden)]
    pub fn member_counts(&self) -> MemberCounts {
        self.content.member_counts()
    }

    pub(super) fn of_block(content: &Arc<Content>, prefix: String) -> Result<Self> {
        let mut loader = content.parts(Arrays::Native);
        let length = prefix.len();
        Self::new(content, &mut loader, prefix, length, 0)
    }

    /// Adds those of several blocks, which come with those of their gradients, to something, and gives it piece by piece: several
    /// threads go through parts of the file, and each reads ahead from one block to the next.
    pub(super) fn of_blocks<T: Default + Send>(
        content: &Arc<Content>,
        blocks: &[usize],
        add: impl Fn(&mut T, usize, Self) -> Result<()> + Sync,
    ) -> Result<Vec<T>> {
        let pieces = blocks.chunks(TOGETHER);
        let mut pieces: Vec<_> = pieces.map(|blocks| (blocks, T::default())).collect();
        let read = |(blocks, sum): &mut (&[usize], T)| {
            let mut loader = content.parts(Arrays::Native);
            for &block in *blocks {
                let prefix = block_prefix(block);
                let length = prefix.len();
                let mut header = Self::new(content, &mut loader, prefix, length, 0)?;
                header.read_gradients(&mut loader)?;
                add(sum, block, header)?;
            }
            Ok(())
        };
        match content.archive.source().is_ours() {
            true => for_each(blocks.len() * AROUND_A_HEADER, pieces.iter_mut(), read)?,
            false => pieces.iter_mut().try_for_each(read)?,
        }
        Ok(pieces.into_iter().map(|piece| piece.1).collect())
    }

    fn read_gradients(&mut self, loader: &mut Loader<'_, '_>) -> Result<()> {
        let gradients = self.gradients_list().iter().map(|parameter| {
            let mut gradient = self.of_gradient(loader, parameter)?;
            gradient.read_gradients(loader)?;
            Ok(gradient)
        });
        self.gradients = gradients.collect::<Result<_>>()?;
        Ok(())
    }

    fn of_gradient(&self, loader: &mut Loader<'_, '_>, parameter: &str) -> Result<Self> {
        Self::new(
            &self.content,
            loader,
            gradient_prefix(&self.prefix, parameter),
            self.of_values,
            self.depth + 1,
        )
    }

    fn new(
        content: &Arc<Content>,
        loader: &mut Loader<'_, '_>,
        prefix: String,
        of_values: usize,
        depth: u64,
    ) -> Result<Self> {
        let limits = content.archive.source().limits();
        limits.check(Limit::Depth, depth, format_args!("'{prefix}'"))?;
        let read = loader.values_header(&prefix);
        let (dtype, shape, placement) = read.map_err(|error| error.in_source(content.name()))?;
        let header = BlockHeader {
            content: Arc::clone(content),
            prefix,
            of_values,
            depth,
            dtype,
            shape,
            placement,
            gradients: Vec::new(),
        };
        if header.shape.len() < 2 {
            let reason = format!(
                "expected values with samples and properties, got an array of shape {:?}",
                header.shape
            );
            return Err(header.bad("values.npy", reason));
        }
        Ok(header)
    }

    /// Type of the values.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Length of each axis of the values: samples, components, properties.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Where the values are in the file, and in which form.
    #[doc(hidden)]
    pub fn placement(&self) -> Placement {
        self.placement
    }

    /// Labels of the samples.
    ///
    /// # Errors
    ///
    /// If they can not be read, or are not as many as the values are for.
    pub fn samples(&self) -> Result<Labels> {
        let name = [&self.prefix, "samples.npy"].concat();
        let samples = self.read(|loader| loader.labels(&name))?;
        self.check("samples.npy", 0, samples)
    }

    /// Labels of the components, one for each axis.
    ///
    /// # Errors
    ///
    /// If they can not be read, or are not as many as the values are for.
    pub fn components(&self) -> Result<Vec<Labels>> {
        let axes = self.shape.len() - 2;
        let components = self.read(|loader| loader.components(&self.prefix, axes))?;
        let components = components.into_iter().enumerate();
        components
            .map(|(i, labels)| self.check(&format!("components/{i}.npy"), i + 1, labels))
            .collect()
    }

    /// Labels of the properties, which gradients have from the values.
    ///
    /// # Errors
    ///
    /// If they can not be read, or are not as many as the values are for.
    pub fn properties(&self) -> Result<Labels> {
        let name = [&self.prefix[..self.of_values], "properties.npy"].concat();
        let properties = self.read(|loader| loader.repeated_labels(&name))?;
        self.check("values.npy", self.shape.len() - 1, properties)
    }

    /// Parameters of all gradients, sorted.
    pub fn gradients_list(&self) -> &[String] {
        let list = self.content.parameters.get(&self.prefix);
        list.map_or(&[], Vec::as_slice)
    }

    /// The same for the gradient with respect to `parameter`: it is borrowed if it was read together with this.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Limits, MapFile, Result, TensorBlock, TensorMap};
    /// # let block = TensorBlock::new(ndarray::arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// # let map = TensorMap::new(Labels::single(), vec![block])?;
    /// let file = MapFile::from_bytes(map.save_buffer()?, Limits::default())?;
    /// let header = file.block_header(0)?;
    /// for parameter in header.gradients_list() {
    ///     println!("{parameter}: {:?}", header.gradient(parameter)?.shape());
    /// }
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such gradient, or if it can not be read.
    pub fn gradient(&self, parameter: &str) -> Result<Cow<'_, BlockHeader>> {
        let mut list = self.gradients_list().iter();
        let Some(number) = list.position(|known| known == parameter) else {
            return Err(Error::invalid(format!(
                "there is no gradient '{parameter}' in '{}' of {}",
                self.prefix.trim_end_matches('/'),
                self.content.name()
            )));
        };
        match self.gradients.get(number) {
            Some(known) => Ok(Cow::Borrowed(known)),
            None => self
                .of_gradient(&mut self.content.parts(Arrays::Native), parameter)
                .map(Cow::Owned),
        }
    }

    fn read<T>(&self, read: impl FnOnce(&mut Loader<'_, '_>) -> Result<T, LoadError>) -> Result<T> {
        let mut loader = self.content.parts(Arrays::Native);
        let name = self.content.name();
        read(&mut loader).map_err(|error| error.in_source(name))
    }

    fn check(&self, member: &str, axis: usize, labels: Labels) -> Result<Labels> {
        if labels.count() == self.shape[axis] {
            return Ok(labels);
        }
        let reason = format!(
            "axis {axis} of the values has {} entries, but there are {} entries in the labels of this axis",
            self.shape[axis],
            labels.count()
        );
        Err(self.bad(member, reason))
    }

    #[cold]
    fn bad(&self, member: &str, reason: String) -> Error {
        let place = [&self.prefix, member].concat();
        in_file(Error::serialization(reason), &place).context(self.content.name())
    }
}

impl fmt::Debug for BlockHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockHeader")
            .field("prefix", &self.prefix)
            .field("dtype", &self.dtype)
            .field("shape", &self.shape)
            .finish_non_exhaustive()
    }
}
