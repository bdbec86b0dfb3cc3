//! Every function of the headers, called with parameters that it can not use: an error each time, never a crash.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::fmt::Write;
use std::fs;

use metatensor_tests::compiler::{Checker, Language, Program, headers};
use metatensor_tests::repository;
use metatensor_tools::declarations::{Function, Parameter, functions};

/// What to give for a parameter that is not the wrong one.
fn valid(parameter: &Parameter) -> String {
    let handle = |name: &str| match name {
        "mts_labels_t" => Some("some_labels()"),
        "mts_block_t" => Some("some_block()"),
        "mts_tensormap_t" => Some("some_tensor()"),
        "mts_gradient_map_t" => Some("some_map()"),
        "mts_problems_t" => Some("some_problems()"),
        "mts_map_file_t" => Some("some_file()"),
        "mts_map_file_header_t" => Some("some_header()"),
        "mts_map_writer_t" => Some("some_writer()"),
        "mts_collection_t" => Some("some_collection()"),
        "mts_cg_product_t" => Some("some_cg_product()"),
        "mts_collection_writer_t" => Some("some_collection_writer()"),
        "mts_communicator_t" => Some("some_communicator()"),
        "mts_halo_t" => Some("some_halo()"),
        "mts_block_halo_t" => Some("some_block_halo()"),
        _ => None,
    };
    let type_name = parameter.type_name.replace("const ", "");
    let pointed_at = type_name
        .trim_end_matches(['*', ' '])
        .trim_end_matches("*const");
    let value = match &*type_name {
        "mts_array_t" => "some_array()",
        "bool" => "true",
        "FILE*" => "stdout",
        "double" | "float" => "1.0",
        "mts_create_array_callback_t" => "mts_create_array",
        "mts_realloc_buffer_t" => "some_realloc",
        "mts_forget_array_callback_t" => "some_forget",
        "void *(*)(void *object, char *name)" | "void*(*)(void*object, char*name)" => {
            "some_interface"
        }
        "DLDataType" => "c_float64",
        "void (*)(void*)" => "free",
        "void (*)(void*user_data)" => "NULL",
        "char*" => "\"s\"",
        "uintptr_t*" => "memory_with((const void *)1)",
        "char*const*" => return "memory_with(\"s\")".to_owned(),
        // other structures and numbers of the library: zeros
        name if name.starts_with("mts_") && !name.contains('*') => {
            return format!("*(const {name} *)some_memory()");
        }
        _ if parameter.type_name.ends_with("_t") && !type_name.contains('*') => "1",
        _ if type_name.ends_with("**") || type_name.ends_with("*const*") => {
            return match handle(pointed_at) {
                Some(handle) => format!("memory_with({handle})"),
                None => "some_memory()".to_owned(),
            };
        }
        _ if type_name.ends_with('*') => handle(pointed_at).unwrap_or("some_memory()"),
        _ => panic!("what is a valid '{}'?", parameter.type_name),
    };
    value.to_owned()
}

fn is_pointer(parameter: &Parameter) -> bool {
    let type_name = &parameter.type_name;
    type_name.contains('*')
        || type_name.ends_with("_callback_t")
        || type_name.ends_with("_buffer_t")
}

/// Whether the documentation says that NULL is fine: for parameters, not for what they are set to.
fn can_be_null(function: &Function, parameter: &Parameter) -> bool {
    let says_null = parameter.documentation.contains("NULL");
    let is_result = parameter.documentation.contains("set to");
    function.name == "mts_last_error"
        || function.name == "mts_set_last_error"
        || parameter.type_name == "void*"
        || (says_null && !is_result)
}

/// A call of `function` where parameter `wrong` is replaced.
fn call(function: &Function, wrong: usize, replacement: &str) -> String {
    let arguments = function.parameters.iter().enumerate();
    let arguments: Vec<_> = arguments
        .map(|(i, p)| {
            if i == wrong {
                replacement.to_owned()
            } else {
                valid(p)
            }
        })
        .collect();
    let failed = if function.result.ends_with('*') {
        "failed_pointer"
    } else {
        "failed_status"
    };
    format!("{failed}({}({}))", function.name, arguments.join(", "))
}

/// The lines that call `function` with wrong parameters.
fn calls(function: &Function) -> String {
    let mut lines = String::new();
    for (i, parameter) in function.parameters.iter().enumerate() {
        let name = &parameter.name;
        let mut expect_failure = |replacement: &str, name: &str, what: &str| {
            let call = call(function, i, replacement);
            writeln!(lines, "    forget_errors();").unwrap();
            let function = &function.name;
            writeln!(
                lines,
                "    expect_failure({call}, \"{function}\", \"{name}\", \"{what}\");"
            )
            .unwrap();
        };
        let nullable = can_be_null(function, parameter);
        let type_name = parameter.type_name.replace("const ", "");
        if is_pointer(parameter) && !nullable {
            expect_failure("NULL", name, "NULL");
        }
        match &*type_name {
            "char*"
                if parameter.type_name.starts_with("const")
                    && function.name != "mts_set_last_error" =>
            {
                expect_failure("bad_text", name, "UTF-8");
            }
            "char*const*" => {
                expect_failure("memory_with(bad_text)", &format!("{name}[0]"), "UTF-8");
                expect_failure("memory_with(NULL)", &format!("{name}[0]"), "NULL");
            }
            // lists of handles
            _ if type_name.ends_with("_t*const*") => {
                expect_failure("memory_with(NULL)", &format!("{name}[0]"), "NULL");
            }
            _ => {}
        }
        if is_pointer(parameter) && nullable {
            // whether this works depends on the others, but it does not crash
            writeln!(lines, "    (void)!{};", call(function, i, "NULL")).unwrap();
        }
    }
    lines
}

#[test]
fn no_function_crashes_on_parameters_it_can_not_use() {
    let headers = headers().unwrap();
    let mut source = String::from("#include \"support/misuse.h\"\n");
    for header in &headers {
        writeln!(source, "#include <{header}>").unwrap();
    }
    let mut names = Vec::new();
    for header in &headers {
        for function in functions(&repository().join("include").join(header)).unwrap() {
            if function.result == "void" || function.parameters.is_empty() {
                continue;
            }
            let (name, calls) = (&function.name, calls(&function));
            writeln!(source, "\nstatic void test_{name}(void) {{\n{calls}}}").unwrap();
            names.push(function.name);
        }
    }
    assert!(names.len() > 50);
    source.push_str("\nint main(void) {\n");
    for name in names {
        writeln!(source, "    test_{name}();").unwrap();
    }
    source.push_str("    return problems == 0 ? EXIT_SUCCESS : EXIT_FAILURE;\n}\n");

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("misuse.c");
    fs::write(&path, &source).unwrap();
    let program = Program::compile_file(&path, Language::C11, Checker::None).unwrap();
    program.run().unwrap();
}
