//! Labels in a buffer: a header of an array of records, and rows.

use metatensor_core::{Labels, Limits, validate_buffer};

use super::maps::{examples, use_labels};

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let maps = examples();
    let labels = maps.iter().flat_map(|map| {
        let samples = map.blocks().iter().map(|block| block.samples().clone());
        samples.chain([map.keys().clone()])
    });
    labels.map(|labels| labels.save_buffer().unwrap()).collect()
}

pub(crate) fn run(bytes: &[u8]) {
    let problems = validate_buffer(bytes, Limits::default());
    match Labels::load_buffer(bytes) {
        Ok(labels) => {
            assert!(problems.is_empty(), "{problems:?}");
            use_labels(&labels);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
