//! What a contraction does with each dimension.

/// Which rows of the samples of two blocks are multiplied with each other.
///
/// Samples are the same if they have the same values in the dimensions that both blocks have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SamplePairs {
    /// Those that both have. All others are left out of the result.
    #[default]
    Intersection,
    /// The same, and samples that only one has are rows of zeros.
    Union,
}

/// Options of [`contract`](crate::contract): what becomes of the dimensions of keys, components and properties.
///
/// - *matched*: both maps have this dimension, and blocks, components or properties that have the same value in it are
///   multiplied with each other. The result has it once.
/// - *contracted*: the same, and products are added up. The result does not have this dimension.
/// - all others are *outer*: everything of the one map is multiplied with everything of the other, and the result has the
///   dimensions of both. A name that both have gets a suffix.
///
/// With the default, what both maps have is matched, and nothing contracted: this is [`multiply`](crate::multiply) for blocks
/// that have the same labels.
///
/// ```
/// # use metatensor_operations::ContractOptions;
/// // An invariant of a spherical expansion: a sum over o3_mu, for all pairs of neighbors and radial functions.
/// let options = ContractOptions {
///     matched_keys: Some(&["o3_lambda", "o3_sigma", "center_type"]),
///     contracted_components: &["o3_mu"],
///     matched_properties: Some(&[]),
///     ..ContractOptions::default()
/// };
/// assert_eq!(options.suffixes, ["_1", "_2"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContractOptions<'a> {
    /// Dimensions of keys that are matched: `None` for all that both maps have. Keys are never contracted. Single blocks have
    /// none.
    pub matched_keys: Option<&'a [&'a str]>,
    /// Components that are matched: `None` for all that both maps have, and that are not contracted.
    pub matched_components: Option<&'a [&'a str]>,
    /// Components that are contracted.
    pub contracted_components: &'a [&'a str],
    /// Dimensions of properties that are matched: `None` for all that both maps have, and that are not contracted.
    pub matched_properties: Option<&'a [&'a str]>,
    /// Dimensions of properties that are contracted.
    pub contracted_properties: &'a [&'a str],
    /// Which samples are multiplied.
    pub samples: SamplePairs,
    /// What is appended to outer dimensions of the first and of the second map, if both have one with this name.
    pub suffixes: [&'a str; 2],
    /// Nothing is computed if the result, with its labels, would take more bytes than this. `None` for no other limit than
    /// that of the process, [`Limit::ResultBytes`](metatensor_core::Limit::ResultBytes).
    pub max_bytes: Option<u64>,
}

impl Default for ContractOptions<'_> {
    fn default() -> Self {
        ContractOptions {
            matched_keys: None,
            matched_components: None,
            contracted_components: &[],
            matched_properties: None,
            contracted_properties: &[],
            samples: SamplePairs::Intersection,
            suffixes: ["_1", "_2"],
            max_bytes: None,
        }
    }
}
