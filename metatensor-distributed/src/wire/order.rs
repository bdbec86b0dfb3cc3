//! The order of rows in results.

/// In which order rows of several ranks come together.
///
/// ```
/// use metatensor_distributed::Order;
/// assert_eq!(Order::default(), Order::Source);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// By the rank that rows were on, and then as they were there: samples, and the rows of each gradient.
    #[default]
    Source,
    /// Sorted by labels, so that the result does not depend on how many ranks there are, and on where rows were.
    Labels,
}
