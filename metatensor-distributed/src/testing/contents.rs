//! What maps hold, as plain lists, and what may be done with these.

use std::collections::BTreeMap;

use metatensor_core::{DenseArray, TensorBlock, TensorMap};

/// A block: its samples, the bytes of their elements, and gradients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) samples: Vec<Vec<i32>>,
    pub(crate) elements: Vec<Vec<u8>>,
    pub(crate) gradients: BTreeMap<String, Contents>,
}

pub(crate) fn contents(block: &TensorBlock) -> Contents {
    let copy = DenseArray::copy_of(&block.view().unwrap()).unwrap();
    let view = copy.view();
    let bytes = view.as_bytes().unwrap();
    let rows = block.samples().count();
    let row = bytes.len() / rows.max(1);
    let gradients = block.gradients();
    Contents {
        samples: block.samples().iter().map(<[i32]>::to_vec).collect(),
        elements: (0..rows)
            .map(|i| bytes[i * row..(i + 1) * row].to_vec())
            .collect(),
        gradients: gradients
            .map(|(parameter, gradient)| (parameter.to_owned(), contents(gradient)))
            .collect(),
    }
}

/// By key.
pub(crate) fn contents_of_map(map: &TensorMap) -> BTreeMap<Vec<i32>, Contents> {
    let keys = map.keys().iter().map(<[i32]>::to_vec);
    keys.zip(map.blocks().iter().map(contents)).collect()
}

impl Contents {
    /// The same block without any row.
    pub(crate) fn without_rows(&self) -> Contents {
        self.with_rows(&[])
    }

    /// Some of the rows, in the order of `rows`, and gradient rows of these in the order that they have.
    pub(crate) fn with_rows(&self, rows: &[usize]) -> Contents {
        let gradients = self.gradients.iter().map(|(parameter, gradient)| {
            let position = |sample: i32| rows.iter().position(|&row| row == sample as usize);
            let all = gradient.samples.iter().enumerate();
            let kept = all.filter(|(_, sample)| position(sample[0]).is_some());
            let kept: Vec<_> = kept.map(|(row, _)| row).collect();
            let mut part = gradient.with_rows(&kept);
            for sample in &mut part.samples {
                sample[0] = position(sample[0]).unwrap() as i32;
            }
            (parameter.clone(), part)
        });
        Contents {
            samples: rows.iter().map(|&row| self.samples[row].clone()).collect(),
            elements: rows.iter().map(|&row| self.elements[row].clone()).collect(),
            gradients: gradients.collect(),
        }
    }

    /// Adds the rows of another block.
    pub(crate) fn append(&mut self, other: &Contents) {
        let before = self.samples.len() as i32;
        self.samples.extend(other.samples.iter().cloned());
        self.elements.extend(other.elements.iter().cloned());
        for (parameter, gradient) in &other.gradients {
            let mut gradient = gradient.clone();
            for sample in &mut gradient.samples {
                sample[0] += before;
            }
            self.gradients
                .entry(parameter.clone())
                .or_default()
                .append(&gradient);
        }
    }

    /// All rows sorted by labels.
    pub(crate) fn sorted(&self) -> Contents {
        let mut rows: Vec<_> = (0..self.samples.len()).collect();
        rows.sort_by_key(|&row| &self.samples[row]);
        let mut sorted = self.with_rows(&rows);
        for gradient in sorted.gradients.values_mut() {
            *gradient = gradient.sorted();
        }
        sorted
    }
}
