//! What is read of a file for a part of what is in it.

use metatensor_core::{Labels, MapSelection};
use ndarray::s;

use crate::{Counting, archive, compressed, in_memory, large, members};

/// Everything but values: headers, labels and the directory of these files.
const REST: usize = 160 << 10;

fn rows(numbers: impl IntoIterator<Item = i32>) -> MapSelection {
    let rows: Vec<[i32; 1]> = numbers.into_iter().map(|number| [number]).collect();
    MapSelection {
        keys: Some(Labels::new(["key"], [[1]]).unwrap()),
        samples: Some(Labels::new(["atom"], rows).unwrap()),
        properties: None,
    }
}

#[test]
fn opening_and_headers_do_not_touch_values() {
    let store = Counting::new(large(4000).save_buffer().unwrap());
    let file = store.open();
    assert_eq!(file.keys().count(), 2);
    let read = store.bytes_read();
    assert!(read < REST, "{read}");
    let header = file.block_header(1).unwrap();
    assert_eq!(header.shape(), [4000, 500]);
    let read = store.bytes_read();
    assert!(read <= 2 * 4096, "{read}");
    assert_eq!(header.samples().unwrap().count(), 4000);
    assert_eq!(header.properties().unwrap().count(), 500);
    let read = store.bytes_read();
    assert!(read < 40_000, "{read}");
}

#[test]
fn rows_that_follow_each_other_are_one_read() {
    let map = large(4000);
    let store = Counting::new(map.save_buffer().unwrap());
    let file = store.open();
    store.reads();
    let part = file.load_selected(&rows(1000..1500)).unwrap();
    let reads = store.reads();
    let large: Vec<_> = reads.iter().filter(|read| read.1 > 100_000).collect();
    assert_eq!(large.len(), 1, "{reads:?}");
    assert_eq!(large[0].1, 500 * 4000);
    let total: usize = reads.iter().map(|read| read.1).sum();
    assert!(total < 500 * 4000 + 60_000, "{total}");
    let expected = map.blocks()[1].to_ndarray::<f64>().unwrap();
    let values = part.blocks()[0].to_ndarray::<f64>().unwrap();
    assert_eq!(values, expected.slice(s![1000..1500, ..]).into_dyn());
}

#[test]
fn scattered_rows_are_read_alone_and_close_ones_together() {
    let map = large(4000);
    let store = Counting::new(map.save_buffer().unwrap());
    let file = store.open();
    let expected = map.blocks()[1].to_ndarray::<f64>().unwrap();
    for (step, most_reads, most_bytes) in [(100, 40, 40 * 4000), (2, 17, 4000 * 4000)] {
        store.reads();
        // from the last one to the first
        let selection = rows((0..4000 / step).map(|i| 3999 - i * step));
        let part = file.load_selected(&selection).unwrap();
        let reads = store.reads();
        let of_values = reads
            .iter()
            .filter(|read| read.1 == 4000 || read.1 > 20_000);
        let count = of_values.count();
        assert!((1..=most_reads + 1).contains(&count), "{step}: {reads:?}");
        let total: usize = reads.iter().map(|read| read.1).sum();
        assert!(total < most_bytes + 60_000, "{step}: {total}");
        let values = part.blocks()[0].to_ndarray::<f64>().unwrap();
        let expected = expected.slice(s![..;-step as isize, ..]);
        assert_eq!(values, expected.into_dyn());
    }
}

#[test]
fn of_properties_only_some_are_read_if_they_are_far_apart() {
    let samples = Labels::range("atom", 10).unwrap();
    let properties = Labels::range("n", 100_000).unwrap();
    let values = ndarray::Array2::from_shape_fn((10, 100_000), |(i, j)| (i * 100_000 + j) as f64);
    let block = metatensor_core::TensorBlock::new(values.clone(), &samples, [], &properties);
    let map = metatensor_core::TensorMap::new(Labels::single(), vec![block.unwrap()]).unwrap();
    let store = Counting::new(map.save_buffer().unwrap());
    let file = store.open();
    store.reads();
    let wanted = [90_001, 5, 7, 50_000];
    let selection = MapSelection {
        properties: Some(Labels::new(["n"], wanted.map(|n| [n])).unwrap()),
        ..MapSelection::default()
    };
    let part = file.load_selected(&selection).unwrap();
    let total = store.bytes_read();
    // the labels, and three reads for each row
    assert!(total < 400_000 + 200_000, "{total}");
    let expected = values.select(ndarray::Axis(1), &[5, 7, 50_000, 90_001]);
    assert_eq!(
        part.blocks()[0].to_ndarray::<f64>().unwrap(),
        expected.into_dyn()
    );
}

#[test]
fn parts_of_compressed_members_are_checked_as_a_whole() {
    let map = large(300);
    let bytes = compressed(&map.save_buffer().unwrap());
    let file = in_memory(bytes.clone()).unwrap();
    let part = file.load_selected(&rows([7, 250])).unwrap();
    let expected = map.blocks()[1].to_ndarray::<f64>().unwrap();
    let values = part.blocks()[0].to_ndarray::<f64>().unwrap();
    assert_eq!(values, expected.select(ndarray::Axis(0), &[7, 250]));

    // the checksum in the directory and in the header of the member
    let mut damaged = bytes;
    let name = b"blocks/1/values.npy";
    let places = memchr::memmem::find_iter(&damaged, name);
    let places: Vec<_> = places.collect();
    let [header, record] = places[..] else {
        panic!("{places:?}")
    };
    damaged[header - 30 + 14] ^= 1;
    damaged[record - 46 + 16] ^= 1;
    let file = in_memory(damaged).unwrap();
    let error = file.load_selected(&rows([7])).unwrap_err().to_string();
    assert!(
        error.contains("'blocks/1/values.npy' is damaged: its checksum"),
        "{error}"
    );
}

#[test]
fn the_checksum_of_values_is_compared_if_all_of_them_are_read() {
    let map = large(100);
    let mut bytes = map.save_buffer().unwrap();
    let expected = map.blocks()[1].to_ndarray::<f64>().unwrap();
    let name = b"blocks/1/values.npy";
    let header = memchr::memmem::find(&bytes, name).unwrap();
    // a byte of the last row
    bytes[header + 400_000] ^= 1;
    let file = in_memory(bytes).unwrap();
    let part = file.load_selected(&rows(0..50)).unwrap();
    let values = part.blocks()[0].to_ndarray::<f64>().unwrap();
    assert_eq!(values, expected.slice(s![..50, ..]).into_dyn());
    // in another order, and with gaps that are read as well
    for all in [
        rows((0..100).rev()),
        rows((0..100).filter(|i| i % 2 == 1 || *i == 0)),
    ] {
        let error = file.load_selected(&all).unwrap_err().to_string();
        assert!(
            error.contains("'blocks/1/values.npy' is damaged"),
            "{error}"
        );
    }
}

#[test]
fn arrays_in_any_order_are_read_in_part() {
    let map = large(20);
    let expected = map.blocks()[1].to_ndarray::<f64>().unwrap();
    let mut all = members(&map.save_buffer().unwrap());
    let values = all
        .iter_mut()
        .find(|(name, _)| name == "blocks/1/values.npy")
        .unwrap();
    let text = String::from_utf8_lossy(&values.1[10..128]).into_owned();
    let header = |text: String| [&values.1[..10], text.as_bytes()].concat();
    let big = expected.iter().flat_map(|x| x.to_be_bytes());
    let big: Vec<u8> = header(text.replace('<', ">"))
        .into_iter()
        .chain(big)
        .collect();
    let columns = expected
        .t()
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect::<Vec<u8>>();
    let turned = header(text.replace("False", "True "));
    let turned: Vec<u8> = turned.into_iter().chain(columns).collect();
    for changed in [big, turned] {
        let mut all = all.clone();
        let values = all
            .iter_mut()
            .find(|(name, _)| name == "blocks/1/values.npy");
        values.unwrap().1 = changed;
        let file = in_memory(archive(&all, zip::CompressionMethod::Stored)).unwrap();
        let selection = MapSelection {
            properties: Some(Labels::new(["n"], [[3], [499]]).unwrap()),
            ..rows([19, 0])
        };
        let part = file.load_selected(&selection).unwrap();
        let expected = expected.select(ndarray::Axis(0), &[19, 0]);
        let expected = expected.select(ndarray::Axis(1), &[3, 499]);
        assert_eq!(part.blocks()[0].to_ndarray::<f64>().unwrap(), expected);
    }
}

#[test]
fn selections_of_unknown_dimensions_are_refused() {
    let file = in_memory(large(10).save_buffer().unwrap()).unwrap();
    let other = Some(Labels::new(["other"], [[0]]).unwrap());
    let refused = |selection| file.load_selected(&selection).unwrap_err().to_string();
    let keys = refused(MapSelection {
        keys: other.clone(),
        ..MapSelection::default()
    });
    assert!(
        keys.contains("keys: can not select on dimension 'other'"),
        "{keys}"
    );
    let samples = refused(MapSelection {
        samples: other.clone(),
        ..MapSelection::default()
    });
    assert_eq!(
        samples,
        "invalid parameter: the buffer: 'blocks/0': invalid sample name 'other' which is not part of the file, with the \
         dimensions ['atom']"
    );
    let properties = refused(MapSelection {
        properties: other,
        ..MapSelection::default()
    });
    assert!(
        properties.contains("invalid property name 'other'"),
        "{properties}"
    );
}
