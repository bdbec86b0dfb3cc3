//! The functions in C++, which call those in C.

use std::error::Error;
use std::fmt::Write;
use std::path::PathBuf;

use super::description::{Family, Operation, OperationResult};
use super::kind::Kind;
use super::rust::Twin;
use super::{Generated, NOTE};

const START: &str = "\
#ifndef METATENSOR_OPERATIONS_HPP
#define METATENSOR_OPERATIONS_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <metatensor/operations.h>

#include <metatensor/block.hpp>
#include <metatensor/details/operation_options.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/labels.hpp>
#include <metatensor/tensor.hpp>
#include <metatensor/views.hpp>

/// Operations on maps and blocks, gradients included.
///
/// Results are new objects. What goes wrong is an `Error`: `NotEqualError` for maps that are not alike where they have to be,
/// `InvalidParameterError` for what can not be used, `LinalgError` if there is no solution, `UnsupportedError`.
namespace metatensor::operations {
";

/// What has no description.
const OTHERS: &str = include_str!("others.hpp");

const END: &str = "
} // namespace metatensor::operations

#endif
";

/// A parameter in C++: its declaration, and what to call the function of C with. `$` is its name.
struct InCpp {
    kind: &'static str,
    declaration: &'static str,
    /// What has to be made of the parameter before the call.
    before: &'static str,
    argument: &'static str,
}

const KINDS: &[InCpp] = &[
    in_cpp("map", "const OBJECT& $", "", "$.as_HANDLE()"),
    in_cpp("number", "double $", "", "$"),
    in_cpp("seed", "uint64_t $", "", "$"),
    in_cpp("index", "std::size_t $", "", "$"),
    in_cpp("axis", "Axis $", "", "static_cast<mts_axis_t>($)"),
    in_cpp(
        "missing_gradients",
        "MissingGradients $",
        "",
        "static_cast<mts_missing_gradients_t>($)",
    ),
    in_cpp(
        "sort_axes",
        "SortAxes $ = ALL_AXES",
        "",
        "static_cast<uint32_t>($)",
    ),
    in_cpp("descending", "bool $ = false", "", "$"),
    in_cpp(
        "text",
        "const std::string& $",
        "",
        "metatensor::details::c_string($)",
    ),
    in_cpp(
        "optional_text",
        "const std::optional<std::string>& $ = std::nullopt",
        "",
        "details::c_string_or_null($)",
    ),
    in_cpp("labels", "const Labels& $", "", "$.as_mts_labels_t()"),
    in_cpp(
        "optional_names",
        "const std::optional<std::vector<std::string>>& $ = std::nullopt",
        "const details::NamesForC c_$($);",
        "c_$.get()",
    ),
    in_cpp(
        "gradients",
        "const LikeOptions& options = {}",
        "const details::NamesForC $(options.gradients);",
        "$.get()",
    ),
    in_cpp(
        "selection",
        "const Selection& $",
        "",
        "$.as_mts_selection_t()",
    ),
    in_cpp(
        "allclose_options",
        "const AllCloseOptions& $ = {}",
        "const auto c_$ = details::for_c($);",
        "&c_$",
    ),
    in_cpp(
        "equal_metadata_options",
        "const EqualMetadataOptions& $ = {}",
        "const auto c_$ = details::for_c($);",
        "&c_$",
    ),
    in_cpp(
        "lstsq_options",
        "const LstsqOptions& $ = {}",
        "const auto c_$ = details::for_c($);",
        "&c_$",
    ),
    in_cpp(
        "names",
        "const std::vector<std::string>& $",
        "const auto c_$ = metatensor::details::c_strings($);",
        "c_$.data(), c_$.size()",
    ),
    in_cpp(
        "positions",
        "const std::vector<std::size_t>& $",
        "",
        "$.data(), $.size()",
    ),
    in_cpp(
        "dimension_values",
        "const Values& $",
        "",
        "$.data(), $.size()",
    ),
];

const fn in_cpp(
    kind: &'static str,
    declaration: &'static str,
    before: &'static str,
    argument: &'static str,
) -> InCpp {
    InCpp {
        kind,
        declaration,
        before,
        argument,
    }
}

/// The header with all functions.
pub(super) fn file(families: &[Family]) -> Result<Generated, Box<dyn Error>> {
    let mut text = format!("// {NOTE}\n\n{START}");
    for family in families {
        let rule = "-".repeat(64);
        writeln!(text, "\n// {rule} {}", family.title.to_lowercase())?;
        for operation in &family.operations {
            text += &function(operation, Twin::Map)?;
            if operation.block {
                text += &function(operation, Twin::Block)?;
            }
        }
    }
    Ok(Generated {
        path: PathBuf::from("include/metatensor/operations.hpp"),
        text: text + OTHERS + END,
    })
}

/// What an operation is called: other types of parameters are other functions of the same name.
fn name(operation: &Operation) -> &str {
    let name = operation.name.trim_end_matches("_scalar");
    name.trim_end_matches("_with")
}

fn function(operation: &Operation, twin: Twin) -> Result<String, Box<dyn Error>> {
    let (object, handle, all_axes) = match twin {
        Twin::Map => ("TensorMap", "mts_tensormap_t", "SortAxes::All"),
        Twin::Block => (
            "TensorBlock",
            "mts_block_t",
            "SortAxes::Samples | SortAxes::Components | SortAxes::Properties",
        ),
    };
    let fill = |text: &str, name: &str| {
        text.replace('$', name)
            .replace("OBJECT", object)
            .replace("HANDLE", handle)
            .replace("ALL_AXES", all_axes)
    };
    let (mut declarations, mut defaults) = (Vec::new(), Vec::new());
    let (mut body, mut arguments) = (String::new(), Vec::new());
    for parameter in &operation.parameters {
        // every kind that there is has to be known here
        Kind::of(&parameter.kind)?;
        let known = KINDS.iter().find(|known| known.kind == parameter.kind);
        let known = known.ok_or_else(|| format!("what is '{}' in C++?", parameter.kind))?;
        let name = twin.parameter(parameter);
        let declaration = fill(known.declaration, name);
        // those with a default come last, wherever they are in C
        if declaration.contains(" = ") {
            defaults.push(declaration);
        } else {
            declarations.push(declaration);
        }
        if !known.before.is_empty() {
            writeln!(body, "    {}", fill(known.before, name))?;
        }
        arguments.push(fill(known.argument, name));
    }
    declarations.append(&mut defaults);
    let is_reduction = operation.name.contains("_over_");
    if is_reduction && let Some(names) = declarations.last_mut() {
        names.push_str(" = {}");
    }
    let (result, end) = match operation.result {
        OperationResult::MapWithoutInfo | OperationResult::MapWithInfo => (object, Some(handle)),
        OperationResult::Labels => ("Labels", Some("const mts_labels_t")),
        OperationResult::Answer | OperationResult::AnswerWithoutError => ("bool", None),
        OperationResult::Check => ("void", None),
    };
    let c_name = twin.name(operation);
    match (result, end) {
        ("void", _) => {
            let call = format!("{c_name}({})", arguments.join(", "));
            writeln!(body, "    metatensor::details::check_status({call});")?;
        }
        ("bool", _) => {
            arguments.push("&answer".to_owned());
            let call = format!("{c_name}({})", arguments.join(", "));
            writeln!(body, "    bool answer = false;")?;
            writeln!(body, "    metatensor::details::check_status({call});")?;
            writeln!(body, "    return answer;")?;
        }
        (_, pointed_at) => {
            let pointed_at = pointed_at.unwrap_or(handle);
            arguments.push("&result".to_owned());
            let call = format!("{c_name}({})", arguments.join(", "));
            writeln!(body, "    {pointed_at}* result = nullptr;")?;
            writeln!(body, "    return details::owned({call}, result);")?;
        }
    }
    let nodiscard = if result == "void" {
        ""
    } else {
        "[[nodiscard]] "
    };
    Ok(format!(
        "\n{}{nodiscard}METATENSOR_HIDDEN inline {result} {}({}) {{\n{body}}}\n",
        documentation(operation, twin),
        name(operation),
        declarations.join(", ")
    ))
}

/// What the description says, without what is about C.
fn documentation(operation: &Operation, twin: Twin) -> String {
    if twin == Twin::Block {
        return "/// The same for blocks.\n".to_owned();
    }
    let text = operation.documentation.replace("_with`", "`");
    let text = text.replace("`mts_", "`");
    let mut lines = String::new();
    for line in text.trim_end().lines() {
        lines += format!("/// {line}").trim_end();
        lines.push('\n');
    }
    for parameter in &operation.parameters {
        if parameter.kind == "map" || parameter.kind.ends_with("options") {
            continue;
        }
        if let Some(doc) = &parameter.doc {
            let doc = doc
                .replace("MTS_AXIS_KEYS", "Axis::Keys")
                .replace("MTS_AXIS_SAMPLES", "Axis::Samples")
                .replace("MTS_AXIS_COMPONENTS", "Axis::Components")
                .replace("MTS_AXIS_PROPERTIES", "Axis::Properties")
                .replace("a `MTS_MISSING_GRADIENTS_` value: ", "")
                .replace("or-ed `MTS_SORT_` values", "which axes, joined with `|`")
                .replace(": `names_count` strings, can be NULL if there are none", "")
                .replace("NULL for", "nothing for");
            let name = if parameter.kind == "gradients" {
                "options.gradients"
            } else {
                &parameter.name
            };
            lines += &format!("///\n/// `{name}`: {doc}\n");
        }
    }
    lines
}
