//! What products take beside maps and labels.

use metatensor_core::{Labels, Result};
use metatensor_operations::{
    CgOptions, CgPowerOptions, CgProduct, ContractOptions, InvariantsOptions, NeighborPairs,
    Normalisation, SamplePairs,
};

use super::{mts_labels_t, mts_names_t};
use crate::ffi::{Names, Parameter, Text, bad_parameter, given};

/// Which rows of the samples of two blocks are multiplied with each other: a `MTS_SAMPLE_PAIRS_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_sample_pairs_t(u32);

/// Those that both have. All others are left out of the result.
pub const MTS_SAMPLE_PAIRS_INTERSECTION: u32 = 0;
/// The same, and samples that only one has are rows of zeros.
pub const MTS_SAMPLE_PAIRS_UNION: u32 = 1;

impl Parameter for mts_sample_pairs_t {
    type Value = SamplePairs;

    fn checked(self, name: &str) -> Result<SamplePairs> {
        match self.0 {
            MTS_SAMPLE_PAIRS_INTERSECTION => Ok(SamplePairs::Intersection),
            MTS_SAMPLE_PAIRS_UNION => Ok(SamplePairs::Union),
            other => Err(bad_parameter(format_args!(
                "'{name}' must be one of the MTS_SAMPLE_PAIRS_ values, got {other}"
            ))),
        }
    }
}

/// What invariants are multiplied with: a `MTS_NORMALISATION_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_normalisation_t(u32);

/// `(-1)^l / sqrt(2 l + 1)` for each degree `l`: the Clebsch-Gordan coefficients of invariants, as in featomic.
pub const MTS_NORMALISATION_CLEBSCH_GORDAN: u32 = 0;
/// Nothing: invariants are scalar products.
pub const MTS_NORMALISATION_NONE: u32 = 1;

impl Parameter for mts_normalisation_t {
    type Value = Normalisation;

    fn checked(self, name: &str) -> Result<Normalisation> {
        match self.0 {
            MTS_NORMALISATION_CLEBSCH_GORDAN => Ok(Normalisation::ClebschGordan),
            MTS_NORMALISATION_NONE => Ok(Normalisation::None),
            other => Err(bad_parameter(format_args!(
                "'{name}' must be one of the MTS_NORMALISATION_ values, got {other}"
            ))),
        }
    }
}

/// Which pairs of neighbors invariants are made of: a `MTS_NEIGHBOR_PAIRS_` value.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct mts_neighbor_pairs_t(u32);

/// Each pair once, the smaller type first, in a block of its own. Those of different neighbors are multiplied with the square
/// root of 2, so that scalar products of results are the same as with all of them. Pairs of different neighbors that no
/// sample has are left out.
pub const MTS_NEIGHBOR_PAIRS_UNIQUE: u32 = 0;
/// All of them, as properties. Each block has those of all types of neighbors in the map.
pub const MTS_NEIGHBOR_PAIRS_ALL: u32 = 1;

impl Parameter for mts_neighbor_pairs_t {
    type Value = NeighborPairs;

    fn checked(self, name: &str) -> Result<NeighborPairs> {
        match self.0 {
            MTS_NEIGHBOR_PAIRS_UNIQUE => Ok(NeighborPairs::Unique),
            MTS_NEIGHBOR_PAIRS_ALL => Ok(NeighborPairs::All),
            other => Err(bad_parameter(format_args!(
                "'{name}' must be one of the MTS_NEIGHBOR_PAIRS_ values, got {other}"
            ))),
        }
    }
}

/// The most bytes that a result may take: 0 stands for no limit.
fn max_bytes(bytes: u64) -> Option<u64> {
    (bytes != 0).then_some(bytes)
}

/// What a contraction does with each dimension. NULL stands for `MTS_CONTRACT_OPTIONS_INIT`, which is all zeros and NULL.
///
/// - *matched*: both maps have this dimension, and blocks, components or properties that have the same value in it are multiplied
///   with each other. The result has it once.
/// - *contracted*: the same, and products are added up. The result does not have this dimension.
/// - all others are *outer*: everything of the one map is multiplied with everything of the other, and the result has the
///   dimensions of both. A name that both have gets a suffix.
#[repr(C)]
#[derive(Debug)]
pub struct mts_contract_options_t<'a> {
    /// dimensions of keys that are matched, or NULL for all that both maps have. Keys are never contracted, and single blocks have none
    matched_keys: Option<&'a mts_names_t>,
    /// components that are matched, or NULL for all that both maps have, and that are not contracted
    matched_components: Option<&'a mts_names_t>,
    /// components that are contracted, or NULL for none
    contracted_components: Option<&'a mts_names_t>,
    /// dimensions of properties that are matched, or NULL for all that both maps have, and that are not contracted
    matched_properties: Option<&'a mts_names_t>,
    /// dimensions of properties that are contracted, or NULL for none
    contracted_properties: Option<&'a mts_names_t>,
    /// which samples are multiplied
    samples: mts_sample_pairs_t,
    /// what is appended to outer dimensions of the first map, if the second one has one with this name; or NULL for `"_1"`
    first_suffix: Text<'a>,
    /// what is appended to outer dimensions of the second map, if the first one has one with this name; or NULL for `"_2"`
    second_suffix: Text<'a>,
    /// nothing is computed if the result, with its labels, would take more bytes than this; 0 for no other limit than that of the
    /// process
    max_bytes: u64,
}

/// What contractions borrow while they are made.
#[derive(Debug, Default)]
pub(crate) struct Contraction<'a> {
    matched_keys: Option<Names<'a>>,
    matched_components: Option<Names<'a>>,
    contracted_components: Option<Names<'a>>,
    matched_properties: Option<Names<'a>>,
    contracted_properties: Option<Names<'a>>,
    samples: SamplePairs,
    suffixes: [Option<&'a str>; 2],
    max_bytes: Option<u64>,
}

impl<'a> Parameter for Option<&mts_contract_options_t<'a>> {
    type Value = Contraction<'a>;

    fn checked(self, _: &str) -> Result<Contraction<'a>> {
        let Some(options) = self else {
            return Ok(Contraction::default());
        };
        let contracted = (options.contracted_components, options.contracted_properties);
        Ok(Contraction {
            matched_keys: options.matched_keys.checked("matched_keys")?,
            matched_components: options.matched_components.checked("matched_components")?,
            contracted_components: contracted.0.checked("contracted_components")?,
            matched_properties: options.matched_properties.checked("matched_properties")?,
            contracted_properties: contracted.1.checked("contracted_properties")?,
            samples: options.samples.checked("samples")?,
            suffixes: [
                options.first_suffix.optional("first_suffix")?,
                options.second_suffix.optional("second_suffix")?,
            ],
            max_bytes: max_bytes(options.max_bytes),
        })
    }
}

impl Contraction<'_> {
    pub(crate) fn as_options(&self) -> ContractOptions<'_> {
        let defaults = ContractOptions::default();
        let [first, second] = self.suffixes;
        ContractOptions {
            matched_keys: self.matched_keys.as_deref(),
            matched_components: self.matched_components.as_deref(),
            contracted_components: self.contracted_components.as_deref().unwrap_or(&[]),
            matched_properties: self.matched_properties.as_deref(),
            contracted_properties: self.contracted_properties.as_deref().unwrap_or(&[]),
            samples: self.samples,
            suffixes: [
                first.unwrap_or(defaults.suffixes[0]),
                second.unwrap_or(defaults.suffixes[1]),
            ],
            max_bytes: self.max_bytes,
        }
    }
}

/// Which invariants to make. NULL stands for `MTS_INVARIANTS_OPTIONS_INIT`, which is all zeros.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_invariants_options_t {
    /// what all invariants are multiplied with
    normalisation: mts_normalisation_t,
    /// which pairs of neighbors there are
    pairs: mts_neighbor_pairs_t,
    /// nothing is computed if the result, with its labels, would take more bytes than this; 0 for no other limit than that of the
    /// process
    max_bytes: u64,
}

impl Parameter for Option<&mts_invariants_options_t> {
    type Value = InvariantsOptions;

    fn checked(self, _: &str) -> Result<InvariantsOptions> {
        let Some(options) = self else {
            return Ok(InvariantsOptions::default());
        };
        Ok(InvariantsOptions {
            normalisation: options.normalisation.checked("normalisation")?,
            pairs: options.pairs.checked("pairs")?,
            max_bytes: max_bytes(options.max_bytes),
        })
    }
}

/// Which parts of an equivariant product to compute. NULL stands for `MTS_CG_OPTIONS_INIT`, which is `{NULL, 0}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_cg_options_t<'a> {
    /// only blocks whose key matches one of these, in some or all of the dimensions of the keys of the result; or NULL for all blocks.
    /// Others are not computed
    selected_keys: Option<&'a mts_labels_t>,
    /// nothing is computed if the result, with its labels, would take more bytes than this; 0 for no other limit than that of the
    /// process
    max_bytes: u64,
}

/// What equivariant products borrow while they are made.
#[derive(Debug, Default)]
pub(crate) struct Couplings {
    selected_keys: Option<Labels>,
    max_bytes: Option<u64>,
}

fn selected(keys: Option<&mts_labels_t>) -> Result<Option<Labels>> {
    match keys {
        None => Ok(None),
        keys => Ok(Some((*keys.checked("selected_keys")?).clone())),
    }
}

impl Parameter for Option<&mts_cg_options_t<'_>> {
    type Value = Couplings;

    fn checked(self, _: &str) -> Result<Couplings> {
        let Some(options) = self else {
            return Ok(Couplings::default());
        };
        Ok(Couplings {
            selected_keys: selected(options.selected_keys)?,
            max_bytes: max_bytes(options.max_bytes),
        })
    }
}

impl Couplings {
    pub(crate) fn as_options(&self) -> CgOptions<'_> {
        CgOptions {
            selected_keys: self.selected_keys.as_ref(),
            max_bytes: self.max_bytes,
        }
    }
}

/// Which parts of the products of a map with itself to compute. NULL stands for `MTS_CG_POWER_OPTIONS_INIT`, which is
/// `{-1, NULL, true, 0}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_cg_power_options_t<'a> {
    /// largest `o3_lambda` of products, or a negative number for all. If there are selected keys, it is that of all products but
    /// the last one
    angular_cutoff: i64,
    /// only blocks of the last product whose key matches one of these, as for `mts_cg_product`; or NULL for all
    selected_keys: Option<&'a mts_labels_t>,
    /// whether to leave out keys that are not sorted: only those with `l_1 <= l_2 <= ...` are computed, in each product
    skip_redundant: bool,
    /// nothing is computed if two products, one of which is made of the other, would take more bytes together than this; 0 for
    /// no other limit than that of the process
    max_bytes: u64,
}

/// What powers borrow while they are made.
#[derive(Debug)]
pub(crate) struct Powers {
    angular_cutoff: Option<usize>,
    couplings: Couplings,
    skip_redundant: bool,
}

impl Parameter for Option<&mts_cg_power_options_t<'_>> {
    type Value = Powers;

    fn checked(self, _: &str) -> Result<Powers> {
        let Some(options) = self else {
            return Ok(Powers {
                angular_cutoff: None,
                couplings: Couplings::default(),
                skip_redundant: CgPowerOptions::default().skip_redundant,
            });
        };
        Ok(Powers {
            angular_cutoff: usize::try_from(options.angular_cutoff).ok(),
            couplings: Couplings {
                selected_keys: selected(options.selected_keys)?,
                max_bytes: max_bytes(options.max_bytes),
            },
            skip_redundant: options.skip_redundant,
        })
    }
}

impl Powers {
    pub(crate) fn as_options(&self) -> CgPowerOptions<'_> {
        let CgOptions {
            selected_keys,
            max_bytes,
        } = self.couplings.as_options();
        CgPowerOptions {
            angular_cutoff: self.angular_cutoff,
            selected_keys,
            skip_redundant: self.skip_redundant,
            max_bytes,
        }
    }
}

/// Equivariant products of many pairs of maps: it keeps coefficients, and what the last keys of both said.
///
/// It can be used by several threads at the same time.
#[derive(Debug)]
pub struct mts_cg_product_t(CgProduct);

impl mts_cg_product_t {
    pub(crate) fn boxed(product: CgProduct) -> Box<mts_cg_product_t> {
        Box::new(mts_cg_product_t(product))
    }
}

impl<'a> Parameter for Option<&'a mts_cg_product_t> {
    type Value = &'a CgProduct;

    fn checked(self, name: &str) -> Result<&'a CgProduct> {
        Ok(&given(self, name)?.0)
    }
}
