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
    /// The type of the parameter in Python.
    pub(super) python: &'static str,
}

const KINDS: &[Kind] = &[
    // in the twin for blocks, a block
    kind("map", "Option<&HANDLE>", CHECKED, "$", "HANDLE"),
    kind("number", "f64", "", "$", "c_double"),
    kind("seed", "u64", "", "$", "c_uint64"),
    kind("index", "usize", "", "$", "c_uintptr_t"),
    kind("axis", "mts_axis_t", CHECKED, "$", "c_uint32"),
    kind(
        "missing_gradients",
        "mts_missing_gradients_t",
        CHECKED,
        "$",
        "c_uint32",
    ),
    // or-ed `MTS_SORT_` values
    kind("sort_axes", "u32", "sort_axes($, \"$\")?", "&$", "c_uint32"),
    kind("descending", "bool", "direction($)", "$", "c_bool"),
    kind("text", "Text<'_>", CHECKED, "$", "c_char_p"),
    kind(
        "optional_text",
        "Text<'_>",
        "$.optional(\"$\")?",
        "$",
        "c_char_p",
    ),
    kind("labels", "Option<&mts_labels_t>", CHECKED, "&$", "LABELS"),
    // NULL stands for all of them
    kind(
        "optional_names",
        "Option<&mts_names_t>",
        CHECKED,
        "$.as_deref()",
        "POINTER(mts_names_t)",
    ),
    kind(
        "gradients",
        "Option<&mts_names_t>",
        CHECKED,
        "selection(&$)",
        "POINTER(mts_names_t)",
    ),
    kind(
        "selection",
        "mts_selection_t",
        CHECKED,
        "$.as_selection()",
        "mts_selection_t",
    ),
    // structures with options, where NULL stands for the defaults
    kind(
        "allclose_options",
        "Option<&mts_allclose_options_t>",
        CHECKED,
        "$",
        "POINTER(mts_allclose_options_t)",
    ),
    kind(
        "equal_metadata_options",
        "Option<&mts_equal_metadata_options_t>",
        CHECKED,
        "$",
        "POINTER(mts_equal_metadata_options_t)",
    ),
    kind(
        "lstsq_options",
        "Option<&mts_lstsq_options_t>",
        CHECKED,
        "$",
        "POINTER(mts_lstsq_options_t)",
    ),
    // lists: a pointer, and the number of entries
    kind(
        "names",
        "*const *const c_char",
        "texts($, #, \"$\")",
        "&$",
        "POINTER(c_char_p)",
    ),
    kind(
        "positions",
        "*const usize",
        "slice($, #, \"$\")",
        "$",
        "POINTER(c_uintptr_t)",
    ),
    // one value for all entries, or one for each
    kind(
        "dimension_values",
        "*const i32",
        "slice($, #, \"$\")",
        "dimension_values($)",
        "POINTER(c_int32)",
    ),
];

/// The conversion of types that know what they stand for.
const CHECKED: &str = "$.checked(\"$\")?";

const fn kind(
    name: &'static str,
    rust: &'static str,
    read: &'static str,
    argument: &'static str,
    python: &'static str,
) -> Kind {
    Kind {
        name,
        rust,
        read,
        argument,
        python,
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
