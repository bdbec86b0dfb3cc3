//! A part of a picture, or of a page.

use crate::picture::Picture;

/// Pictures with something in common, and a title and a note that say what.
pub(crate) struct Section {
    pub(crate) title: Option<(String, String)>,
    pub(crate) pictures: Vec<Picture>,
}
