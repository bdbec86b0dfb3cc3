//! The sample → gradient mapping.

use std::sync::{Arc, OnceLock};

use metatensor_core::{GradientMap, Result};

use crate::ffi::{Parameter, given};

/// The link between the samples of a block and the rows of one of its gradients, in both directions.
///
/// For values with N samples and a gradient with G rows, the *parent* of a gradient row is the sample it is a
/// derivative of; and the rows of a sample are those with this parent, any number of them.
///
/// A mapping never changes, and can be used from several threads at the same time.
#[derive(Debug)]
pub struct mts_gradient_map_t {
    map: Arc<GradientMap>,
    // C gets 64-bit integers, which are made when first needed.
    parents: OnceLock<Box<[i64]>>,
    csr: OnceLock<Csr>,
}

/// The gradient rows of all samples, in compressed form.
#[derive(Debug)]
pub(crate) struct Csr {
    pub(crate) offsets: Box<[i64]>,
    pub(crate) rows: Box<[i64]>,
}

impl mts_gradient_map_t {
    /// A handle that owns a reference to `map`.
    pub(crate) fn new(map: Arc<GradientMap>) -> *const mts_gradient_map_t {
        Box::into_raw(Box::new(mts_gradient_map_t {
            map,
            parents: OnceLock::new(),
            csr: OnceLock::new(),
        }))
    }

    pub(crate) fn map(&self) -> &GradientMap {
        &self.map
    }

    pub(crate) fn parents(&self) -> &[i64] {
        let widen = || self.map.parents().iter().map(|&p| i64::from(p)).collect();
        self.parents.get_or_init(widen)
    }

    pub(crate) fn csr(&self) -> &Csr {
        self.csr.get_or_init(|| {
            let offsets = self.map.offsets().iter().map(|&o| i64::from(o)).collect();
            let rows = match self.map.rows() {
                Some(rows) => rows.iter().map(|&r| i64::from(r)).collect(),
                None => (0..self.map.gradient_rows() as i64).collect(),
            };
            Csr { offsets, rows }
        })
    }
}

impl<'a> Parameter for Option<&'a mts_gradient_map_t> {
    type Value = &'a mts_gradient_map_t;

    fn checked(self, name: &str) -> Result<Self::Value> {
        given(self, name)
    }
}
