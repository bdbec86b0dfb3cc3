//! Values for other programs: what these read is what the file has.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod common;

use std::fs;
use std::process::Command;

use common::{DATA, Folder, assert_error, assert_good, assert_snapshot, data, mts};
use metatensor_core::{Complex, Labels, TensorBlock, TensorMap, f16};
use ndarray::{ArrayD, arr2};
use serde_json::{Value, json};

#[test]
fn text_of_each_format() {
    let key = ["--block", "center_type=7"];
    for (name, more) in [
        ("export.csv", &[][..]),
        (
            "export_triplets.csv",
            &["--format", "triplets", "--gradient", "positions"],
        ),
        ("export.json", &["--format", "json"]),
    ] {
        let arguments = [&["export", DATA], &key[..], more].concat();
        assert_snapshot(name, &mts(&arguments, None));
    }
    let json = mts(&["export", DATA, "--json"], None);
    assert_eq!(json, mts(&["export", DATA, "--format", "json"], None));
}

fn labels_json(labels: &Labels) -> Value {
    let names: Vec<&str> = labels.names().iter().collect();
    json!({"names": names, "values": labels.iter().collect::<Vec<_>>()})
}

/// All numbers in nested lists, in their order.
fn flat(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn assert_is_block(json: &Value, block: &TensorBlock) {
    assert_eq!(json["shape"], json!(block.shape()));
    assert_eq!(json["samples"], labels_json(block.samples()));
    let components: Vec<Value> = block.components().iter().map(labels_json).collect();
    assert_eq!(json["components"], json!(components));
    let values: Vec<f64> = block.values_as::<f64>().unwrap().iter().copied().collect();
    let read = flat(&json["values"]);
    assert_eq!(read.len(), values.len());
    for (x, y) in read.iter().zip(&values) {
        // this parser may be wrong in the last digit
        assert!((x - y).abs() <= f64::EPSILON * y.abs(), "{x} and {y}");
    }
    let gradients = json["gradients"].as_object().unwrap();
    assert_eq!(gradients.len(), block.gradients_list().len());
    for (parameter, gradient) in block.gradients() {
        assert_is_block(&gradients[parameter], gradient);
    }
}

#[test]
fn json_has_all_of_a_map() {
    let folder = Folder::new();
    let mut map = data();
    map.info_mut().insert("author".into(), "\"me\"".into());
    map.save(folder.path("map.mts")).unwrap();
    let output = folder.path("map.json");
    assert_good(&mts(
        &["export", &folder.path("map.mts"), "-o", &output],
        None,
    ));
    let json: Value = serde_json::from_slice(&fs::read(&output).unwrap()).unwrap();
    assert_eq!(json["key_names"], json!(["center_type", "neighbor_type"]));
    assert_eq!(json["info"], json!({"author": "\"me\""}));
    let blocks = json["blocks"].as_array().unwrap();
    assert_eq!(blocks.len(), map.len());
    for (json, (key, block)) in blocks.iter().zip(&map) {
        assert_eq!(
            json["key"],
            json!({"center_type": key[0], "neighbor_type": key[1]})
        );
        assert_eq!(json["properties"], labels_json(block.properties()));
        assert_is_block(json, block);
    }
    // some of the samples, with their gradients
    let some = mts(&["export", DATA, "--json", "--samples", "atom=2..4"], None).json();
    let samples = Labels::new(["atom"], [[2], [3], [4]]).unwrap();
    let expected =
        metatensor_operations::slice(&data(), metatensor_operations::Axis::Samples, &samples);
    for (json, block) in some["blocks"]
        .as_array()
        .unwrap()
        .iter()
        .zip(expected.unwrap().blocks())
    {
        assert_is_block(json, block);
    }
    let gradient = ["export", DATA, "--json", "--gradient", "positions"];
    let gradient = mts(&gradient, None).json();
    assert_eq!(gradient["blocks"][2]["gradient"], "positions");
    assert_is_block(
        &gradient["blocks"][2],
        data()
            .block_by_id(2)
            .unwrap()
            .gradient("positions")
            .unwrap(),
    );
}

/// Numbers that JSON does not have are strings, and those that it has keep their digits.
#[test]
fn numbers_in_json() {
    let folder = Folder::new();
    let path = folder.path("block.mts");
    let export = |block: TensorBlock| {
        block.save(&path).unwrap();
        mts(&["export", &path, "--json"], None).json()["blocks"][0]["values"].clone()
    };
    fn block<T: metatensor_core::Element>(values: [[T; 2]; 1]) -> TensorBlock {
        let properties = Labels::range("n", 2).unwrap();
        TensorBlock::new(arr2(&values), Labels::single(), [], properties).unwrap()
    }
    assert_eq!(
        export(block([[f64::NAN, f64::NEG_INFINITY]])),
        json!([["NaN", "-inf"]])
    );
    assert_eq!(
        export(block([[f64::INFINITY, 5e-324]])),
        json!([["inf", 5e-324]])
    );
    assert_eq!(export(block([[0.1_f32, -0.0]])), json!([[0.1, -0.0]]));
    assert_eq!(
        export(block([[f16::INFINITY, f16::from_f64(1.5)]])),
        json!([["inf", 1.5]])
    );
    assert_eq!(
        export(block([[u64::MAX, 9_007_199_254_740_993]])),
        json!([[u64::MAX, 9_007_199_254_740_993_u64]])
    );
    assert_eq!(export(block([[true, false]])), json!([[true, false]]));
    let shown = |block: TensorBlock| {
        block.save(&path).unwrap();
        mts(&["show", &path, "--json"], None).json()[0]["rows"][0]["values"].clone()
    };
    assert_eq!(
        shown(block([[u64::MAX, 9_007_199_254_740_993]])),
        json!([u64::MAX, 9_007_199_254_740_993_u64])
    );
    assert_eq!(
        shown(block([[i64::MIN, i64::MAX]])),
        json!([i64::MIN, i64::MAX])
    );
    assert_eq!(shown(block([[true, false]])), json!([true, false]));
    assert_eq!(shown(block([[-1.5, f64::NAN]])), json!([-1.5, "NaN"]));
    let values = [Complex::new(1.5, f64::INFINITY), Complex::new(0.0, -2.0)];
    assert_eq!(
        export(block([values])),
        json!([[[1.5, "inf"], [0.0, -2.0]]])
    );
}

/// All lines of a table have as many fields as its first one, also if there are no columns.
#[test]
fn tables_without_columns() {
    let folder = Folder::new();
    let path = folder.path("block.mts");
    let none = Labels::range("n", 0).unwrap();
    let samples = Labels::range("s", 2).unwrap();
    let block = TensorBlock::new(ArrayD::<f64>::zeros(vec![2, 0]), samples, [], none).unwrap();
    block.save(&path).unwrap();
    assert_eq!(mts(&["export", &path], None).text, "_,s\n0,0\n0,1\n");
}

/// Runs a program, which has to end well.
fn python(program: &str, arguments: &[&str]) {
    let mut python = Command::new("python3");
    python.args(["-c", program]).args(arguments);
    assert!(python.status().unwrap().success(), "{program}");
}

#[test]
fn arrays_are_what_the_file_has() {
    let folder = Folder::new();
    let one = folder.path("one.npy");
    let key = ["--block", "center_type=7"];
    let export = |more: &[&str]| mts(&[&["export", DATA], &key[..], more].concat(), None);
    let read = |path: &str| {
        let bytes = fs::read(path).unwrap();
        let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        let (header, values) = bytes.split_at(10 + length);
        let values = values.chunks(8);
        let values = values.map(|number| f64::from_le_bytes(number.try_into().unwrap()));
        let header = String::from_utf8_lossy(&header[10..]).trim().to_owned();
        (header, values.collect::<Vec<f64>>())
    };
    let values = |block: &TensorBlock| -> Vec<f64> {
        block.values_as::<f64>().unwrap().iter().copied().collect()
    };
    let map = data();
    let block = map.block_by_id(2).unwrap();
    assert_good(&export(&["-o", &one]));
    let header = "{ 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, ) }";
    assert_eq!(read(&one), (header.to_owned(), values(block)));
    assert_error(
        &export(&["-o", &one]),
        "one.npy' is there: --force replaces it",
    );
    let gradient = block.gradient("positions").unwrap();
    assert_good(&export(&["--gradient", "positions", "--force", "-o", &one]));
    assert_eq!(read(&one).1, values(gradient));
    let rows = [
        "--gradient",
        "positions",
        "--samples",
        "sample=1",
        "--force",
        "-o",
        &one,
    ];
    assert_good(&export(&rows));
    assert_eq!(read(&one).1, values(gradient)[18..]);
    // the same numbers as JSON, to the last digit
    let text = folder.path("one.json");
    assert_good(&export(&["--gradient", "positions", "-o", &text]));
    assert_good(&export(&["--gradient", "positions", "--force", "-o", &one]));
    let compare = "import sys, json, struct\n\
                   values = json.load(open(sys.argv[1]))['blocks'][0]['values']\n\
                   flat = [x for row in values for part in row for x in part]\n\
                   data = open(sys.argv[2], 'rb').read()[-8 * len(flat):]\n\
                   assert struct.pack(f'<{len(flat)}d', *flat) == data and len(flat) == 36";
    python(compare, &[&text, &one]);
    fs::remove_file(&text).unwrap();
    let many = mts(&["export", DATA, "-o", &folder.path("many.npy")], None);
    assert_error(&many, "the values of one block, and there are 5");

    let all = folder.path("all");
    let folder_of = |more: &[&str]| {
        mts(
            &[&["export", DATA, "--format", "npy", "-o", &all], more].concat(),
            None,
        )
    };
    assert_good(&folder_of(&[]));
    // together, the arrays are the file
    let zip = "import sys, pathlib, zipfile\n\
               folder = pathlib.Path(sys.argv[1])\n\
               with zipfile.ZipFile(sys.argv[2], 'w') as archive:\n\
               \x20   for path in folder.rglob('*.*'):\n\
               \x20       archive.write(path, path.relative_to(folder))";
    python(zip, &[&all, &folder.path("zipped.mts")]);
    assert!(metatensor_operations::equal(&folder.load("zipped.mts"), &map).unwrap());

    assert_error(&folder_of(&[]), "all' is there: --force replaces it");
    assert_good(&folder_of(&["--force", "--block", "center_type=8"]));
    let blocks = fs::read_dir(folder.path("all/blocks")).unwrap();
    assert_eq!(blocks.count(), 2, "nothing of the old one stays");
    assert_error(&folder_of(&["--force", "--samples", "atom=1"]), "mts slice");
    // what was not made by this is nobody's to replace
    fs::create_dir(folder.path("mine")).unwrap();
    fs::write(folder.path("mine/thesis.txt"), "").unwrap();
    let mine = [
        "export",
        DATA,
        "--format",
        "npy",
        "-o",
        &folder.path("mine"),
        "--force",
    ];
    assert_error(&mts(&mine, None), "mine/thesis.txt' is not of an export");
    assert_error(
        &mts(&["export", DATA, "--format", "npy"], None),
        "npy needs --output",
    );
    assert_eq!(folder.names(), ["all", "mine", "one.npy", "zipped.mts"]);
}

/// Nothing is deleted but what an export makes, and links stay.
#[test]
fn folders_with_other_things_stay() {
    let folder = Folder::new();
    let export = |name: &str, more: &[&str]| {
        let output = folder.path(name);
        let arguments = ["export", DATA, "--format", "npy", "-o", &output];
        mts(&[&arguments, more].concat(), None)
    };
    let force = ["--force"];
    assert_good(&export("out", &[]));
    let gradient = "out/blocks/2/gradients/positions";
    assert!(fs::exists(folder.path(gradient)).unwrap());
    for place in ["out", "out/blocks", "out/blocks/2", gradient] {
        let notes = format!("{place}/notes.txt");
        fs::write(folder.path(&notes), "mine").unwrap();
        assert_error(
            &export("out", &force),
            &format!("{notes}' is not of an export"),
        );
        assert_eq!(fs::read_to_string(folder.path(&notes)).unwrap(), "mine");
        fs::remove_file(folder.path(&notes)).unwrap();
    }
    fs::create_dir(folder.path("other")).unwrap();
    fs::write(folder.path("other/info.json"), "{}").unwrap();
    assert_error(&export("other", &force), "a folder without keys.npy");
    fs::remove_file(folder.path("other/info.json")).unwrap();
    assert_good(&export("other", &force));
    // a folder is no array
    fs::create_dir(folder.path("out/info.json")).unwrap();
    assert_error(&export("out", &force), "out/info.json' is not of an export");
    fs::remove_dir(folder.path("out/info.json")).unwrap();

    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink("out", folder.path("link")).unwrap();
        symlink("nothing", folder.path("dangling")).unwrap();
        let some = [&force[..], &["--block", "center_type=8"]].concat();
        for name in ["link", "link/"] {
            assert_good(&export("out", &force));
            assert_error(&export(name, &[]), "--force replaces it");
            assert_good(&export(name, &some));
            assert_eq!(
                fs::read_link(folder.path("link")).unwrap().to_str(),
                Some("out")
            );
            assert_eq!(fs::read_dir(folder.path("out/blocks")).unwrap().count(), 2);
        }
        for more in [&[][..], &force] {
            assert_error(
                &export("dangling", more),
                "a symbolic link that leads nowhere",
            );
        }
        assert!(fs::read_link(folder.path("dangling")).is_ok());
        assert_eq!(folder.names(), ["dangling", "link", "other", "out"]);
    }
}

#[test]
fn labels_for_other_programs() {
    let folder = Folder::new();
    let labels = Labels::new(["a", "b"], [[1, 2], [-3, 4]]).unwrap();
    let path = folder.path("labels.mts");
    labels.save(&path).unwrap();
    let export = |more: &[&str]| mts(&[&["export", &path], more].concat(), None);
    assert_eq!(export(&[]).text, "a,b\n1,2\n-3,4\n");
    assert_eq!(export(&["--json"]).json(), labels_json(&labels));
    let output = folder.path("labels.npy");
    assert_good(&export(&["-o", &output, "--samples", "a=-3"]));
    let expected = Labels::new(["a", "b"], [[-3, 4]]).unwrap();
    assert_eq!(Labels::load(&output).unwrap(), expected);
    assert_error(&export(&["--gradient", "x"]), "labels have no blocks");
    assert_error(&export(&["--json", "--format", "csv"]), "two formats");
    for name in ["other.npy", "other.csv"] {
        let ran = export(&["--json", "-o", &folder.path(name)]);
        assert_error(&ran, &format!("{name}' ask for two formats"));
    }
    assert_eq!(folder.names(), ["labels.mts", "labels.npy"]);
}

/// What fails leaves what was there.
#[test]
fn files_are_there_as_a_whole() {
    let folder = Folder::new();
    let properties = |count| Labels::range("n", count).unwrap();
    let block = |count: usize| {
        let values = ArrayD::<f64>::zeros(vec![1, count]);
        TensorBlock::new(values, Labels::single(), [], properties(count)).unwrap()
    };
    let keys = Labels::range("k", 2).unwrap();
    let map = TensorMap::new(keys, vec![block(2), block(3)]).unwrap();
    map.save(folder.path("map.mts")).unwrap();
    let output = folder.path("map.csv");
    fs::write(&output, "mine").unwrap();
    let arguments = ["export", &folder.path("map.mts"), "-o", &output, "--force"];
    assert_error(
        &mts(&arguments, None),
        "block (k=1): its columns are not those",
    );
    assert_eq!(fs::read_to_string(&output).unwrap(), "mine");
    assert_eq!(folder.names(), ["map.csv", "map.mts"]);
    let triplets = [&arguments[..], &["--format", "triplets"]].concat();
    assert_good(&mts(&triplets, None));
    assert_eq!(fs::read_to_string(&output).unwrap(), "k,_,n,value\n");
}
