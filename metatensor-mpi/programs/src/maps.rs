//! Maps with everything in them, the same ones on all ranks, and the part of them that one rank has.

use metatensor_core::{Element, Labels, Result, TensorBlock, TensorMap};
use metatensor_operations::{Axis, slice};
use ndarray::{Array2, Array3, ArrayD};

/// Numbers that look random, the same ones each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end
    }

    /// Some entries of a list, in its order.
    fn some<T>(&mut self, list: impl Iterator<Item = T>) -> Vec<T> {
        list.filter(|_| self.below(3) > 0).collect()
    }
}

/// A map with gradients of gradients, a block without samples, and elements made by `make`.
pub(crate) fn map<T: Element>(seed: u64, make: fn(usize) -> T) -> TensorMap {
    let mut numbers = Numbers(seed * 2 + 0x9e37_79b9_7f4a_7c15);
    let keys: Vec<[i32; 2]> = (0..5).map(|i| [i % 2, i / 2]).collect();
    let blocks = keys.iter().map(|key| {
        let mut samples = numbers.some((0..60).map(|i| [i / 10, i % 10]));
        // neither sorted nor reversed
        for i in (1..samples.len()).rev() {
            samples.swap(i, numbers.below(i + 1));
        }
        if key[1] == 2 {
            samples.clear();
        }
        let samples = Labels::new(["system", "atom"], samples)?;
        block(&mut numbers, samples, make)
    });
    let blocks = blocks.collect::<Result<Vec<_>>>().unwrap();
    let mut map = TensorMap::new(Labels::new(["k", "l"], keys).unwrap(), blocks).unwrap();
    map.info_mut().insert("source".into(), "a test".into());
    map
}

fn block<T: Element>(
    numbers: &mut Numbers,
    samples: Labels,
    make: fn(usize) -> T,
) -> Result<TensorBlock> {
    let components = [Labels::range("m", 3)?];
    let mut block = plain(numbers, samples, &components, make)?;
    let xyz = Labels::range("xyz", 2)?;
    let components = [xyz.clone(), components[0].clone()];
    let rows = rows_of(numbers, &block);
    let mut gradient = plain(numbers, rows, &components, make)?;
    let components = [Labels::range("cell", 2)?, xyz, components[1].clone()];
    let rows = rows_of(numbers, &gradient);
    gradient.add_gradient("cell", plain(numbers, rows, &components, make)?)?;
    block.add_gradient("positions", gradient)?;
    Ok(block)
}

/// Samples of a gradient: for some of the samples, up to three other atoms.
fn rows_of(numbers: &mut Numbers, block: &TensorBlock) -> Labels {
    let samples = 0..block.samples().count() as i32;
    let all = samples.flat_map(|sample| (0..3).map(move |atom| [sample, 2 - atom]));
    Labels::new(["sample", "atom"], numbers.some(all)).unwrap()
}

fn plain<T: Element>(
    numbers: &mut Numbers,
    samples: Labels,
    components: &[Labels],
    make: fn(usize) -> T,
) -> Result<TensorBlock> {
    let properties = Labels::new(["n"], [[3], [1], [7], [2]])?;
    let mut shape = vec![samples.count()];
    shape.extend(components.iter().map(Labels::count));
    shape.push(properties.count());
    let count = shape.iter().product();
    let values = (0..count).map(|_| make(numbers.below(1 << 20))).collect();
    let values = ArrayD::from_shape_vec(shape, values).unwrap();
    TensorBlock::new(values, samples, components, properties)
}

/// Which rank has a sample at first: neither the same number for all, nor neighbors together.
pub(crate) fn owner(sample: &[i32], size: usize) -> usize {
    let [system, atom] = sample else {
        panic!("samples are systems and atoms");
    };
    // The last of many ranks has nothing.
    let ranks = if size > 3 { size - 1 } else { size };
    ((system * 5 + atom * 3) / 2) as usize % ranks
}

/// The rows that this rank has at first.
pub(crate) fn part(map: &TensorMap, rank: usize, size: usize) -> TensorMap {
    rows(map, |sample| owner(sample, size) == rank)
}

/// These rows, and those of the next rank that are of even atoms.
pub(crate) fn overlapping_part(map: &TensorMap, rank: usize, size: usize) -> TensorMap {
    rows(map, |sample| {
        let owner = owner(sample, size);
        owner == rank || (owner == (rank + 1) % size && sample[1] % 2 == 0)
    })
}

/// All samples that maps have.
pub(crate) fn samples(keep: impl Fn(&[i32]) -> bool) -> Labels {
    let all = (0..60).map(|i| [i / 10, i % 10]);
    let own: Vec<[i32; 2]> = all.filter(|row| keep(row)).collect();
    Labels::new(["system", "atom"], own).unwrap()
}

fn rows(map: &TensorMap, keep: impl Fn(&[i32]) -> bool) -> TensorMap {
    slice(map, Axis::Samples, &samples(keep)).unwrap()
}

/// A map of which functions share the work between threads: three megabytes, with a few gradients for each sample.
pub(crate) fn wide() -> TensorMap {
    let mut numbers = Numbers(11);
    let mut element = || numbers.below(1 << 20) as f64 / 3.0 - 1e5;
    let properties = Labels::range("n", 256).unwrap();
    let samples = samples(|_| true);
    let parents = (0..60).flat_map(|sample| (0..4).map(move |atom| [sample, atom]));
    let of_gradient = Labels::new(["sample", "atom"], parents.collect::<Vec<_>>()).unwrap();
    let values = Array2::from_shape_simple_fn([60, 256], &mut element);
    let mut block = TensorBlock::new(values, samples, [], &properties).unwrap();
    let values = Array3::from_shape_simple_fn([240, 6, 256], &mut element);
    let components = [Labels::range("m", 6).unwrap()];
    let gradient = TensorBlock::new(values, of_gradient, &components, properties).unwrap();
    block.add_gradient("positions", gradient).unwrap();
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}
