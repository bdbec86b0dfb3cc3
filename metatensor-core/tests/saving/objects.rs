//! What is saved.

use std::path::Path;

use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
use ndarray::Array2;

/// All that can be in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Map,
    Block,
    Labels,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Map, Kind::Block, Kind::Labels];
}

/// Something that can be saved.
#[derive(Debug)]
pub(crate) enum Object {
    Map(TensorMap),
    Block(TensorBlock),
    Labels(Labels),
}

impl Object {
    /// The one of this kind with this number, with `size` times 8 bytes.
    pub(crate) fn new(kind: Kind, number: i32, size: usize) -> Object {
        let block = || {
            let values = Array2::from_elem((size / 8, 8), f64::from(number));
            let samples = Labels::range("sample", size / 8).unwrap();
            let properties = Labels::range("property", 8).unwrap();
            TensorBlock::new(values, &samples, &[], &properties).unwrap()
        };
        match kind {
            Kind::Map => Object::Map(TensorMap::new(Labels::single(), vec![block()]).unwrap()),
            Kind::Block => Object::Block(block()),
            Kind::Labels => {
                let rows = (0..size as i32).map(|i| [i, number]);
                Object::Labels(Labels::from_rows(&["row", "number"], rows).unwrap())
            }
        }
    }

    pub(crate) fn small(kind: Kind) -> Object {
        Object::new(kind, 1, 32)
    }

    pub(crate) fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        match self {
            Object::Map(map) => map.save(path),
            Object::Block(block) => block.save(path),
            Object::Labels(labels) => labels.save(path),
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Object::Map(map) => map.save_buffer().unwrap(),
            Object::Block(block) => block.save_buffer().unwrap(),
            Object::Labels(labels) => labels.save_buffer().unwrap(),
        }
    }

    /// What a file of this kind holds.
    pub(crate) fn load(kind: Kind, path: impl AsRef<Path>) -> Result<Object> {
        Ok(match kind {
            Kind::Map => Object::Map(TensorMap::load(path)?),
            Kind::Block => Object::Block(TensorBlock::load(path)?),
            Kind::Labels => Object::Labels(Labels::load(path)?),
        })
    }
}
