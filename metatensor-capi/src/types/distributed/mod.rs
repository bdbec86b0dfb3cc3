//! What functions for several processes take: how these reach each other, who they are, and who has which rows.

mod choices;
mod communicator;
mod halo;
mod partition;
mod transport;

pub use self::choices::*;
pub use self::communicator::*;
pub use self::halo::*;
pub use self::partition::*;
pub use self::transport::*;
