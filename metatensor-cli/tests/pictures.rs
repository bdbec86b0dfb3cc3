//! Pictures and pages: what they are, how large they get, and what a browser makes of them.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use flate2::read::ZlibDecoder;
use metatensor_core::{Complex, Labels, TensorBlock, TensorMap};
use ndarray::{Array2, Array3, arr2};

const DATA: &str = "tests/data/radial-spectrum.mts";
const KINDS: [&str; 4] = ["structure", "mapping", "sparsity", "histogram"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn mts(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mts"))
        .args(arguments)
        .current_dir(repository())
        .output()
        .unwrap()
}

/// What a command prints that has to succeed.
fn printed(arguments: &[&str]) -> Vec<u8> {
    let output = mts(arguments);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), &*errors),
        (Some(0), ""),
        "{arguments:?}"
    );
    output.stdout
}

/// Compares a picture with a file, or writes this file if asked to.
fn assert_picture(path: &Path, svg: &[u8]) {
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(path, svg).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    let svg = str::from_utf8(svg).unwrap();
    let difference = svg
        .lines()
        .zip(expected.lines())
        .find(|(new, old)| new != old);
    let path = path.display();
    assert_eq!(
        difference, None,
        "{path}: UPDATE_SNAPSHOTS=1 writes what is drawn now"
    );
    assert_eq!(svg.len(), expected.len(), "{path}");
}

#[test]
fn pictures_of_a_real_file() {
    for kind in KINDS {
        let keys = "center_type=6/7";
        let svg = printed(&["plot", DATA, "--kind", kind, "--keys", keys, "-o", "-"]);
        let name = format!("tests/snapshots/plot_{kind}.svg");
        assert_picture(&Path::new(env!("CARGO_MANIFEST_DIR")).join(name), &svg);
    }
}

#[test]
fn the_picture_of_the_readme_is_fresh() {
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    assert!(readme.contains("(docs/blocks.svg)"));
    let words: Vec<&str> = readme.split_whitespace().collect();
    let command = "`mts plot tests/data/radial-spectrum.mts -o docs/blocks.svg`";
    assert!(words.join(" ").contains(command), "it says how it is made");
    assert_picture(
        &repository().join("docs/blocks.svg"),
        &printed(&["plot", DATA, "-o", "-"]),
    );
}

/// Width, height, and pixels as red, green and blue.
fn decoded(png: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
    let mut rest = png.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap();
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes[..4].try_into().unwrap());
    let mut chunks = Vec::new();
    while !rest.is_empty() {
        let length = number(rest) as usize;
        let (kind, data) = (&rest[4..8], &rest[8..8 + length]);
        assert_eq!(
            number(&rest[8 + length..]),
            crc32fast::hash(&rest[4..8 + length])
        );
        chunks.push((kind, data));
        rest = &rest[12 + length..];
    }
    let [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")] = chunks[..] else {
        panic!("other chunks: {:?}", chunks.iter().map(|(kind, _)| kind));
    };
    assert_eq!(header[8..], [8, 2, 0, 0, 0]);
    let (width, height) = (number(header), number(&header[4..]));
    let mut bytes = Vec::new();
    ZlibDecoder::new(data).read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len(), (height * (1 + 3 * width)) as usize);
    let pixels = bytes.chunks((1 + 3 * width) as usize).flat_map(|row| {
        assert_eq!(row[0], 0, "there is no filter");
        row[1..]
            .chunks(3)
            .map(|pixel| [pixel[0], pixel[1], pixel[2]])
    });
    (width, height, pixels.collect())
}

/// The value of an attribute of the whole picture.
fn attribute(svg: &str, name: &str) -> u32 {
    let (_, rest) = svg.split_once(&format!(" {name}=\"")).unwrap();
    rest.split_once('"').unwrap().0.parse().unwrap()
}

#[test]
fn png_has_the_size_and_the_text_of_svg() {
    for kind in KINDS {
        let arguments = ["plot", DATA, "--kind", kind, "-o", "-"];
        let svg = String::from_utf8(printed(&arguments)).unwrap();
        for (dark, background, text) in [
            (&[][..], [0xff, 0xff, 0xff], [0x1d, 0x21, 0x26]),
            (&["--dark"], [0x15, 0x18, 0x1c], [0xe8, 0xeb, 0xef]),
        ] {
            let png = printed(&[&arguments[..], &["--format", "png"], dark].concat());
            let (width, height, pixels) = decoded(&png);
            assert_eq!(width, 2 * attribute(&svg, "width"), "{kind}");
            assert_eq!(height, 2 * attribute(&svg, "height"), "{kind}");
            assert_eq!(pixels[0], background);
            // The title, which has more than a hundred pixels that are nothing but text.
            let title = &pixels[..(width * 2 * 40) as usize];
            let count = title.iter().filter(|pixel| **pixel == text).count();
            assert!(count > 100, "{kind}: {count} pixels of text");
        }
    }
}

#[test]
fn new_files_replace_others_only_if_asked_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (command, name, start) in [
        ("plot", "a.svg", "<svg "),
        ("plot", "a.PNG", "\u{fffd}PNG"),
        ("report", "a.html", "<!DOCTYPE html>"),
    ] {
        let file = path(name);
        assert_eq!(printed(&[command, DATA, "-o", &file]), b"");
        let written = fs::read(&file).unwrap();
        assert!(
            String::from_utf8_lossy(&written).starts_with(start),
            "{name}"
        );
        let again = mts(&[command, DATA, "-o", &file]);
        assert_eq!(again.status.code(), Some(2));
        let errors = String::from_utf8(again.stderr).unwrap();
        assert_eq!(
            errors,
            format!("mts: '{file}' is there: --force replaces it\n")
        );

        fs::write(&file, "old").unwrap();
        // What fails leaves it as it is.
        assert_eq!(
            mts(&[command, "README.md", "-o", &file, "--force"])
                .status
                .code(),
            Some(2)
        );
        assert_eq!(fs::read(&file).unwrap(), b"old");
        printed(&[command, DATA, "-o", &file, "--force"]);
        assert_eq!(fs::read(&file).unwrap(), written);
    }
    let unknown = mts(&["plot", DATA, "-o", &path("a.pdf")]);
    let errors = String::from_utf8(unknown.stderr).unwrap();
    assert!(
        errors.contains("ends neither with .svg nor with .png"),
        "{errors}"
    );
    let names = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(names, 3, "nothing else is there");
}

const HOSTILE: &str = "<img src=x onerror=console.error(1)>\"'&<script>console.error(2)<\\script>";

/// A map with something odd in each block, and in all names that can have it.
fn odd() -> TensorMap {
    let properties = Labels::range("n", 2).unwrap();
    let component = Labels::range("o3_mu", 2).unwrap();
    let block = |samples: &[[i32; 1]], rows: &[[i32; 2]], value: f64| {
        let samples = Labels::new(["system"], samples).unwrap();
        let values = Array3::from_elem([samples.count(), 2, 2], Complex::new(value, 1.0));
        let mut block =
            TensorBlock::new(values, &samples, [component.clone()], &properties).unwrap();
        let rows = Labels::new(["sample", "atom"], rows).unwrap();
        let values = Array3::from_elem([rows.count(), 2, 2], Complex::new(value, 0.0));
        let mut gradient =
            TensorBlock::new(values, &rows, [component.clone()], &properties).unwrap();
        let inner = Labels::new(["sample"], [[0]]).unwrap();
        let inner = if rows.count() > 0 {
            inner
        } else {
            Labels::empty(&["sample"]).unwrap()
        };
        let values = Array3::from_elem([inner.count(), 2, 2], Complex::new(0.0, value));
        let inner = TensorBlock::new(values, &inner, [component.clone()], &properties).unwrap();
        gradient.add_gradient("strain", inner).unwrap();
        block.add_gradient(HOSTILE, gradient).unwrap();
        block
    };
    let blocks = vec![
        block(&[[0], [3]], &[[1, 0], [1, 7], [0, 7]], f64::NAN),
        block(&[], &[], 0.0),
        block(&[[1]], &[], f64::INFINITY),
        block(&[[1], [2]], &[[0, -3]], 0.0),
        block(&[[1], [2]], &[[0, -3]], f64::MAX),
    ];
    let keys = Labels::new(["key"], [[0], [1], [2], [3], [i32::MIN]]).unwrap();
    let mut map = TensorMap::new(keys, blocks).unwrap();
    map.info_mut()
        .insert(HOSTILE.to_owned(), HOSTILE.repeat(50));
    map
}

/// A map with so many blocks.
fn many(count: i32) -> TensorMap {
    let properties = Labels::range("n", 3).unwrap();
    let blocks = (0..count).map(|i| {
        let samples = Labels::range("atom", 1 + i as usize % 4).unwrap();
        let values = Array2::from_elem([samples.count(), 3], f64::from(i));
        let mut block = TensorBlock::new(values, &samples, [], &properties).unwrap();
        let rows = Labels::new(["sample", "atom"], [[0, i], [0, i + 1]]).unwrap();
        let gradient = arr2(&[[1.0, 2.0, 0.0], [f64::from(i), 1.0, 2.0]]);
        let gradient = TensorBlock::new(gradient, rows, [], &properties).unwrap();
        block.add_gradient("positions", gradient).unwrap();
        block
    });
    let blocks = blocks.collect();
    TensorMap::new(
        Labels::range("a_dimension_of_the_keys", count as usize).unwrap(),
        blocks,
    )
    .unwrap()
}

#[test]
fn everything_that_can_be_in_a_file_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str, map: &TensorMap| {
        let path = folder.path().join(name).to_str().unwrap().to_owned();
        map.save(&path).unwrap();
        path
    };
    let no_blocks = TensorMap::new(Labels::empty(&["key"]).unwrap(), vec![]).unwrap();
    let files = [save("odd.mts", &odd()), save("none.mts", &no_blocks)];
    let labels = folder
        .path()
        .join("labels.mts")
        .to_str()
        .unwrap()
        .to_owned();
    Labels::range("i", 20).unwrap().save(&labels).unwrap();
    for file in &files {
        for kind in KINDS {
            for format in ["svg", "png"] {
                printed(&["plot", file, "--kind", kind, "--format", format, "-o", "-"]);
            }
        }
    }
    for file in files.iter().chain([&labels]) {
        let page = String::from_utf8(printed(&["report", file, "-o", "-"])).unwrap();
        assert!(!page.contains("<img"), "text is escaped");
        assert_eq!(page.matches("<script").count(), 1);
    }
    let refused = mts(&["plot", &labels, "-o", "-"]);
    assert_eq!(refused.status.code(), Some(2));
}

/// The largest that a page may be.
const MOST_BYTES: usize = 5_000_000;

#[test]
fn many_blocks_make_no_large_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.mts").to_str().unwrap().to_owned();
    many(4000).save(&path).unwrap();
    let page = String::from_utf8(printed(&["report", &path, "-o", "-"])).unwrap();
    assert!(
        (2_000_000..MOST_BYTES).contains(&page.len()),
        "{} bytes",
        page.len()
    );
    // Tables and blocks that are shown one by one are cut, which is said.
    assert_eq!(page.matches(" blocks left out, of 4000").count(), 2);
    for kind in KINDS {
        let svg = String::from_utf8(printed(&["plot", &path, "--kind", kind, "-o", "-"])).unwrap();
        assert!(svg.len() < 100_000, "{kind}: {} bytes", svg.len());
        assert!(svg.contains("4000 blocks, the "), "{kind}");
        assert!(
            attribute(&svg, "width") < 1000 && attribute(&svg, "height") < 2000,
            "{kind}"
        );
    }
}
