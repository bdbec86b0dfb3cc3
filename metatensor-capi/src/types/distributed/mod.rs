//! What functions for several processes take: how these reach each other, who they are, and who has which rows.

mod choices;
mod communicator;
mod transport;

pub use self::choices::*;
pub use self::communicator::*;
pub use self::transport::*;
