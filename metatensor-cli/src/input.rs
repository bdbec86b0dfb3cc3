//! Files: maps, blocks, labels and collections, from a path or standard input.

use std::collections::BTreeMap;

use metatensor_core::internal::files::MemberCounts;
use metatensor_core::internal::{Contents, WrongContents};
use metatensor_core::{
    BlockHeader, Collection, Error, Labels, Limits, MapFile, Mapping, Problem, Result, TensorBlock,
    TensorMap, validate, validate_buffer,
};

use crate::file_options::FileOptions;
use crate::outline::Outline;
use crate::output::Failure;
use crate::progress::waiting;
use crate::stream::streamed;

/// Larger blocks are used without being in memory as a whole, where that is possible.
pub(crate) const LARGE: u64 = 64 << 20;

/// What a file holds. Of maps, nothing but headers was read; values of blocks are read when they are looked at, where possible.
pub(crate) enum Input {
    Map(MapFile),
    Block(Box<BlockHeader>, TensorBlock),
    Labels(Labels),
    Collection(Box<Collection>),
}

/// What was opened, and how large it is.
pub(crate) struct Opened {
    pub(crate) input: Input,
    pub(crate) size: u64,
}

/// Opens whatever is in `file`.
pub(crate) fn open(file: &str) -> Result<Opened, Failure> {
    match streamed(file)? {
        Some(bytes) => {
            let size = bytes.len() as u64;
            let input = first_that_fits(
                || MapFile::from_bytes(bytes.clone(), Limits::default()),
                || {
                    let header = BlockHeader::from_bytes(bytes.clone(), Limits::default())?;
                    Ok((header, TensorBlock::load_buffer(&bytes)?))
                },
                || Labels::load_buffer(&bytes),
                || Collection::from_bytes(bytes.clone(), Limits::default()),
            )?;
            Ok(Opened { input, size })
        }
        None => {
            let input = first_that_fits(
                || MapFile::open(file),
                || {
                    let header = BlockHeader::open(file)?;
                    let block = TensorBlock::load_mapped(file, Mapping::ReadOnly);
                    // some file systems have no files that can be mapped
                    Ok((header, block.or_else(|_| TensorBlock::load(file))?))
                },
                || Labels::load(file),
                || Collection::open(file),
            )?;
            let size = std::fs::metadata(file).map_or(0, |data| data.len());
            Ok(Opened { input, size })
        }
    }
}

/// Opens what is in a file, or one of the maps in a collection.
pub(crate) fn open_part(options: &FileOptions) -> Result<Opened, Failure> {
    let opened = open(&options.file)?;
    let (Some(name), Some(number)) = (&options.name, options.number) else {
        return Ok(opened);
    };
    match opened.input {
        Input::Collection(collection) => {
            let (map, size) = collection.into_map_file(number, name)?;
            let input = Input::Map(map);
            Ok(Opened { input, size })
        }
        other => Err(Failure::Error(format!(
            "a name and a number are for collections, but '{}' holds {}",
            options.file,
            other.described()
        ))),
    }
}

/// Opens a map of which all is going to be written to another file, after checking that nothing in it is damaged: values of
/// blocks can then be taken from where they are.
pub(crate) fn open_checked(file: &str) -> Result<MapFile, Failure> {
    match streamed(file)? {
        Some(bytes) => {
            check_bytes(file, &bytes)?;
            Ok(MapFile::from_bytes(bytes, Limits::default())?)
        }
        None => {
            // what is no map has an error of its own
            let map = only_map(open(file)?.input, file)?;
            check(file, &waiting("checking", || validate(file))?)?;
            Ok(map)
        }
    }
}

/// An error if anything in these bytes, which are those of `file`, is damaged.
pub(crate) fn check_bytes(file: &str, bytes: &[u8]) -> Result<(), Failure> {
    check(file, &validate_buffer(bytes, Limits::default()))
}

fn check(file: &str, problems: &[Problem]) -> Result<(), Failure> {
    match problems.first() {
        None => Ok(()),
        Some(first) => Err(Failure::Error(format!("'{file}' is not valid: {first}"))),
    }
}

/// Loads a map as a whole.
pub(crate) fn load_map(file: &str) -> Result<TensorMap, Failure> {
    let loaded = match streamed(file)? {
        Some(bytes) => TensorMap::load_buffer(&bytes),
        None => TensorMap::load(file),
    };
    loaded.map_err(|error| match found(&error) {
        Some(Contents::Block) => no_map(file, "a tensor block"),
        Some(Contents::Labels) => no_map(file, "labels"),
        _ => error.into(),
    })
}

fn no_map(file: &str, found: &str) -> Failure {
    Failure::Error(format!(
        "expected a tensor map in '{file}', which holds {found}"
    ))
}

/// Loads a block, or the only one of a map, as a map that has nothing else.
pub(crate) fn load_block(file: &str) -> Result<TensorMap, Failure> {
    let blocks = Blocks::open(file)?;
    match blocks.keys().count() {
        1 => Ok(TensorMap::new(Labels::single(), vec![blocks.block(0)?])?),
        count => Err(Failure::Error(format!(
            "expected a single block in '{file}', which has {count}"
        ))),
    }
}

/// Loads labels.
pub(crate) fn load_labels(file: &str) -> Result<Labels, Failure> {
    match open(file)?.input {
        Input::Labels(labels) => Ok(labels),
        other => Err(Failure::Error(format!(
            "expected labels in '{file}', which holds {}",
            other.described()
        ))),
    }
}

/// The map that was opened, or an error that it is something else.
pub(crate) fn only_map(input: Input, file: &str) -> Result<MapFile, Failure> {
    match input {
        Input::Map(map) => Ok(map),
        other => Err(no_map(file, other.described())),
    }
}

/// A map, or what else was found instead of one.
fn first_that_fits(
    map: impl FnOnce() -> Result<MapFile>,
    block: impl FnOnce() -> Result<(BlockHeader, TensorBlock)>,
    labels: impl FnOnce() -> Result<Labels>,
    collection: impl FnOnce() -> Result<Collection>,
) -> Result<Input, Failure> {
    let error = match map() {
        Ok(map) => return Ok(Input::Map(map)),
        Err(error) => error,
    };
    match found(&error) {
        Some(Contents::Block) => {
            let (header, block) = block()?;
            Ok(Input::Block(Box::new(header), block))
        }
        Some(Contents::Labels) => Ok(Input::Labels(labels()?)),
        _ => match collection() {
            Ok(collection) if !collection.is_empty() => Ok(Input::Collection(Box::new(collection))),
            _ => Err(error.into()),
        },
    }
}

/// What else was found than a map.
fn found(error: &Error) -> Option<Contents> {
    match error {
        Error::WrongContents(WrongContents { found, .. }) => Some(*found),
        _ => None,
    }
}

impl Input {
    /// What it is, as a part of a sentence.
    fn described(&self) -> &'static str {
        match self {
            Input::Map(_) => "a tensor map",
            Input::Block(..) => "a tensor block",
            Input::Labels(_) => "labels",
            Input::Collection(_) => "a collection of maps",
        }
    }

    /// What it is, for people.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Input::Map(_) => "tensor map",
            Input::Block(..) => "tensor block",
            Input::Labels(_) => "labels",
            Input::Collection(_) => "collection of maps",
        }
    }
}

/// A map, or a block that stands for a map with one.
pub(crate) enum Blocks {
    OfMap(MapFile),
    Alone(Box<BlockHeader>, TensorMap),
}

impl Blocks {
    /// The blocks in `file`, which has to be a map or a block.
    pub(crate) fn open(file: &str) -> Result<Blocks, Failure> {
        Blocks::of(open(file)?.input, file)
    }

    /// The same, or those of one of the maps in a collection.
    pub(crate) fn open_part(options: &FileOptions) -> Result<Blocks, Failure> {
        Blocks::of(open_part(options)?.input, &options.file)
    }

    /// Those of what was opened.
    pub(crate) fn of(input: Input, file: &str) -> Result<Blocks, Failure> {
        match input {
            Input::Map(map) => Ok(Blocks::OfMap(map)),
            Input::Block(header, block) => {
                let map = TensorMap::new(Labels::single(), vec![block])?;
                Ok(Blocks::Alone(header, map))
            }
            other => Err(Failure::Error(format!(
                "expected a tensor map or a tensor block in '{file}', which holds {}",
                other.described()
            ))),
        }
    }

    pub(crate) fn keys(&self) -> &Labels {
        match self {
            Blocks::OfMap(map) => map.keys(),
            Blocks::Alone(_, map) => map.keys(),
        }
    }

    /// Free text that goes with a map.
    pub(crate) fn info(&self) -> Result<BTreeMap<String, String>> {
        match self {
            Blocks::OfMap(map) => Ok(map.info()?.into_iter().collect()),
            Blocks::Alone(..) => Ok(BTreeMap::new()),
        }
    }

    /// One of the blocks, read when this is called.
    pub(crate) fn block(&self, block: usize) -> Result<TensorBlock> {
        match self {
            Blocks::OfMap(map) => map.block(block),
            Blocks::Alone(_, map) => map.block_by_id(block).cloned(),
        }
    }

    /// One of the blocks, of which not all is needed. What is large is not read, and not checked, as a whole.
    pub(crate) fn in_part(&self, block: usize) -> Result<TensorBlock> {
        match self.bytes(&[block])?.iter().any(|&bytes| bytes > LARGE) {
            true => self.mapped(block),
            false => self.block(block),
        }
    }

    /// One of the blocks, whose values are read when they are looked at, where the file has them in a form for that.
    pub(crate) fn mapped(&self, block: usize) -> Result<TensorBlock> {
        match self {
            // Pipes, for example, can not be mapped.
            Blocks::OfMap(map) => map
                .block_mapped(block, Mapping::ReadOnly)
                .or_else(|_| map.block(block)),
            Blocks::Alone(..) => self.block(block),
        }
    }

    /// Its samples, components and properties.
    pub(crate) fn labels(&self, block: usize) -> Result<(Labels, Vec<Labels>, Labels)> {
        let of_map;
        let header = match self {
            Blocks::OfMap(map) => {
                of_map = map.block_header(block)?;
                &of_map
            }
            Blocks::Alone(header, _) => header,
        };
        Ok((
            header.samples()?,
            header.components()?,
            header.properties()?,
        ))
    }

    /// Lets `add` add some of them, and what can be known of them without reading values, to something that is empty at first.
    /// Several threads do, each with a piece of the list, and what they have is returned in its order.
    pub(crate) fn fold_outlines<T: Default + Send>(
        &self,
        blocks: &[usize],
        add: impl Fn(&mut T, usize, Outline) + Sync,
    ) -> Result<Vec<T>> {
        match self {
            Blocks::OfMap(map) => map.fold_block_headers(blocks, |sum, block, header| {
                add(sum, block, Outline::of_header(&header)?);
                Ok(())
            }),
            Blocks::Alone(header, _) => {
                let mut sum = T::default();
                for &block in blocks {
                    add(&mut sum, block, Outline::of_header(header)?);
                }
                Ok(vec![sum])
            }
        }
    }

    /// What `make` makes of each of some of them, as by [`fold_outlines`](Self::fold_outlines).
    pub(crate) fn map_outlines<T: Send>(
        &self,
        blocks: &[usize],
        make: impl Fn(usize, Outline) -> T + Sync,
    ) -> Result<Vec<T>> {
        let pieces = self.fold_outlines(blocks, |all: &mut Vec<T>, block, outline| {
            all.push(make(block, outline));
        })?;
        Ok(pieces.into_iter().flatten().collect())
    }

    /// What can be known of some of them without reading values.
    pub(crate) fn outlines(&self, blocks: &[usize]) -> Result<Vec<Outline>> {
        self.map_outlines(blocks, |_, outline| outline)
    }

    /// Bytes of the values and gradients of each of some of them.
    pub(crate) fn bytes(&self, blocks: &[usize]) -> Result<Vec<u64>> {
        self.map_outlines(blocks, |_, outline| outline.bytes())
    }

    /// How many members of the file are compressed.
    pub(crate) fn member_counts(&self) -> MemberCounts {
        match self {
            Blocks::OfMap(map) => map.member_counts(),
            Blocks::Alone(header, _) => header.member_counts(),
        }
    }
}
