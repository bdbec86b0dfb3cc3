//! Files: archives of arrays, in the layout that all metatensor libraries share.

mod archive;
mod archive_file;
mod array;
mod collection;
mod compress;
mod contents;
mod file;
mod info;
mod journal;
mod labels;
mod layout;
mod load;
mod loader;
mod map_file;
mod map_writer;
mod mapped;
mod member_names;
mod merge;
mod npy;
mod opened;
mod other;
mod part;
mod placement;
mod read_at;
mod reorder;
mod save;
mod save_bytes;
mod shared_file;
mod validate;

pub use archive::PartSum;
pub use array::npy_header;
pub use collection::{Collection, CollectionForm, CollectionWriter};
pub use compress::compress_file;
pub use file::remove_temporaries;
pub use layout::{BlockForm, Layout, Table, bytes_in_file, checksum_of};
pub use map_file::{BlockHeader, MapFile, MapParts, MapSelection, PartReader, Tail};
pub use map_writer::{FileAlignment, MapWriter, recover_file};
pub use merge::merge_files;
pub use npy::ByteOrder;
pub use placement::{MemberCounts, Placement};
pub use read_at::ReadAt;
pub use reorder::reorder_file;
pub use save_bytes::{save_bytes, save_with};
pub use shared_file::{FilePart, SharedFile};
pub use validate::{Problem, validate, validate_buffer, validate_with};

use crate::Error;

/// What readers use again and again.
#[derive(Debug, Default)]
struct Scratch {
    /// Memory for what is only needed for a moment, with any content.
    bytes: Vec<u8>,
    headers: npy::Headers,
}

/// What was found to be invalid is in a file, at this place, and was not given by the caller.
#[cold]
fn in_file(error: Error, place: &str) -> Error {
    let place = place.trim_end_matches('/');
    let error = match error {
        Error::InvalidParameter(message) => Error::Serialization(message),
        other => other,
    };
    if place.is_empty() {
        return error;
    }
    error.context(format!("'{place}'"))
}
