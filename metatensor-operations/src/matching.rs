//! Which block of one map goes with which block of another one.

use metatensor_core::{Result, TensorBlock, TensorMap};

use crate::compare::NotEqual;
use crate::missing::check_alike;
use crate::results::block_error;
use crate::{Axis, MissingGradients};

/// Blocks of both maps for the same keys, in the order of `a`.
pub(crate) fn pairs<'a>(
    a: &'a TensorMap,
    b: &'a TensorMap,
) -> Result<Vec<(&'a TensorBlock, &'a TensorBlock)>, NotEqual> {
    let (keys, others) = (a.keys(), b.keys());
    let different = |reason: String| {
        NotEqual::on_axis(
            Axis::Keys,
            format!("the tensor maps have different keys: {reason}"),
        )
    };
    if keys.names() != others.names() {
        return Err(different(format!(
            "their names are {} and {}",
            keys.names(),
            others.names()
        )));
    }
    if keys.count() != others.count() {
        return Err(different(format!(
            "there are {} and {} blocks",
            keys.count(),
            others.count()
        )));
    }
    if keys == others {
        return Ok(a.blocks().iter().zip(b.blocks()).collect());
    }
    let pair = |(i, key)| match others.position(key) {
        Some(position) => Ok((&a.blocks()[i], &b.blocks()[position])),
        None => Err(different(format!(
            "the second one has no {}",
            keys.describe(i)
        ))),
    };
    keys.iter().enumerate().map(pair).collect()
}

/// Map with `f` applied to the blocks of `a` and `b` for the same keys, which must have the same
/// labels everywhere, but for gradients that can be missing.
pub(crate) fn zip_blocks(
    function: &str,
    a: &TensorMap,
    b: &TensorMap,
    missing: MissingGradients,
    f: impl Fn(&TensorBlock, &TensorBlock) -> Result<TensorBlock>,
) -> Result<TensorMap> {
    let zip = || {
        let mut blocks = Vec::with_capacity(a.len());
        for (i, (x, y)) in pairs(a, b)?.into_iter().enumerate() {
            check_alike(x, y, missing).map_err(|different| different.for_key(a.keys(), i))?;
            blocks.push(f(x, y).map_err(|error| block_error(error, a, i))?);
        }
        TensorMap::new(a.keys().clone(), blocks)
    };
    zip().map_err(|error| error.context(function))
}

/// The same for blocks.
pub(crate) fn zip_block(
    function: &str,
    a: &TensorBlock,
    b: &TensorBlock,
    missing: MissingGradients,
    f: impl Fn(&TensorBlock, &TensorBlock) -> Result<TensorBlock>,
) -> Result<TensorBlock> {
    let zip = || {
        check_alike(a, b, missing)?;
        f(a, b)
    };
    zip().map_err(|error| error.context(function))
}
