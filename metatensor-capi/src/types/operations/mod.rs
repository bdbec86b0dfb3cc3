//! What operations take beside maps, blocks and labels.

mod choices;
mod comparison;
mod join;
mod linalg;
mod names;
mod selection;

pub use self::choices::*;
pub use self::comparison::*;
pub use self::join::*;
pub use self::linalg::*;
pub use self::names::*;
pub use self::selection::*;
