//! Which blocks of two maps are multiplied.

use metatensor_core::{Labels, Result};

use super::super::join::Matches;
use super::ContractOptions;
use super::dimensions::Dimensions;
use crate::engine::{Axis, Blocks};

/// Pairs of blocks, and the keys of the products if there are keys.
pub(super) struct KeyPairs {
    pub(super) keys: Option<Labels>,
    pub(super) pairs: Vec<(usize, usize)>,
}

impl KeyPairs {
    pub(super) fn new(
        a: Blocks<'_>,
        b: Blocks<'_>,
        options: &ContractOptions<'_>,
    ) -> Result<KeyPairs> {
        let (Some(a), Some(b)) = (a.keys, b.keys) else {
            return Ok(KeyPairs {
                keys: None,
                pairs: vec![(0, 0)],
            });
        };
        if options.matched_keys.is_none() && a == b {
            // All of them are matched.
            return Ok(KeyPairs {
                keys: Some(a.clone()),
                pairs: (0..a.count()).map(|i| (i, i)).collect(),
            });
        }
        for keys in [a, b] {
            keys.check_readable("a contraction")?;
        }
        let names = [a, b].map(|keys| keys.names().to_vec());
        let is_single = [a, b].map(|keys| keys.count() <= 1);
        let dimensions = Dimensions::new(Axis::Keys, &names[0], &names[1], is_single, options)?;
        let matches = Matches::new(a.rows(), b.rows(), &dimensions.matched)?;
        let (mut pairs, mut values) = (Vec::new(), Vec::new());
        for (i, key) in a.iter().enumerate() {
            for &j in matches.of(i) {
                dimensions.extend(&mut values, key, b.rows().row(j as usize));
                pairs.push((i, j as usize));
            }
        }
        let names = dimensions.names();
        let keys = match names.is_empty() {
            true if pairs.is_empty() => Labels::empty(&["_"])?,
            true => Labels::single(),
            false => Labels::assume_unique(&names, values)?,
        };
        Ok(KeyPairs {
            keys: Some(keys),
            pairs,
        })
    }
}
