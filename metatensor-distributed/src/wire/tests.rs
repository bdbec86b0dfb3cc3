//! Messages that are not what they should be.

use metatensor_core::{DType, DenseArray, Labels, Result, TensorBlock, TensorMap};

use super::layout::{HEADER, Layout};
use super::{Join, Order, Routes, RowSets, own_elements, read, write};
use crate::schema::Schema;
use crate::testing::{Form, Random, contents_of_map};

const COLLECTIVE: u64 = 7;

/// A map, and what is known of it.
struct Sent {
    map: TensorMap,
    schema: Schema,
    sets: RowSets,
}

impl Sent {
    fn new(map: TensorMap) -> Sent {
        let schema = Schema::of_one(&map).unwrap();
        let sets = RowSets::new(&schema).unwrap();
        Sent { map, schema, sets }
    }

    fn message(&self) -> Vec<u8> {
        let routes = Routes::to_all(&self.schema, Some(&self.map)).unwrap();
        let all = 0..self.sets.all().len();
        let elements = own_elements(&routes, all.clone()).unwrap();
        let message = write(&self.sets, all, (&routes, &elements), 0, COLLECTIVE).unwrap();
        let view = message.as_ref().map(DenseArray::view);
        view.as_ref()
            .and_then(|view| view.as_bytes())
            .unwrap_or_default()
            .to_vec()
    }

    /// The map in messages of two ranks.
    fn join(&self, messages: [&[u8]; 2]) -> Result<TensorMap> {
        let routes = Routes::new(&self.schema, None, &[], 1).unwrap();
        let all = 0..self.sets.all().len();
        let elements: Vec<_> = all.clone().map(|_| None).collect();
        let messages = messages.into_iter().map(|message| match message {
            [] => Ok(None),
            message => read(message, &self.sets, all.clone(), COLLECTIVE).map(Some),
        });
        let join = Join {
            sets: &self.sets,
            range: all.clone(),
            routes: &routes,
            own: None,
            rank: 0,
            elements: &elements,
            messages: messages.collect::<Result<_>>()?,
            order: Order::Source,
            dtype: self.schema.dtype.unwrap_or(DType::F64),
        };
        let blocks = self.schema.blocks.iter().enumerate().map(|(i, block)| {
            let set = self.sets.of_blocks(i..i).start;
            join.block(set, block, None, None)
        });
        TensorMap::new(&self.schema.keys, blocks.collect::<Result<_>>()?)
    }
}

/// One block with 3 samples and a gradient.
fn sent() -> Sent {
    let form = Form {
        components: 1,
        gradients: 1,
        properties: Labels::range("p", 3).unwrap(),
    };
    let mut random = Random::new(4);
    let samples = vec![[0, 1], [0, 2], [7, 1]];
    let mut map = random.map(&form, &[([0, 0], samples.clone())], f64::from);
    while map.blocks()[0].gradient("g").unwrap().samples().count() < 4 {
        map = random.map(&form, &[([0, 0], samples.clone())], f64::from);
    }
    Sent::new(map)
}

#[test]
fn messages_hold_maps() {
    for seed in 0..50 {
        let mut random = Random::new(seed);
        let form = random.form();
        let keys = random.keys();
        let blocks: Vec<_> = keys
            .iter()
            .map(|key| ([key[0], key[1]], random.samples()))
            .collect();
        let sent = Sent::new(random.map(&form, &blocks, f64::from));
        let message = sent.message();
        let received = sent.join([&[], &message]).unwrap();
        assert_eq!(contents_of_map(&received), contents_of_map(&sent.map));
    }
}

/// A few rows in many blocks.
#[test]
fn few_rows_have_short_lists_of_counts() {
    let samples = |i: i32| Labels::from_rows(&["s"], (0..i32::from(i == 30)).map(|s| [s])).unwrap();
    let blocks = (0..100).map(|i| {
        let samples = samples(i);
        TensorBlock::new(
            ndarray::Array2::<f64>::ones((samples.count(), 2)),
            samples,
            [],
            Labels::range("n", 2).unwrap(),
        )
        .unwrap()
    });
    let map = TensorMap::new(Labels::range("k", 100).unwrap(), blocks.collect()).unwrap();
    let sent = Sent::new(map);
    let message = sent.message();
    // header, one pair, one label, and values from a multiple of 16
    assert_eq!(message.len(), 32 + 8 + 16 + 4 + 4 + 16);
    let received = sent.join([&message, &[]]).unwrap();
    assert_eq!(contents_of_map(&received), contents_of_map(&sent.map));
}

#[test]
fn wrong_messages_are_errors() {
    let sent = sent();
    let message = sent.message();
    let error = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = message.clone();
        change(&mut changed);
        let size = (changed.len() as u64).to_ne_bytes();
        if changed.len() >= 24 && changed[16..24] == message[16..24] {
            changed[16..24].copy_from_slice(&size);
        }
        sent.join([&changed, &[]]).unwrap_err().to_string()
    };
    let at = |start: usize, bytes: &'static [u8]| {
        error(&|message: &mut Vec<u8>| message[start..start + bytes.len()].copy_from_slice(bytes))
    };
    let start = "serialization format error: ";
    assert!(at(0, b"MTSX").contains("instead of 0x4d545350, version 1"));
    assert!(at(4, &[9, 0]).contains("version 9"));
    assert_eq!(
        at(6, &[6, 0]),
        format!("{start}it has the unknown flags 0x6")
    );
    assert_eq!(
        at(8, &[8]),
        format!("{start}it has the collective function 8, expected 7")
    );
    assert!(at(16, &[0]).starts_with("serialization format error: it has the size "));
    assert_eq!(
        at(24, &[4]),
        format!("{start}it has the number of row sets 4, expected 3")
    );
    // counts: too many, very many
    assert!(at(HEADER, &[4]).contains("bytes, but its rows take"));
    assert!(at(HEADER, &[0xff; 8]).contains("more rows than memory or labels can have"));
    assert!(at(HEADER + 6, &[1, 0]).contains("more rows than memory or labels can have"));
    // the same counts as a short list
    assert!(at(6, &[1, 0]).starts_with(start));
    // labels: repeated samples, gradients of samples that are not there
    let labels = HEADER + 3 * 8;
    let first: Vec<u8> = message[labels + 8..labels + 16].to_vec();
    let repeated =
        error(&|message: &mut Vec<u8>| message[labels..labels + 8].copy_from_slice(&first));
    assert_eq!(
        repeated,
        format!("{start}rank 0 sent the sample (s=0, a=2) twice")
    );
    let gradient = labels + 3 * 8;
    assert_eq!(
        at(gradient, &[3, 0, 0, 0]),
        format!(
            "{start}gradient 'g': a message of rank 0 has a gradient row of sample 3, but 3 samples"
        )
    );
    assert!(at(gradient, &[0xff; 4]).contains("a gradient row of sample -1, but 3 samples"));
    for size in 0..message.len() {
        let cut = sent.join([&message[..size], &message]);
        assert!(size == 0 || cut.is_err(), "{size}");
    }
    let longer = error(&|message: &mut Vec<u8>| message.push(0));
    assert!(longer.contains("bytes, but its rows take"), "{longer}");
}

/// Whatever is in a message, it is an error or a map.
#[test]
fn random_damage_is_an_error_or_other_rows() {
    let sent = sent();
    let message = sent.message();
    let mut random = Random::new(9);
    for _ in 0..2000 {
        let mut changed = message.clone();
        for _ in 0..1 + random.below(3) {
            let position = match random.below(3) {
                0 => random.below(message.len()),
                _ => random.below(HEADER + 60),
            };
            changed[position] = [0, 1, 3, 0x7f, 0xff][random.below(5)];
        }
        if let Ok(map) = sent.join([&changed, &[]]) {
            let samples = map.blocks()[0].samples().count();
            assert_eq!(samples, 3);
        }
    }
}

#[test]
fn booleans_are_booleans() {
    let form = Form {
        components: 0,
        gradients: 0,
        properties: Labels::range("p", 3).unwrap(),
    };
    let map = Random::new(1).map(&form, &[([0, 0], vec![[0, 0]])], |x| x % 2 == 0);
    let sent = Sent::new(map);
    let mut message = sent.message();
    assert!(sent.join([&message, &[]]).is_ok());
    *message.last_mut().unwrap() = 2;
    let error = sent.join([&message, &[]]).unwrap_err().to_string();
    assert_eq!(
        error,
        "serialization format error: a message of rank 0 has booleans that are neither 0 nor 1"
    );
}

#[test]
fn sizes_are_computed_without_overflow() {
    let sent = sent();
    let all = 0..3;
    assert!(Layout::new(&sent.sets, all.clone(), vec![usize::MAX, 1, 1]).is_err());
    assert!(Layout::new(&sent.sets, all.clone(), vec![1 << 31, 1, 1]).is_err());
    assert!(Layout::new(&sent.sets, all.clone(), vec![1, 1, u32::MAX as usize]).is_err());
    assert_eq!(Layout::new(&sent.sets, all, vec![0; 3]).unwrap().size(), 0);
}
