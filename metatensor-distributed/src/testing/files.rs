//! For tests only: maps of several ranks.

use metatensor_core::{Element, Labels, TensorBlock, TensorMap};
use ndarray::{Array2, Array3};

use super::Random;

/// Maps of `ranks` ranks, which fit together: some have no blocks, some blocks no rows, some have info.
pub(crate) fn random_maps<T: Element>(
    seed: u64,
    ranks: usize,
    make: fn(u32) -> T,
) -> Vec<TensorMap> {
    let mut random = Random::new(seed);
    let form = random.form();
    let keys = random.keys();
    let mut blocks: Vec<Vec<_>> = vec![Vec::new(); ranks];
    for key in &keys {
        let mut samples: Vec<Vec<[i32; 2]>> = vec![Vec::new(); ranks];
        for sample in random.samples() {
            samples[random.below(ranks)].push(sample);
        }
        for (rank, samples) in samples.into_iter().enumerate() {
            if !samples.is_empty() || random.below(2) == 0 {
                blocks[rank].push(([key[0], key[1]], samples));
            }
        }
    }
    let maps = blocks.iter().enumerate().map(|(rank, blocks)| {
        let mut map = random.map(&form, blocks, make);
        if random.below(2) == 0 {
            let text = format!("of rank {rank}");
            map.info_mut().insert("text".to_owned(), text);
        }
        map
    });
    maps.collect()
}

/// A map with a large block and a small one, whose rows are for one of so many ranks.
pub(crate) fn large_map(rank: usize, ranks: usize, samples: usize) -> TensorMap {
    let properties = Labels::range("p", 50).unwrap();
    let own: Vec<_> = (0..samples as i32)
        .filter(|sample| *sample as usize * 7 % ranks == rank)
        .map(|sample| [sample])
        .collect();
    let number = |i: usize, j: usize| (rank * 1_000_000 + i * 50 + j) as f64;
    let values = Array2::from_shape_fn([own.len(), 50], |(i, j)| number(i, j));
    let gradient = Array3::from_shape_fn([2 * own.len(), 3, 50], |(i, x, j)| number(3 * i + x, j));
    let rows: Vec<_> = (0..2 * own.len() as i32).map(|i| [i / 2, i % 2]).collect();
    let gradient = TensorBlock::new(
        gradient,
        labels(&["sample", "atom"], &rows),
        [Labels::range("x", 3).unwrap()],
        &properties,
    );
    let mut block = TensorBlock::new(values, labels(&["s"], &own), [], &properties).unwrap();
    block.add_gradient("positions", gradient.unwrap()).unwrap();
    let mut small = TensorBlock::new(
        Array2::from_elem([1, 50], number(0, 0)),
        labels(&["s"], &[[rank as i32]]),
        [],
        &properties,
    )
    .unwrap();
    let gradient = TensorBlock::new(
        Array3::<f64>::zeros([0, 3, 50]),
        Labels::empty(&["sample", "atom"]).unwrap(),
        [Labels::range("x", 3).unwrap()],
        &properties,
    );
    small.add_gradient("positions", gradient.unwrap()).unwrap();
    TensorMap::new(Labels::range("key", 2).unwrap(), vec![block, small]).unwrap()
}

pub(crate) fn labels<const N: usize>(names: &[&str], rows: &[[i32; N]]) -> Labels {
    Labels::from_values(names, rows.as_flattened().to_vec()).unwrap()
}

/// The error that all ranks got.
pub(crate) fn same_error<T>(results: Vec<metatensor_core::Result<T>>) -> String {
    let mut texts = results.into_iter().map(|result| match result {
        Ok(_) => panic!("there was no error"),
        Err(error) => error.to_string(),
    });
    let first = texts.next().unwrap();
    assert!(texts.all(|text| text == first), "{first}");
    first
}
