//! Random blocks, and what they say regardless of the order of their rows.

use std::collections::BTreeMap;

use metatensor_core::{ArrayRef, DenseArray, Element, Labels, TensorBlock};
use ndarray::{Array, Axis, IxDyn, ShapeBuilder};

use super::Random;

impl Random {
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }

    /// Some of `list`, in another order.
    pub(crate) fn some<T: Clone>(&mut self, list: &[T]) -> Vec<T> {
        let mut some = list.to_vec();
        self.shuffle(&mut some);
        some.truncate(self.below(some.len() + 1));
        some
    }

    /// Array with the elements `make(0)`, `make(1)`... in some order, row-major or not.
    pub(crate) fn array<T: Element>(&mut self, shape: &[usize], make: fn(u32) -> T) -> ArrayRef {
        let first = self.below(100) as u32;
        let count: usize = shape.iter().product();
        let elements = (first..).take(count).map(make).collect();
        let mut array = match self.below(2) {
            0 => Array::from_shape_vec(IxDyn(shape), elements).unwrap(),
            _ => Array::from_shape_vec(IxDyn(shape).f(), elements).unwrap(),
        };
        if self.below(2) == 0 {
            array.invert_axis(Axis(self.below(shape.len())));
        }
        DenseArray::from(array).into()
    }

    /// Labels `a, b`, at most 6 of them.
    pub(crate) fn pairs(&mut self, names: [&str; 2]) -> Labels {
        let all: Vec<_> = (0..6).map(|i| [i / 2 - 1, i % 2]).collect();
        Labels::new(names, self.some(&all)).unwrap()
    }

    /// Block with samples `a, b`, properties `p, q`, up to 2 components, and up to 2 gradients, the
    /// first of which has gradients with respect to the second parameter, and a component of its own if the values have less
    /// than 2.
    pub(crate) fn block<T: Element>(&mut self, make: fn(u32) -> T) -> TensorBlock {
        let (samples, properties) = (self.pairs(["a", "b"]), self.pairs(["p", "q"]));
        let components = self.below(3);
        let parameters = self.below(3);
        self.block_with(&samples, &properties, components, parameters, make)
    }

    pub(crate) fn block_with<T: Element>(
        &mut self,
        samples: &Labels,
        properties: &Labels,
        components: usize,
        parameters: usize,
        make: fn(u32) -> T,
    ) -> TensorBlock {
        let components: Vec<_> = (0..components)
            .map(|i| Labels::new([["c", "d"][i]], &[[1], [0], [2]][..3 - i]).unwrap())
            .collect();
        let mut block = self.plain(samples, &components, properties, make);
        for parameter in &["g", "h"][..parameters] {
            let own = |name| Labels::new([name], [[0], [3]]).unwrap();
            let extra = match *parameter {
                "g" if block.components().len() < 2 => vec![own("e")],
                "g" => Vec::new(),
                _ => vec![own("xyz")],
            };
            let mut gradient = self.gradient(&block, &extra, make);
            if *parameter == "g" {
                let second = self.gradient(&gradient, &[own("xyz")], make);
                gradient.add_gradient("h", second).unwrap();
            }
            block.add_gradient(parameter, gradient).unwrap();
        }
        block
    }

    /// A gradient of `block` with rows for some of the samples, in any order.
    pub(crate) fn gradient<T: Element>(
        &mut self,
        block: &TensorBlock,
        extra: &[Labels],
        make: fn(u32) -> T,
    ) -> TensorBlock {
        let samples = 0..block.samples().count() as i32;
        let all: Vec<_> = samples.flat_map(|s| (0..3).map(move |i| [s, i])).collect();
        let rows = Labels::new(["sample", "i"], self.some(&all)).unwrap();
        let components = [extra, block.components()].concat();
        self.plain(&rows, &components, block.properties(), make)
    }

    fn plain<T: Element>(
        &mut self,
        samples: &Labels,
        components: &[Labels],
        properties: &Labels,
        make: fn(u32) -> T,
    ) -> TensorBlock {
        let axes = std::iter::once(samples)
            .chain(components)
            .chain([properties]);
        let shape: Vec<_> = axes.map(Labels::count).collect();
        let values = self.array(&shape, make);
        TensorBlock::new(values, samples, components, properties).unwrap()
    }
}

/// What an element of a block belongs to: the parameters of gradients, and for each of them and for
/// the values the row of samples, where the row of the parent stands for its position; then the rows
/// of components and properties.
pub(crate) type Place = (Vec<String>, Vec<Vec<i32>>, Vec<Vec<i32>>);

/// All elements of a block and of its gradients.
pub(crate) fn elements<T: Element>(block: &TensorBlock) -> BTreeMap<Place, T> {
    let mut all = BTreeMap::new();
    let chains = block
        .samples()
        .iter()
        .map(|row| vec![row.to_vec()])
        .collect();
    collect(block, &[], chains, &mut all);
    all
}

fn collect<T: Element>(
    block: &TensorBlock,
    path: &[String],
    chains: Vec<Vec<Vec<i32>>>,
    all: &mut BTreeMap<Place, T>,
) {
    let array = block.to_ndarray::<T>().unwrap();
    for (index, &element) in array.indexed_iter() {
        let others =
            (1..array.ndim()).map(|axis| block.labels(axis).unwrap()[index[axis]].to_vec());
        let place = (path.to_vec(), chains[index[0]].clone(), others.collect());
        assert!(all.insert(place, element).is_none(), "repeated labels");
    }
    for (parameter, gradient) in block.gradients() {
        let chains = gradient.samples().iter().map(|row| {
            let mut chain = chains[row[0] as usize].clone();
            chain.push(row[1..].to_vec());
            chain
        });
        let path = [path, &[parameter.to_owned()]].concat();
        collect(gradient, &path, chains.collect(), all);
    }
}
