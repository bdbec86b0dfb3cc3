//! How much memory maps take, before they are made.

use std::collections::HashSet;

use metatensor_core::internal::ResultBytes;
use metatensor_core::{Error, Labels, Result, TensorBlock};

use crate::engine::{Blocks, Operand};

/// Bytes of all elements of a map or block, and of all labels that it has: those of its gradients as well, at all depths.
///
/// This is for those without elements too, which say what a result will be, as [`contract_metadata`](crate::contract_metadata)
/// gives: what the result will take. Labels that several blocks share are counted once.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::estimate_bytes;
/// let (samples, properties) = (Labels::range("atom", 10)?, Labels::range("n", 3)?);
/// let block = TensorBlock::new(ndarray::Array2::<f32>::zeros((10, 3)), &samples, &[], &properties)?;
/// assert_eq!(estimate_bytes(&block), 10 * 3 * 4 + (10 + 3) * 4);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub fn estimate_bytes<T: Operand>(tensor: &T) -> u64 {
    bytes(tensor.parts())
}

fn bytes(blocks: Blocks<'_>) -> u64 {
    let mut seen = Seen::default();
    let keys = blocks.keys.map_or(0, |keys| seen.labels(keys));
    let blocks = blocks.list.iter().map(|block| seen.block(block));
    blocks.fold(keys, u64::saturating_add)
}

/// Labels that were counted, by where their values are.
#[derive(Default)]
struct Seen(HashSet<*const i32>);

impl Seen {
    fn labels(&mut self, labels: &Labels) -> u64 {
        // Those on other devices have no place here that could be compared.
        let is_readable = labels.check_readable("counting bytes").is_ok();
        if is_readable && !self.0.insert(labels.rows().values().as_ptr()) {
            return 0;
        }
        (labels.count() as u64).saturating_mul(4 * labels.size() as u64)
    }

    fn block(&mut self, block: &TensorBlock) -> u64 {
        let axes = [block.samples(), block.properties()];
        let axes = axes.into_iter().chain(block.components());
        let labels = axes.fold(0_u64, |sum, axis| sum.saturating_add(self.labels(axis)));
        let elements = block.shape().into_iter().map(|length| length as u64);
        let elements = elements.fold(block.dtype().size() as u64, u64::saturating_mul);
        let own = elements.saturating_add(labels);
        let gradients = block.gradients().map(|(_, gradient)| self.block(gradient));
        gradients.fold(own, u64::saturating_add)
    }
}

/// Fails if a result with these labels takes more memory than is allowed for this process, or by the caller.
pub(crate) fn check_bytes(result: Blocks<'_>, max_bytes: Option<u64>) -> Result<()> {
    let mut total = ResultBytes::default();
    for (i, block) in result.list.iter().enumerate() {
        let only = Blocks {
            keys: None,
            list: std::slice::from_ref(block),
        };
        let name = || match result.keys {
            Some(keys) => keys.describe(i),
            None => "the product".to_owned(),
        };
        total.add(bytes(only), name);
    }
    total.check()?;
    check_max_bytes(bytes(result), max_bytes)
}

/// Fails if `bytes` are more than the caller allows.
pub(crate) fn check_max_bytes(bytes: u64, max_bytes: Option<u64>) -> Result<()> {
    match max_bytes {
        Some(most) if bytes > most => Err(Error::unsupported(format!(
            "the result would take {bytes} bytes, more than the {most} that the option 'max_bytes' allows"
        ))),
        _ => Ok(()),
    }
}
