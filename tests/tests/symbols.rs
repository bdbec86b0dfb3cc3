//! What the shared library shows to the outside.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::collections::BTreeSet;
use std::process::Command;

use metatensor_tests::compiler::headers;
use metatensor_tests::library::library;
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::declarations::{Function, functions};
use metatensor_tools::run::output;

/// The functions of metatensor 0.2.
const METATENSOR_0_2: [&str; 53] = [
    "mts_block",
    "mts_block_add_gradient",
    "mts_block_copy",
    "mts_block_data",
    "mts_block_device",
    "mts_block_dtype",
    "mts_block_free",
    "mts_block_gradient",
    "mts_block_gradients_list",
    "mts_block_labels",
    "mts_block_load",
    "mts_block_load_buffer",
    "mts_block_save",
    "mts_block_save_buffer",
    "mts_disable_panic_printing",
    "mts_get_data_origin",
    "mts_labels",
    "mts_labels_assume_unique",
    "mts_labels_clone",
    "mts_labels_difference",
    "mts_labels_dimensions",
    "mts_labels_free",
    "mts_labels_intersection",
    "mts_labels_load",
    "mts_labels_load_buffer",
    "mts_labels_position",
    "mts_labels_save",
    "mts_labels_save_buffer",
    "mts_labels_select",
    "mts_labels_union",
    "mts_labels_values",
    "mts_labels_values_cpu",
    "mts_last_error",
    "mts_register_data_origin",
    "mts_set_last_error",
    "mts_tensormap",
    "mts_tensormap_block_by_id",
    "mts_tensormap_components_to_properties",
    "mts_tensormap_copy",
    "mts_tensormap_device",
    "mts_tensormap_dtype",
    "mts_tensormap_free",
    "mts_tensormap_get_info",
    "mts_tensormap_info_keys",
    "mts_tensormap_keys",
    "mts_tensormap_keys_to_properties",
    "mts_tensormap_keys_to_samples",
    "mts_tensormap_load",
    "mts_tensormap_load_buffer",
    "mts_tensormap_save",
    "mts_tensormap_save_buffer",
    "mts_tensormap_set_info",
    "mts_version",
];

fn declared(header: &str) -> Vec<Function> {
    functions(&repository().join("include").join(header)).unwrap()
}

#[test]
fn exported_symbols_are_the_declared_functions() {
    let mut expected = BTreeSet::new();
    for header in headers().unwrap() {
        for function in declared(&header) {
            assert!(
                expected.insert(function.name.clone()),
                "{} is declared twice",
                function.name
            );
        }
    }
    let listing = output(
        Command::new("nm")
            .args(["--dynamic", "--defined-only"])
            .arg(library().unwrap()),
    )
    .unwrap();
    let exported = listing.lines().filter_map(|line| line.split(' ').nth(2));
    let exported: BTreeSet<_> = exported.map(str::to_owned).collect();
    assert_eq!(exported, expected);
}

#[test]
fn the_main_header_has_the_functions_of_the_older_interface_and_no_others() {
    let declared: BTreeSet<_> = declared("metatensor.h")
        .into_iter()
        .map(|f| f.name)
        .collect();
    for name in METATENSOR_0_2 {
        assert!(declared.contains(name), "{name} is missing");
    }
    for name in declared {
        // A function to give to those that load data.
        let is_expected = METATENSOR_0_2.contains(&&*name) || name == "mts_create_array";
        assert!(
            is_expected,
            "{name} is not in metatensor 0.2: put it in a file of its own, and in tools/src/headers.rs in a header \
             below include/metatensor/"
        );
    }
}

#[test]
fn functions_have_the_types_of_the_official_header() {
    let site_packages = Venv::get().unwrap().site_packages().unwrap();
    let official = functions(&site_packages.join("metatensor/include/metatensor.h")).unwrap();
    assert_eq!(official.len(), METATENSOR_0_2.len());
    let ours = declared("metatensor.h");
    for function in official {
        let same = ours.iter().find(|ours| ours.name == function.name).unwrap();
        assert_eq!(same.signature(), function.signature());
    }
}

#[test]
fn the_library_has_a_name_without_version() {
    let dynamic = output(
        Command::new("readelf")
            .arg("--dynamic")
            .arg(library().unwrap()),
    )
    .unwrap();
    let names: Vec<_> = dynamic
        .lines()
        .filter(|line| line.contains("SONAME"))
        .collect();
    assert_eq!(names.len(), 1);
    assert!(names[0].ends_with("[libmetatensor.so]"), "{}", names[0]);
}
