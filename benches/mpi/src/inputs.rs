//! Maps of one rank.

use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
use ndarray::{ArrayD, IxDyn};

/// 8 blocks of `50 * scale` systems with 10 atoms, 32 properties and ten gradient rows per sample: 32 MB for 1.
pub(crate) fn large(rank: usize, systems: usize) -> TensorMap {
    let keys = Labels::range("center_type", 8).unwrap();
    let blocks = (0..8).map(|_| block(rank, systems, 10, 32, true));
    TensorMap::new(keys, blocks.collect::<Result<Vec<_>>>().unwrap()).unwrap()
}

/// 10 000 blocks of four rows.
pub(crate) fn many(rank: usize) -> TensorMap {
    let keys = Labels::range("center_type", 10_000).unwrap();
    let blocks = (0..10_000).map(|_| block(rank, 4, 1, 4, false));
    TensorMap::new(keys, blocks.collect::<Result<Vec<_>>>().unwrap()).unwrap()
}

/// A map without samples that differ between ranks, of this many numbers.
pub(crate) fn equal(count: usize) -> TensorMap {
    let block = TensorBlock::new(
        ArrayD::from_elem(IxDyn(&[count / 64, 64]), 0.5),
        Labels::range("sample", count / 64).unwrap(),
        [],
        Labels::range("n", 64).unwrap(),
    );
    TensorMap::new(Labels::single(), vec![block.unwrap()]).unwrap()
}

fn block(
    rank: usize,
    systems: usize,
    atoms: usize,
    properties: usize,
    gradient: bool,
) -> Result<TensorBlock> {
    let first = rank * systems;
    let samples = (0..systems * atoms).map(|i| [(first + i / atoms) as i32, (i % atoms) as i32]);
    let samples = Labels::new(["system", "atom"], samples.collect::<Vec<_>>())?;
    let rows = samples.count();
    let properties = Labels::range("n", properties)?;
    let values = ArrayD::from_elem(IxDyn(&[rows, properties.count()]), 0.5);
    let mut block = TensorBlock::new(values, &samples, [], &properties)?;
    if gradient {
        let samples = (0..rows * 10).map(|i| {
            [
                (i / 10) as i32,
                (first + i / 10 / atoms) as i32,
                (i % 10) as i32,
            ]
        });
        let samples = Labels::new(["sample", "system", "atom"], samples.collect::<Vec<_>>())?;
        let values = ArrayD::from_elem(IxDyn(&[rows * 10, 3, properties.count()]), 0.25);
        let xyz = Labels::range("xyz", 3)?;
        block.add_gradient(
            "positions",
            TensorBlock::new(values, samples, [xyz], properties)?,
        )?;
    }
    Ok(block)
}

/// The bytes of labels and values of the rows for each of `n` ranks, which is what has to be sent at least.
pub(crate) fn bytes_for(map: &TensorMap, n: usize, rank_of: impl Fn(&[i32]) -> usize) -> Vec<u64> {
    let mut bytes = vec![0; n];
    for block in map.blocks() {
        let ranks: Vec<usize> = block.samples().iter().map(&rank_of).collect();
        for rank in &ranks {
            bytes[*rank] += row_size(block);
        }
        for (_, gradient) in block.gradients() {
            for row in gradient.samples() {
                bytes[ranks[row[0] as usize]] += row_size(gradient);
            }
        }
    }
    bytes
}

fn row_size(block: &TensorBlock) -> u64 {
    let components: usize = block.components().iter().map(Labels::count).product();
    (4 * block.samples().size() + 8 * components * block.properties().count()) as u64
}
