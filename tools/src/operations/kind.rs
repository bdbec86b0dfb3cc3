//! The kinds of parameters that operations have.

use std::error::Error;

/// What a parameter is in each of the languages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    name: &'static str,
    /// The type of the parameter in Rust, which `cbindgen` knows in C. For lists, that of the pointer to the first entry.
    pub(super) rust: &'static str,
    /// What gives the value, if that is not the parameter itself: `$` is its name, and `#` that of the number of entries.
    pub(super) read: &'static str,
    /// The argument made of this value.
    pub(super) argument: &'static str,
}

const KINDS: &[Kind] = &[
    // in the twin for blocks, a block
    kind("map", "Option<&HANDLE>", CHECKED, "$"),
    kind("number", "f64", "", "$"),
    kind("seed", "u64", "", "$"),
    kind("index", "usize", "", "$"),
    kind("axis", "mts_axis_t", CHECKED, "$"),
    kind("missing_gradients", "mts_missing_gradients_t", CHECKED, "$"),
    // or-ed `MTS_SORT_` values
    kind("sort_axes", "u32", "sort_axes($, \"$\")?", "&$"),
    kind("descending", "bool", "direction($)", "$"),
    kind("text", "Text<'_>", CHECKED, "$"),
    kind("optional_text", "Text<'_>", "$.optional(\"$\")?", "$"),
    kind("labels", "Option<&mts_labels_t>", CHECKED, "&$"),
    // NULL stands for all of them
    kind(
        "optional_names",
        "Option<&mts_names_t>",
        CHECKED,
        "$.as_deref()",
    ),
    kind(
        "gradients",
        "Option<&mts_names_t>",
        CHECKED,
        "selection(&$)",
    ),
    kind("selection", "mts_selection_t", CHECKED, "$.as_selection()"),
    // structures with options, where NULL stands for the defaults
    kind(
        "allclose_options",
        "Option<&mts_allclose_options_t>",
        CHECKED,
        "$",
    ),
    kind(
        "equal_metadata_options",
        "Option<&mts_equal_metadata_options_t>",
        CHECKED,
        "$",
    ),
    kind(
        "lstsq_options",
        "Option<&mts_lstsq_options_t>",
        CHECKED,
        "$",
    ),
    // lists: a pointer, and the number of entries
    kind("names", "*const *const c_char", "texts($, #, \"$\")", "&$"),
    kind("positions", "*const usize", "slice($, #, \"$\")", "$"),
    // one value for all entries, or one for each
    kind(
        "dimension_values",
        "*const i32",
        "slice($, #, \"$\")",
        "dimension_values($)",
    ),
];

/// The conversion of types that know what they stand for.
const CHECKED: &str = "$.checked(\"$\")?";

const fn kind(
    name: &'static str,
    rust: &'static str,
    read: &'static str,
    argument: &'static str,
) -> Kind {
    Kind {
        name,
        rust,
        read,
        argument,
    }
}

impl Kind {
    pub(super) fn of(name: &str) -> Result<Kind, Box<dyn Error>> {
        let kind = KINDS.iter().find(|kind| kind.name == name);
        Ok(*kind.ok_or_else(|| format!("there is no kind of parameters called '{name}'"))?)
    }

    /// Whether a map is a parameter of this kind.
    pub(super) fn is_map(&self) -> bool {
        self.name == "map"
    }

    /// Whether a parameter of this kind is followed by the number of entries.
    pub(super) fn is_list(&self) -> bool {
        self.rust.starts_with('*')
    }
}
