//! Text and JSON of what is no real file by itself: differences of two, and collections.

mod common;

use common::{DATA, Folder, Ran, assert_good, assert_snapshot, data, mts, repository};
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

/// Labels are compared as they are, and what is no part of a map is told without being a difference.
#[test]
fn differences_of_labels_and_of_texts() {
    let folder = Folder::new();
    let (a, b) = (folder.path("a"), folder.path("b"));
    let compare = |more: &[&str]| {
        let ran = mts(&[&["diff", &a, &b], more].concat(), None);
        assert_eq!(ran.errors, "");
        (ran.code, ran.text)
    };
    let good = |text: &str| (Some(0), text.to_owned());
    let bad = |text: &str| (Some(1), text.to_owned());
    let save = |path: &str, names: [&str; 2], rows: &[[i32; 2]]| {
        let labels = Labels::from_rows(&names, rows).unwrap();
        labels.save(path).unwrap();
    };
    save(&a, ["x", "y"], &[[1, 2], [3, 4]]);
    assert_eq!(mts(&["diff", &a, &a], None).code, Some(0));
    save(&b, ["x", "y"], &[[3, 4], [1, 2]]);
    let order = "labels: the order is different\n";
    assert_eq!(compare(&[]), good(order));
    assert_eq!(compare(&["--ordered"]), bad(order));
    save(&b, ["x", "y"], &[[1, 2], [3, 5]]);
    let rows = "labels: 1 entry only in the first file, as (x=3, y=4)\n\
        labels: 1 entry only in the second file, as (x=3, y=5)\n";
    assert_eq!(compare(&[]), bad(rows));
    save(&b, ["x", "z"], &[[1, 2], [3, 4]]);
    let names = "labels: names are ['x', 'y'] and ['x', 'z']\n";
    assert_eq!(compare(&["--metadata-only"]), bad(names));

    let mut map = data();
    map.info_mut().insert("of both".into(), "1".into());
    map.info_mut().insert("of a".into(), "1".into());
    map.save(&a).unwrap();
    map.info_mut().insert("of both".into(), "2".into());
    map.info_mut().insert("of b".into(), "1".into());
    map.info_mut().swap_remove("of a");
    map.save(&b).unwrap();
    let texts = "info 'of a': only in the first file\n\
        info 'of both': the texts are different\n\
        info 'of b': only in the second file\n";
    assert_eq!(compare(&[]), good(texts));
    assert_eq!(compare(&["--quiet"]), good(""));

    for tolerance in ["-1", "nan", "x"] {
        let ran = mts(&["diff", &a, &b, "--rtol", tolerance], None);
        assert_eq!(ran.code, Some(2), "{tolerance}");
    }
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

#[test]
fn the_readme_shows_what_info_prints() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let command = format!("$ mts info {DATA}\n");
    let (_, shown) = readme.split_once(&command).unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    assert_eq!(mts(&["info", DATA], None).text, shown);
}
