//! Files: maps, blocks, labels and collections, from a path or standard input.

use std::io::Read;

use metatensor_core::internal::{Contents, WrongContents};
use metatensor_core::{
    BlockHeader, Collection, DType, Error, Labels, Limits, MapFile, Mapping, Result, TensorBlock,
    TensorMap, validate, validate_buffer,
};

use crate::arguments::FileOptions;
use crate::output::Failure;
use crate::progress::waiting;

/// What a file holds. Of maps, nothing but headers was read.
pub(crate) enum Input {
    Map(MapFile),
    Block(TensorBlock),
    Labels(Labels),
    Collection(Box<Collection>),
    /// One of the maps of a collection.
    Member(TensorMap),
}

/// What was opened, and how large it is.
pub(crate) struct Opened {
    pub(crate) input: Input,
    pub(crate) size: u64,
}

/// The bytes of standard input, or `None` if `file` is a path.
pub(crate) fn standard_input(file: &str) -> Result<Option<Vec<u8>>, Failure> {
    if file != "-" {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::Error(format!("could not read standard input: {error}")))?;
    Ok(Some(bytes))
}

/// Opens whatever is in `file`.
pub(crate) fn open(file: &str) -> Result<Opened, Failure> {
    match standard_input(file)? {
        Some(bytes) => {
            let size = bytes.len() as u64;
            let input = first_that_fits(
                || MapFile::from_bytes(bytes.clone(), Limits::default()),
                || TensorBlock::load_buffer(&bytes),
                || Labels::load_buffer(&bytes),
                || Collection::from_bytes(bytes.clone(), Limits::default()),
            )?;
            Ok(Opened { input, size })
        }
        None => {
            let input = first_that_fits(
                || MapFile::open(file),
                // Pipes, for example, can not be mapped.
                || {
                    TensorBlock::load_mapped(file, Mapping::ReadOnly)
                        .or_else(|_| TensorBlock::load(file))
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
            let map = collection.load(number, name)?;
            let size = collection.bytes(&format!("{number}/{name}.mts"))?.len() as u64;
            let input = Input::Member(map);
            Ok(Opened { input, size })
        }
        other => Err(Failure::Error(format!(
            "a name and a number are for collections, but '{}' holds {}",
            options.file,
            other.kind()
        ))),
    }
}

/// Opens a map of which all is going to be written to another file, after checking that nothing in it is damaged: values of
/// blocks can then be taken from where they are.
pub(crate) fn open_checked(file: &str) -> Result<MapFile, Failure> {
    let problems = match standard_input(file)? {
        Some(bytes) => match validate_buffer(&bytes, Limits::default()) {
            problems if problems.is_empty() => {
                return Ok(MapFile::from_bytes(bytes, Limits::default())?);
            }
            problems => problems,
        },
        None => {
            // what is no map has an error of its own
            let map = only_map(open(file)?.input, file)?;
            match waiting("checking", || validate(file))? {
                problems if problems.is_empty() => return Ok(map),
                problems => problems,
            }
        }
    };
    let first = problems.first().map(ToString::to_string);
    Err(Failure::Error(format!(
        "'{file}' is not valid: {}",
        first.unwrap_or_default()
    )))
}

/// Loads a map as a whole.
pub(crate) fn load_map(file: &str) -> Result<TensorMap, Failure> {
    Ok(match standard_input(file)? {
        Some(bytes) => TensorMap::load_buffer(&bytes)?,
        None => TensorMap::load(file)?,
    })
}

/// The map that was opened, or an error that it is something else.
pub(crate) fn only_map(input: Input, file: &str) -> Result<MapFile, Failure> {
    match input {
        Input::Map(map) => Ok(map),
        other => Err(Failure::Error(format!(
            "expected a tensor map in '{file}', which holds {}",
            other.kind()
        ))),
    }
}

/// A map, or what else was found instead of one.
fn first_that_fits(
    map: impl FnOnce() -> Result<MapFile>,
    block: impl FnOnce() -> Result<TensorBlock>,
    labels: impl FnOnce() -> Result<Labels>,
    collection: impl FnOnce() -> Result<Collection>,
) -> Result<Input, Failure> {
    let error = match map() {
        Ok(map) => return Ok(Input::Map(map)),
        Err(error) => error,
    };
    match found(&error) {
        Some(Contents::Block) => Ok(Input::Block(block()?)),
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
    /// What it is, for messages and people.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Input::Map(_) | Input::Member(_) => "tensor map",
            Input::Block(_) => "tensor block",
            Input::Labels(_) => "labels",
            Input::Collection(_) => "collection of maps",
        }
    }
}

/// Bytes of the values and gradients of each of these blocks.
pub(crate) fn bytes_of(map: &MapFile, blocks: impl IntoIterator<Item = usize>) -> Result<Vec<u64>> {
    let headers = map.block_headers(blocks)?;
    let bytes = headers
        .iter()
        .map(|header| Ok(Outline::of_header(header)?.bytes()));
    bytes.collect()
}

/// A map, or a block that stands for a map with one.
pub(crate) enum Blocks {
    InFile(MapFile),
    Loaded(TensorMap),
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
            Input::Map(map) => Ok(Blocks::InFile(map)),
            Input::Member(map) => Ok(Blocks::Loaded(map)),
            Input::Block(block) => Ok(Blocks::Loaded(TensorMap::new(
                Labels::single(),
                vec![block],
            )?)),
            other => Err(Failure::Error(format!(
                "expected a tensor map or a tensor block in '{file}', which holds {}",
                other.kind()
            ))),
        }
    }

    pub(crate) fn keys(&self) -> &Labels {
        match self {
            Blocks::InFile(map) => map.keys(),
            Blocks::Loaded(map) => map.keys(),
        }
    }

    /// One of the blocks, read when this is called.
    pub(crate) fn block(&self, block: usize) -> Result<TensorBlock> {
        match self {
            Blocks::InFile(map) => map.block(block),
            Blocks::Loaded(map) => map.block_by_id(block).cloned(),
        }
    }

    /// One of the blocks, whose values are read when they are looked at, where the file has them in a form for that.
    pub(crate) fn mapped(&self, block: usize) -> Result<TensorBlock> {
        match self {
            // Pipes, for example, can not be mapped.
            Blocks::InFile(map) => map
                .block_mapped(block, Mapping::ReadOnly)
                .or_else(|_| map.block(block)),
            Blocks::Loaded(_) => self.block(block),
        }
    }

    /// Its samples, components and properties.
    pub(crate) fn labels(&self, block: usize) -> Result<(Labels, Vec<Labels>, Labels)> {
        match self {
            Blocks::InFile(map) => {
                let header = map.block_header(block)?;
                Ok((
                    header.samples()?,
                    header.components()?,
                    header.properties()?,
                ))
            }
            Blocks::Loaded(map) => {
                let block = map.block_by_id(block)?;
                Ok((
                    block.samples().clone(),
                    block.components().to_vec(),
                    block.properties().clone(),
                ))
            }
        }
    }

    /// What can be known of some of them without reading values.
    pub(crate) fn outlines(&self, blocks: &[usize]) -> Result<Vec<Outline>> {
        match self {
            Blocks::InFile(map) => {
                let headers = map.block_headers(blocks.iter().copied())?;
                headers.iter().map(Outline::of_header).collect()
            }
            Blocks::Loaded(map) => {
                let blocks = blocks.iter().map(|&block| map.block_by_id(block));
                blocks.map(|block| Outline::of_block(block?)).collect()
            }
        }
    }
}

/// Type and shape of a block, and of its gradients.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outline {
    pub(crate) dtype: DType,
    pub(crate) shape: Vec<usize>,
    pub(crate) gradients: Vec<(String, Outline)>,
}

impl Outline {
    fn of_header(header: &BlockHeader) -> Result<Outline> {
        let gradients = header.gradients_list().iter().map(|parameter| {
            let gradient = Outline::of_header(&header.gradient(parameter)?)?;
            Ok((parameter.clone(), gradient))
        });
        Ok(Outline {
            dtype: header.dtype(),
            shape: header.shape().to_vec(),
            gradients: gradients.collect::<Result<_>>()?,
        })
    }

    pub(crate) fn of_block(block: &TensorBlock) -> Result<Outline> {
        let gradients = block.gradients_list().iter().map(|parameter| {
            let gradient = Outline::of_block(block.gradient(parameter)?)?;
            Ok((parameter.to_owned(), gradient))
        });
        Ok(Outline {
            dtype: block.dtype(),
            shape: block.shape(),
            gradients: gradients.collect::<Result<_>>()?,
        })
    }

    /// Bytes of the values and of all gradients.
    pub(crate) fn bytes(&self) -> u64 {
        self.value_bytes() + self.gradient_bytes()
    }

    /// Bytes of the values.
    pub(crate) fn value_bytes(&self) -> u64 {
        let elements = self.shape.iter().map(|&length| length as u64);
        elements.product::<u64>() * self.dtype.size() as u64
    }

    /// Bytes of all gradients, and of theirs.
    pub(crate) fn gradient_bytes(&self) -> u64 {
        let bytes = self.gradients.iter().map(|(_, gradient)| gradient.bytes());
        bytes.sum()
    }

    /// All gradients with their paths, as `positions/strain`.
    pub(crate) fn all_gradients(&self) -> Vec<(String, &Outline)> {
        let mut all = Vec::new();
        for (parameter, gradient) in &self.gradients {
            all.push((parameter.clone(), gradient));
            let inner = gradient.all_gradients().into_iter();
            all.extend(inner.map(|(path, gradient)| (format!("{parameter}/{path}"), gradient)));
        }
        all
    }
}
