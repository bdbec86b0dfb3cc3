//! What crosses the boundary to C, whatever it is about: parameters, results, errors. Knows no handle.

mod last_error;
mod parameters;
mod status;
mod stdio;
mod text;

pub(crate) use self::last_error::{LastError, keep_last_error, last_error, set_last_error};
pub(crate) use self::parameters::*;
pub use self::status::*;
pub use self::stdio::FILE;
pub(crate) use self::stdio::write_text;
pub use self::text::Text;
pub(crate) use self::text::{Names, c_string, texts};
