//! Random maps.

use metatensor_core::{Array, ArrayRef, DenseArray, Element, Labels, TensorBlock, TensorMap};

/// Random numbers, the same ones each time.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

/// What all blocks of a map have in common.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) components: usize,
    /// 0: none, 1: "g" with a gradient "h" of its own, 2: "h" as well.
    pub(crate) gradients: usize,
    pub(crate) properties: Labels,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number less than `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end
    }

    /// Some of `list`, in another order.
    pub(crate) fn some<T>(&mut self, mut list: Vec<T>, most: usize) -> Vec<T> {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
        list.truncate(self.below(most.min(list.len()) + 1));
        list
    }

    pub(crate) fn form(&mut self) -> Form {
        let properties: Vec<_> = (0..4).map(|i| [i, -i]).collect();
        Form {
            components: self.below(3),
            gradients: self.below(3),
            properties: Labels::new(["p", "q"], self.some(properties, 4)).unwrap(),
        }
    }

    /// Keys `k, l`, some of six.
    pub(crate) fn keys(&mut self) -> Labels {
        let all = (0..6).map(|i| [i / 3, i % 3]).collect();
        Labels::new(["k", "l"], self.some(all, 6)).unwrap()
    }

    /// Samples `s, a`, up to 20.
    pub(crate) fn samples(&mut self) -> Vec<[i32; 2]> {
        let all = (0..20).map(|i| [i / 4 - 2, i % 4]).collect();
        self.some(all, 20)
    }

    /// Map with a block for each key, which have these samples.
    pub(crate) fn map<T: Element>(
        &mut self,
        form: &Form,
        blocks: &[([i32; 2], Vec<[i32; 2]>)],
        make: fn(u32) -> T,
    ) -> TensorMap {
        let keys: Vec<_> = blocks.iter().map(|(key, _)| *key).collect();
        let blocks = blocks.iter().map(|(_, samples)| {
            let samples = Labels::new(["s", "a"], samples).unwrap();
            self.block(form, samples, make)
        });
        let blocks = blocks.collect();
        TensorMap::new(Labels::new(["k", "l"], keys).unwrap(), blocks).unwrap()
    }

    fn block<T: Element>(
        &mut self,
        form: &Form,
        samples: Labels,
        make: fn(u32) -> T,
    ) -> TensorBlock {
        let components: Vec<_> = (0..form.components)
            .map(|i| Labels::new([["c", "d"][i]], &[[1], [0], [2]][..3 - i]).unwrap())
            .collect();
        let mut block = self.plain(samples, &components, &form.properties, make);
        if form.gradients > 0 {
            let mut gradient = self.gradient(&block, &[], make);
            let second = self.gradient(&gradient, &[Labels::range("x", 2).unwrap()], make);
            gradient.add_gradient("h", second).unwrap();
            block.add_gradient("g", gradient).unwrap();
        }
        if form.gradients > 1 {
            let gradient = self.gradient(&block, &[Labels::range("x", 3).unwrap()], make);
            block.add_gradient("h", gradient).unwrap();
        }
        block
    }

    /// A gradient with rows for some of the samples, in any order.
    fn gradient<T: Element>(
        &mut self,
        block: &TensorBlock,
        extra: &[Labels],
        make: fn(u32) -> T,
    ) -> TensorBlock {
        let samples = 0..block.samples().count() as i32;
        let all: Vec<_> = samples.flat_map(|s| (0..3).map(move |i| [s, i])).collect();
        let most = all.len();
        let rows = Labels::new(["sample", "i"], self.some(all, most)).unwrap();
        let components = [extra, block.components()].concat();
        self.plain(rows, &components, block.properties(), make)
    }

    fn plain<T: Element>(
        &mut self,
        samples: Labels,
        components: &[Labels],
        properties: &Labels,
        make: fn(u32) -> T,
    ) -> TensorBlock {
        let axes = [&samples].into_iter().chain(components).chain([properties]);
        let shape: Vec<_> = axes.map(Labels::count).collect();
        TensorBlock::new(self.array(&shape, make), &samples, components, properties).unwrap()
    }

    /// Different elements, contiguous or not.
    fn array<T: Element>(&mut self, shape: &[usize], make: fn(u32) -> T) -> ArrayRef {
        let first = self.below(1 << 20) as u32;
        let count: usize = shape.iter().product();
        let elements: Vec<_> = (first..).take(count).map(make).collect();
        let mut reversed = shape.to_vec();
        if self.below(3) == 0 {
            reversed.swap(0, shape.len() - 1);
        }
        let array = ndarray::ArrayD::from_shape_vec(reversed.clone(), elements).unwrap();
        let mut array = DenseArray::from(array);
        if reversed != shape {
            array.swap_axes(0, shape.len() - 1).unwrap();
        }
        array.into()
    }
}
