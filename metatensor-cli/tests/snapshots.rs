//! Text and JSON of what is no real file by itself: differences of two, and collections.

mod common;

use common::{DATA, Folder, Ran, assert_good, assert_snapshot, data, mts};
use metatensor_core::{Labels, TensorMap};
use metatensor_operations::{
    Axis, Direction, drop_blocks, multiply_scalar, remove_gradients, sort,
};

/// Files that differ end with 1: the rest is compared as for all others.
fn differing(arguments: &[&str]) -> Ran {
    let ran = mts(arguments, None);
    assert_eq!(ran.code, Some(1), "{arguments:?}: {ran:?}");
    Ran {
        code: Some(0),
        ..ran
    }
}

#[test]
fn text_and_json_of_differences() {
    let folder = Folder::new();
    let save = |name: &str, map: &TensorMap| map.save(folder.path(name)).unwrap();
    let dropped = Labels::new(["center_type", "neighbor_type"], [[6, 8]]).unwrap();
    let fewer = drop_blocks(&data(), &dropped).unwrap();
    let sorted = sort(&fewer, &[Axis::Keys, Axis::Samples], Direction::Descending).unwrap();
    save("other.mts", &multiply_scalar(&sorted, 1.5).unwrap());
    save("bare.mts", &remove_gradients(&data(), None).unwrap());
    for (name, arguments) in [
        (
            "diff",
            &["diff", DATA, &folder.path("other.mts"), "-n", "2"][..],
        ),
        (
            "diff_metadata",
            &["diff", DATA, &folder.path("bare.mts"), "--metadata-only"],
        ),
    ] {
        assert_snapshot(&format!("{name}.txt"), &differing(arguments));
        let json = differing(&[arguments, &["--json"]].concat());
        assert_eq!(json.json()["equal"], false);
        assert_snapshot(&format!("{name}.json"), &json);
    }
    let same = mts(&["diff", DATA, DATA, "--json"], None);
    assert_snapshot("diff_same.json", &same);
}

#[test]
fn text_and_json_of_collections() {
    let folder = Folder::new();
    let all = folder.path("all.zip");
    let expansion = "tests/data/spherical-expansion.mts";
    for (file, more) in [
        (DATA, &["--name", "radial", "--first", "7"][..]),
        (expansion, &["--name", "expansion", "--append"]),
        (DATA, &["--name", "radial", "--first", "3", "--append"]),
    ] {
        assert_good(&mts(&[&["pack", file, "-o", &all], more].concat(), None));
    }
    for (name, arguments) in [
        ("collection_info", &["info", &all][..]),
        ("collection_ls", &["ls", &all]),
        ("collection_map_info", &["info", &all, "radial", "7"]),
        ("collection_map_ls", &["ls", &all, "radial", "7"]),
    ] {
        assert_snapshot(&format!("{name}.txt"), &mts(arguments, None));
        let json = mts(&[arguments, &["--json"]].concat(), None);
        json.json();
        assert_snapshot(&format!("{name}.json"), &json);
    }
}
