//! Declarations for `ctypes`.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;

use super::description::{Family, OperationResult};
use super::kind::Kind;
use super::rust::Twin;
use super::{Generated, NOTE};

const START: &str = "\
from ctypes import POINTER, c_bool, c_char_p, c_double, c_int, c_int32, c_uint32, c_uint64

from metatensor._c_api import c_uintptr_t, mts_block_t, mts_labels_t, mts_tensormap_t
from structures import (
    mts_allclose_options_t,
    mts_equal_metadata_options_t,
    mts_lstsq_options_t,
    mts_names_t,
    mts_selection_t,
)

MAP, BLOCK, LABELS = POINTER(mts_tensormap_t), POINTER(mts_block_t), POINTER(mts_labels_t)

# Each function with the types of its parameters. All of them return a status.
FUNCTIONS = {
";

const END: &str = "\
}


def setup_functions(library):
    \"\"\"Tells ctypes the types of all functions in FUNCTIONS.\"\"\"
    for name, types in FUNCTIONS.items():
        function = getattr(library, name)
        function.argtypes, function.restype = types, c_int
";

/// The module with all declarations.
pub(super) fn file(families: &[Family]) -> Result<Generated, Box<dyn Error>> {
    let mut text = format!(
        "\"\"\"The operations that have a description, for ctypes.\n\n{NOTE}\n\"\"\"\n\n{START}"
    );
    for operation in families.iter().flat_map(|family| &family.operations) {
        let twins: &[Twin] = if operation.block {
            &[Twin::Map, Twin::Block]
        } else {
            &[Twin::Map]
        };
        for twin in twins {
            let handle = match twin {
                Twin::Map => "MAP",
                Twin::Block => "BLOCK",
            };
            let mut types = Vec::new();
            for parameter in &operation.parameters {
                let kind = Kind::of(&parameter.kind)?;
                types.push(kind.python.replace("HANDLE", handle));
                if kind.is_list() {
                    types.push("c_uintptr_t".to_owned());
                }
            }
            match operation.result {
                OperationResult::MapWithoutInfo | OperationResult::MapWithInfo => {
                    types.push(format!("POINTER({handle})"));
                }
                OperationResult::Labels => types.push("POINTER(LABELS)".to_owned()),
                OperationResult::Answer | OperationResult::AnswerWithoutError => {
                    types.push("POINTER(c_bool)".to_owned())
                }
                OperationResult::Check => {}
            }
            writeln!(
                text,
                "    \"{}\": [{}],",
                twin.name(operation),
                types.join(", ")
            )?;
        }
    }
    Ok(Generated {
        path: PathBuf::from("tests/python/operations/declarations.py"),
        text: text + END,
    })
}
