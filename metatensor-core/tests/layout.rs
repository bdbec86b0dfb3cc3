//! Files that are made of parts: the same bytes as when they are saved as a whole.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use metatensor_core::internal::files::{BlockForm, Layout, bytes_in_file, checksum_of};
use metatensor_core::{Labels, TensorBlock, TensorMap};
use ndarray::{Array3, ArrayD};

fn rows(name: &str, count: usize) -> Labels {
    Labels::range(name, count).unwrap()
}

fn block(samples: usize, properties: usize) -> TensorBlock {
    let shape = [samples, 2, properties];
    let values = Array3::from_shape_fn(shape, |(i, j, k)| (i * 7 + j * 3 + k) as f32);
    let components = [rows("c", 2)];
    TensorBlock::new(
        values,
        rows("sample", samples),
        components,
        rows("n", properties),
    )
    .unwrap()
}

/// Large and small blocks, gradients of gradients, blocks without samples and without properties, info.
fn map() -> TensorMap {
    let with_gradients = |samples, properties| {
        let mut values = block(samples, properties);
        let count = samples.min(2);
        let mut gradient = block(count, properties);
        gradient
            .add_gradient("b", block(count.min(1), properties))
            .unwrap();
        values.add_gradient("z", gradient).unwrap();
        values.add_gradient("a", block(0, properties)).unwrap();
        values
    };
    let blocks = [(3, 2), (0, 2), (2, 0), (5000, 3), (1, 1)];
    let blocks = blocks.map(|(samples, properties)| with_gradients(samples, properties));
    let blocks = Vec::from(blocks);
    let mut map = TensorMap::new(rows("key", blocks.len()), blocks).unwrap();
    map.info_mut().insert("what".into(), "a test".into());
    map
}

fn form(block: &TensorBlock) -> BlockForm<'_> {
    BlockForm {
        dtype: block.dtype(),
        count: block.samples().count(),
        samples: block.samples().names().iter().collect(),
        components: block.components(),
        properties: block.properties(),
        gradients: block
            .gradients()
            .map(|(name, gradient)| (name, form(gradient)))
            .collect(),
    }
}

/// The bytes of all tables of a block, in order.
fn tables(block: &TensorBlock, out: &mut Vec<Vec<u8>>) {
    out.push(bytes_in_file(&block.view().unwrap()).unwrap().into_owned());
    let samples = block.samples().rows().values();
    out.push(samples.iter().flat_map(|n| n.to_le_bytes()).collect());
    let mut gradients: Vec<_> = block.gradients().collect();
    gradients.sort_by_key(|gradient| gradient.0);
    for (_, gradient) in gradients {
        tables(gradient, out);
    }
}

#[test]
fn files_of_parts_are_those_that_are_saved() {
    let map = map();
    let forms: Vec<_> = map.blocks().iter().map(form).collect();
    let mut rows = Vec::new();
    map.blocks()
        .iter()
        .for_each(|block| tables(block, &mut rows));

    let mut layout = Layout::new(map.keys(), &forms, map.info()).unwrap();
    assert_eq!(layout.count(), rows.len());
    let mut file = vec![0xaa; layout.size() as usize];
    for (i, bytes) in rows.iter().enumerate() {
        let table = layout.table(i);
        assert_eq!(table.size, bytes.len() as u64, "{}", table.name);
        file[table.position as usize..][..bytes.len()].copy_from_slice(bytes);
        let parts = bytes.split_at(bytes.len() / 3);
        let sum = |part: &[u8]| (checksum_of(part).unwrap(), part.len() as u64);
        layout.set_checksum(i, [sum(parts.0), sum(&[]), sum(parts.1)]);
    }
    for (position, bytes) in layout.pieces() {
        file[position as usize..][..bytes.len()].copy_from_slice(bytes);
    }
    assert!(file == map.save_buffer().unwrap());
}

#[test]
fn elements_that_are_not_contiguous_are_copied() {
    let mut values = ArrayD::from_shape_fn(vec![2, 3], |i| (i[0] * 3 + i[1]) as i16);
    values.swap_axes(0, 1);
    let block = TensorBlock::new(values, rows("i", 3), [], rows("n", 2)).unwrap();
    let bytes = bytes_in_file(&block.view().unwrap()).unwrap().into_owned();
    assert_eq!(bytes, [0, 3, 1, 4, 2, 5].map(i16::to_le_bytes).concat());
}
