//! All collective functions, from the tests of metatensor-distributed.

#[path = "../../../metatensor-distributed/tests/agreement/arrays.rs"]
pub(crate) mod arrays;
#[path = "../../../metatensor-distributed/tests/agreement/functions.rs"]
pub(crate) mod functions;
