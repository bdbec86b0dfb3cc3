//! C and C++ programs that use the library the way their authors would, and the way they should not.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::fs;

use metatensor_tests::compiler::{Checker, Language, Program, headers};
use metatensor_tests::repository;
use metatensor_tools::run::output;

/// Compiles and runs a program, alone and with both of the checkers.
fn check(name: &str) {
    for checker in [Checker::None, Checker::AddressSanitizer, Checker::Valgrind] {
        let program = Program::compile(name, Language::of(name), checker).unwrap();
        program.run().unwrap();
    }
}

#[test]
fn structures_and_constants_are_those_of_the_interface() {
    for language in [Language::C11, Language::Cpp17] {
        let program = Program::compile("layouts.c", language, Checker::None).unwrap();
        program.run().unwrap();
    }
}

#[test]
fn labels_blocks_and_maps_from_beginning_to_end() {
    check("life_cycle.c");
}

#[test]
fn everything_is_released_once() {
    check("ownership.c");
}

#[test]
fn functions_of_arrays_may_fail_or_be_missing_or_come_back() {
    check("callbacks.c");
}

#[test]
fn arrays_of_the_program_are_never_misread_and_never_written_to_in_vain() {
    check("foreign_arrays.c");
}

#[test]
fn labels_can_be_where_nobody_can_read_them() {
    check("devices.c");
}

#[test]
fn threads_share_objects_but_not_errors() {
    check("threads.c");
}

#[test]
fn programs_end_with_errors_whose_data_nobody_can_release() {
    check("exit.c");
}

#[test]
fn arrays_and_rows_can_be_in_memory_of_the_program() {
    check("ready_made.c");
}

#[test]
fn elements_and_blocks_take_one_call_and_text_another() {
    check("shortcuts.c");
}

#[test]
fn arrays_are_lent_and_made_late() {
    check("late_arrays.c");
}

#[test]
fn memory_is_used_again_by_threads_and_children_and_goes_back() {
    check("kept_memory.c");
}

#[test]
fn results_share_arrays_until_somebody_could_write_to_one() {
    check("shared_arrays.c");
}

#[test]
fn paths_can_be_pipes_and_open_files_and_signals_can_end_saves() {
    check("files.c");
}

#[test]
fn products_and_forces_have_options_and_owners() {
    check("products.c");
}

#[test]
fn ranks_fail_together() {
    check("distributed.c");
}

#[test]
fn ranks_share_maps() {
    check("distributed_maps.c");
}

#[test]
fn ghosts_get_what_owners_have_and_give_it_back() {
    check("halos.c");
}

#[test]
fn examples_of_halos_compute_on_one_rank_what_they_do_on_many() {
    for (source, language) in [
        ("examples-c/halo.c", Language::C11),
        ("examples-cpp/halo.cpp", Language::Cpp17),
    ] {
        let source = repository().join(source);
        let checker = Checker::AddressSanitizer;
        let program = Program::compile_file(&source, language, checker).unwrap();
        let output = program.run().unwrap();
        assert_eq!(
            output,
            "rank 0 of 1: energy 796.573356123400, forces on 60 atoms as on one rank\n"
        );
    }
}

#[test]
fn files_are_read_in_part_and_mapped() {
    check("map_files.c");
}

#[test]
fn files_are_written_block_by_block_appended_to_and_merged() {
    check("map_writers.c");
}

#[test]
fn collections_are_written_appended_to_and_loaded() {
    check("collections.c");
}

#[test]
fn what_the_process_may_spend_is_limited_and_names_of_gradients_are_checked() {
    check("resource_limits.c");
}

#[test]
fn numbers_that_are_too_large_are_errors() {
    check("out_of_range.c");
}

#[test]
fn info_stays_with_maps_as_the_header_says() {
    check("info.c");
}

#[test]
fn errors_name_the_function_and_the_entry_of_a_list() {
    check("entries.c");
}

#[test]
fn programs_in_cpp_own_handles_and_throw_errors() {
    check("raii.cpp");
}

/// Compiles a few lines, without running them.
fn compile(language: Language, lines: &str) {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("source");
    fs::write(&source, lines).unwrap();
    output(language.compiler().args(["-fsyntax-only"]).arg(source)).unwrap();
}

#[test]
fn each_header_compiles_alone() {
    for header in headers().unwrap() {
        for language in [Language::C11, Language::Cpp17] {
            compile(language, &format!("#include <{header}>\nint nothing;\n"));
            compile(
                language,
                &format!("#include <{header}>\n#include <{header}>\nint nothing;\n"),
            );
        }
    }
}

#[test]
fn headers_compile_after_another_dlpack_header() {
    let other = r"
        #ifndef DLPACK_DLPACK_H_
        #define DLPACK_DLPACK_H_
        #include <stdint.h>
        #define DLPACK_MAJOR_VERSION 1
        #define DLPACK_MINOR_VERSION 0
        typedef struct { uint32_t major; uint32_t minor; } DLPackVersion;
        typedef enum { kDLCPU = 1, kDLCUDA = 2, kDLExtDev = 12 } DLDeviceType;
        typedef struct { DLDeviceType device_type; int32_t device_id; } DLDevice;
        typedef enum { kDLInt = 0U, kDLUInt = 1U, kDLFloat = 2U } DLDataTypeCode;
        typedef struct { uint8_t code; uint8_t bits; uint16_t lanes; } DLDataType;
        typedef struct {
            void *data; DLDevice device; int32_t ndim; DLDataType dtype;
            int64_t *shape; int64_t *strides; uint64_t byte_offset;
        } DLTensor;
        typedef struct DLManagedTensorVersioned {
            DLPackVersion version; void *manager_ctx;
            void (*deleter)(struct DLManagedTensorVersioned *self);
            uint64_t flags; DLTensor dl_tensor;
        } DLManagedTensorVersioned;
        #endif
    ";
    for header in headers().unwrap() {
        for language in [Language::C11, Language::Cpp17] {
            compile(
                language,
                &format!("{other}\n#include <{header}>\nint nothing;\n"),
            );
        }
    }
}
