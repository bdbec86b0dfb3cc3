//! Schemas as bytes.

use metatensor_core::{Labels, TensorMap};

use super::decode::decode;
use super::distinct::DistinctLabels;
use super::encode::encode;
use super::{BlockSchema, Schema};
use crate::testing::{Form, Random};

fn map(random: &mut Random) -> TensorMap {
    let form = random.form();
    let keys = random.keys();
    let blocks: Vec<_> = keys
        .iter()
        .map(|key| ([key[0], key[1]], random.samples()))
        .collect();
    let mut map = random.map(&form, &blocks, f64::from);
    map.info_mut().insert("a".into(), "é".into());
    map
}

fn check_same(a: &BlockSchema, b: &BlockSchema) {
    assert_eq!(a.samples, b.samples);
    assert_eq!(a.components, b.components);
    assert_eq!(a.properties, b.properties);
    assert_eq!(a.gradients.len(), b.gradients.len());
    for ((parameter, a), (other, b)) in a.gradients.iter().zip(&b.gradients) {
        assert_eq!(parameter, other);
        check_same(a, b);
    }
}

#[test]
fn schemas_survive() {
    for seed in 0..20 {
        let map = map(&mut Random::new(seed));
        let schema = Schema::of_one(&map).unwrap();
        let decoded = decode(&encode(&schema).unwrap(), &mut DistinctLabels::default()).unwrap();
        assert_eq!(decoded.keys, schema.keys);
        assert_eq!(decoded.dtype, schema.dtype);
        assert_eq!(decoded.info, schema.info);
        assert_eq!(decoded.blocks.len(), schema.blocks.len());
        for (a, b) in decoded.blocks.iter().zip(&schema.blocks) {
            check_same(a, b);
        }
        // equal labels are those that were here before
        let mut labels = DistinctLabels::default();
        let schema = Schema::of(&map, &mut labels).unwrap();
        let decoded = decode(&encode(&schema).unwrap(), &mut labels).unwrap();
        for (a, b) in decoded.blocks.iter().zip(&schema.blocks) {
            assert!(a.properties.is_same(&b.properties));
        }
    }
}

#[test]
fn labels_are_sent_once() {
    let form = Form {
        components: 1,
        gradients: 2,
        properties: Labels::range("p", 1000).unwrap(),
    };
    let blocks: Vec<_> = (0..6).map(|i| ([i, 0], vec![])).collect();
    let map = Random::new(1).map(&form, &blocks, f64::from);
    let encoded = encode(&Schema::of_one(&map).unwrap()).unwrap();
    assert!(encoded.len() < 4000 + 2000, "{}", encoded.len());
}

#[test]
fn damaged_schemas_are_errors_or_schemas() {
    let mut random = Random::new(2);
    let mut map = map(&mut random);
    while map.is_empty() {
        map = self::map(&mut random);
    }
    let encoded = encode(&Schema::of_one(&map).unwrap()).unwrap();
    for size in 0..encoded.len() {
        let error = decode(&encoded[..size], &mut DistinctLabels::default()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("serialization format error: a received schema: ")
        );
    }
    for _ in 0..5000 {
        let mut damaged = encoded.clone();
        for _ in 0..1 + random.below(3) {
            let position = random.below(damaged.len());
            damaged[position] = [0, 1, 2, 0x7f, 0xff][random.below(5)];
        }
        let _ = decode(&damaged, &mut DistinctLabels::default());
    }
    let mut other_order = encoded.clone();
    other_order[..4].reverse();
    let error = decode(&other_order, &mut DistinctLabels::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("ranks must have the same byte order"),
        "{error}"
    );
}
