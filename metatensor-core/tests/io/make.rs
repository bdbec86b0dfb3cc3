//! Maps of many shapes to save and load.

use metatensor_core::{Array, DType, DenseArray, Labels, TensorBlock, TensorMap};

/// What all blocks of a map have in common, and the seed of everything else.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) dtype: DType,
    pub(crate) components: usize,
    /// Gradients of the values, and of each gradient again.
    pub(crate) gradients: usize,
    pub(crate) depth: usize,
    pub(crate) blocks: usize,
    pub(crate) seed: u64,
}

pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        ((z ^ (z >> 29)) % end as u64) as usize
    }
}

/// Any bytes that are valid, in any order of the axes.
pub(crate) fn values(random: &mut Random, dtype: DType, shape: &[usize]) -> DenseArray {
    let (first, second) = (random.below(shape.len()), random.below(shape.len()));
    let mut shape = shape.to_vec();
    shape.swap(first, second);
    let mut array = DenseArray::zeros(dtype, &shape).unwrap();
    let end = if dtype == DType::BOOL8 { 2 } else { 256 };
    for byte in array.view_mut().unwrap().as_bytes_mut().unwrap() {
        *byte = random.below(end) as u8;
    }
    array.swap_axes(first, second).unwrap();
    array
}

fn labels(random: &mut Random, names: &[&str], count: usize) -> Labels {
    let step = 1 + random.below(3) as i32;
    let start = random.below(7) as i32 - 3;
    let mut rows: Vec<Vec<i32>> = (0..count as i32)
        .map(|i| vec![start + i * step; names.len()])
        .collect();
    if random.below(2) == 0 {
        rows.reverse();
    }
    Labels::from_rows(names, rows).unwrap()
}

fn block(recipe: &Recipe, random: &mut Random) -> TensorBlock {
    let count = random.below(4);
    let samples = labels(random, &["system", "atom"], count);
    let components: Vec<_> = (0..recipe.components)
        .map(|i| {
            let count = 1 + random.below(3);
            labels(random, &[["o3_mu", "xyz"][i]], count)
        })
        .collect();
    let count = random.below(4);
    let properties = labels(random, &["n", "l", "q"], count);
    finish(recipe, random, samples, components, properties, 0)
}

fn finish(
    recipe: &Recipe,
    random: &mut Random,
    samples: Labels,
    components: Vec<Labels>,
    properties: Labels,
    depth: usize,
) -> TensorBlock {
    let mut shape = vec![samples.count()];
    shape.extend(components.iter().map(Labels::count));
    shape.push(properties.count());
    let values = values(random, recipe.dtype, &shape);
    let mut block = TensorBlock::new(values, &samples, &components, &properties).unwrap();
    if depth == recipe.depth {
        return block;
    }
    for i in 0..recipe.gradients {
        let rows: Vec<[i32; 2]> = match samples.count() {
            0 => Vec::new(),
            count => (0..random.below(4) as i32)
                .map(|row| [random.below(count) as i32, row])
                .collect(),
        };
        let samples = Labels::from_rows(&["sample", "atom"], rows).unwrap();
        let mut more = components.clone();
        if i == 1 {
            let name = ["first", "second", "third"][depth];
            more.insert(0, labels(random, &[name], 2));
        }
        let gradient = finish(recipe, random, samples, more, properties.clone(), depth + 1);
        // files have them in another order than this one
        let parameter = ["strain", "positions", "a name (of ∂ parameters).npy"][i];
        block.add_gradient(parameter, gradient).unwrap();
    }
    block
}

pub(crate) fn map(recipe: &Recipe) -> TensorMap {
    let mut random = Random(recipe.seed);
    let blocks = (0..recipe.blocks)
        .map(|_| block(recipe, &mut random))
        .collect();
    let keys = labels(&mut random, &["center_type", "o3_lambda"], recipe.blocks);
    TensorMap::new(keys, blocks).unwrap()
}

/// Check that two blocks are equal to the last bit, except for the order of gradients.
pub(crate) fn assert_same_block(a: &TensorBlock, b: &TensorBlock) {
    assert_eq!(a.samples(), b.samples());
    assert_eq!(a.components(), b.components());
    assert_eq!(a.properties(), b.properties());
    assert_eq!(a.dtype(), b.dtype());
    let (a_values, b_values) = (
        DenseArray::copy_of(&a.view().unwrap()).unwrap(),
        DenseArray::copy_of(&b.view().unwrap()).unwrap(),
    );
    assert_eq!(a_values.view().as_bytes(), b_values.view().as_bytes());
    assert_eq!(a.gradients_list().len(), b.gradients_list().len());
    for (parameter, gradient) in a.gradients() {
        assert_same_block(gradient, b.gradient(parameter).unwrap());
    }
}

pub(crate) fn assert_same_map(a: &TensorMap, b: &TensorMap) {
    assert_eq!(a.keys(), b.keys());
    assert_eq!(a.info(), b.info());
    assert_eq!(a.len(), b.len());
    for (a, b) in a.blocks().iter().zip(b.blocks()) {
        assert_same_block(a, b);
    }
}
