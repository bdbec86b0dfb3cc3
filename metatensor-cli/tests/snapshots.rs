//! Text and JSON of what is no real file by itself: differences of two, and collections.

mod common;

use common::{DATA, Folder, Ran, assert_good, assert_snapshot, data, mts, repository};
use metatensor_core::{CollectionForm, CollectionWriter, Labels, TensorMap};
use metatensor_operations::{
    Axis, Direction, drop_blocks, filter_blocks, multiply_scalar, remove_gradients, sort,
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
fn differences_of_collections() {
    let folder = Folder::new();
    let (a, b) = (folder.path("a.zip"), folder.path("b.zip"));
    let some = Labels::new(["center_type", "neighbor_type"], [[6, 6]]).unwrap();
    let map = filter_blocks(&data(), &some).unwrap();
    let other = multiply_scalar(&map, 2.0).unwrap();
    let save = |path: &str, form: CollectionForm, maps: &[(i32, &str, &TensorMap)]| {
        let mut writer = CollectionWriter::create(path, form).unwrap();
        for &(number, name, map) in maps {
            writer.add(number, name, map).unwrap();
        }
        writer.finish().unwrap();
    };
    let (bare, wrapped) = (CollectionForm::Bare, CollectionForm::NumpyWrapped);
    save(&a, bare, &[(0, "x", &map), (1, "x", &map), (1, "y", &map)]);
    save(
        &b,
        wrapped,
        &[(1, "x", &map), (0, "x", &map), (1, "y", &map)],
    );
    assert_good(&mts(&["diff", &a, &b], None));
    save(
        &b,
        wrapped,
        &[(2, "x", &map), (1, "x", &other), (3, "z", &map)],
    );
    let ran = mts(&["diff", &a, &b, "-n", "0"], None);
    assert_eq!((ran.code, &*ran.errors), (Some(1), ""));
    let lines: Vec<&str> = ran.text.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "maps 'x': 1 map only in the first file, as 0/x.mts",
            "maps 'y': 1 map only in the first file, as 1/y.mts",
            "maps 'x': 1 map only in the second file, as 2/x.mts",
            "maps 'z': 1 map only in the second file, as 3/z.mts",
        ]
    );
    let place = "1/x.mts, block (center_type=6, neighbor_type=6)";
    assert!(
        lines.len() > 4 && lines[4..].iter().all(|line| line.starts_with(place)),
        "{}",
        ran.text
    );
    let ran = mts(&["diff", &a, DATA], None);
    assert_eq!(ran.code, Some(2));
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
