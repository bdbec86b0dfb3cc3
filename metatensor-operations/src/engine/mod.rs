//! What operations share: which blocks and rows go together, what becomes of gradients, and how results are made.
//!
//! It knows labels and blocks, and no formulas. Loops over elements are in [`kernels`](crate::kernels).

mod axis;
mod gradient_pair;
mod gradient_rows;
mod in_place;
mod labels_only;
mod metadata;
mod missing;
mod not_equal;
mod operand;
mod product_rule;
mod repeated;
mod results;
mod structure;
mod take;

pub use axis::Axis;
pub(crate) use gradient_pair::combined_gradients;
pub(crate) use gradient_rows::{Child, samples_of, union_of_rows};
pub(crate) use in_place::{change_all, change_gradients, change_values, in_place};
pub(crate) use labels_only::labels_only;
pub use metadata::EqualMetadataOptions;
pub(crate) use metadata::{
    difference, same_dimensions, same_labels, same_metadata, same_parameters,
};
pub use missing::MissingGradients;
pub(crate) use missing::{alike, check_gradients, gradient_of, parameters, with_hint};
pub use not_equal::NotEqual;
pub use operand::Operand;
pub(crate) use operand::{Blocks, change_structure, map_blocks, map_structure, only, zip_blocks};
pub(crate) use product_rule::{
    Derivatives, Elements, OwnEntries, Pair, ProductGradient, RowOrder, Rule, Side, Term, elements,
    product_rule,
};
pub(crate) use repeated::Repeated;
pub(crate) use results::{
    add_gradients, check_no_second_derivatives, has_second_derivatives, map_all, with_fractions,
    with_results, with_values, without_gradients,
};
pub(crate) use structure::{
    invalid_axis, samples_or_properties, with_gradients, with_properties, with_rows,
};
pub(crate) use take::{Part, Parts, Sorting, sorted, take};
