//! Pages as Chromium shows them, on a desk and on a phone, in the light and in the dark.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use metatensor_core::{Labels, TensorBlock, TensorMap};
use metatensor_tools::programs::program_of;
use metatensor_tools::run::output;
use ndarray::Array2;

const DATA: &str = "tests/data/spherical-expansion.mts";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn mts(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mts"));
    output(command.args(arguments).current_dir(repository())).unwrap()
}

/// What a page finds out about itself, in an attribute that is read from outside.
const QUESTIONS: &str = r#"<script>
"use strict";
for (const details of document.querySelectorAll("details")) details.open = true;
const table = document.querySelector("table.data");
const rows = () => [...table.tBodies[0].rows].filter((row) => !row.hidden);
const click = (name) => [...table.querySelectorAll("th button")].find((b) => b.textContent === name).click();
const column = (i) => rows().map((row) => row.cells[i].textContent).join(" ");
const answers = {
  width: window.innerWidth,
  content: document.documentElement.scrollWidth,
  background: getComputedStyle(document.body).backgroundColor,
  fetched: performance.getEntriesByType("resource").length,
  pictures: [...document.querySelectorAll("svg")].filter((svg) => svg.getBoundingClientRect().width > 20).length,
  text: getComputedStyle(document.querySelector("svg .text")).fill,
  before: column(0),
};
click("block");
click("block");
answers.descending = column(0);
const search = document.querySelector("input[type=search]");
if (search) {
  search.value = "GRADIENT float64";
  search.dispatchEvent(new Event("input"));
}
answers.found = rows().length;
parent.document.body.setAttribute("data-answers", Object.entries(answers).map(([k, v]) => `${k}=${v};`).join(""));
</script></body>"#;

struct Answers(String);

impl Answers {
    fn of(&self, name: &str) -> &str {
        let (_, rest) = self.0.split_once(&format!("{name}=")).unwrap();
        rest.split_once(';').unwrap().0
    }
}

/// Opens a page in a frame of this width, since windows can not be as narrow as a phone, and asks it. It must not say anything on its
/// console.
fn ask(page: &str, width: u32, options: &[&str]) -> Answers {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    let page = page.replacen("</body>", QUESTIONS, 1);
    let page = page.replace('&', "&amp;").replace('"', "&quot;");
    let frame = format!(
        "<!DOCTYPE html><html><body><iframe width=\"{width}\" height=\"844\" style=\"border: 0\" srcdoc=\"{page}\"></iframe></body></html>"
    );
    fs::write(&path, frame).unwrap();
    let mut chromium = program_of("chromium", &["chromium"]).unwrap();
    let ran = chromium
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args(["--hide-scrollbars", "--enable-logging=stderr", "--dump-dom"])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .args(options)
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    let console: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("CONSOLE"))
        .collect();
    assert!(console.is_empty(), "{console:?}");
    let document = String::from_utf8(ran.stdout).unwrap();
    let answers = document.split_once("data-answers=\"");
    let (_, rest) = answers.unwrap_or_else(|| panic!("no answers: {said}"));
    Answers(rest.split_once('"').unwrap().0.to_owned())
}

const DARK: &str = "--blink-settings=preferredColorScheme=0";
const PHONE: u32 = 390;

#[test]
fn a_real_file_on_a_phone_in_the_dark_and_on_a_desk() {
    let page = mts(&["report", DATA, "-o", "-"]);
    let phone = ask(&page, PHONE, &[DARK]);
    assert_eq!((phone.of("width"), phone.of("content")), ("390", "390"));
    assert_eq!(phone.of("background"), "rgb(21, 24, 28)");
    assert_eq!(phone.of("text"), "rgb(232, 235, 239)");

    let desk = ask(&page, 1200, &[]);
    assert_eq!((desk.of("width"), desk.of("content")), ("1200", "1200"));
    assert_eq!(desk.of("background"), "rgb(255, 255, 255)");
    assert_eq!(desk.of("text"), "rgb(29, 33, 38)");
    assert_eq!(desk.of("fetched"), "0");
    // Twelve blocks, and four pictures of each of them.
    assert_eq!(desk.of("pictures"), "60");
    // Two rows for each block, sorted as numbers.
    assert!(
        desk.of("before").starts_with("0 0 1 1 2 2 "),
        "{}",
        desk.of("before")
    );
    assert!(
        desk.of("descending").starts_with("11 11 10 10 9 9 "),
        "{}",
        desk.of("descending")
    );
    // Words may be anywhere in a row.
    assert_eq!(desk.of("found"), "12");
}

#[test]
fn hostile_text_stays_text() {
    let hostile = "<img src=x onerror=console.error(1)>\"'&<script>console.error(2)<\\script>";
    let properties = Labels::range(&"n".repeat(200), 300).unwrap();
    let samples = Labels::range("atom", 3).unwrap();
    let values = Array2::<f32>::from_elem([3, 300], 8.0);
    let mut block = TensorBlock::new(values, samples, [], &properties).unwrap();
    let rows = Labels::new(["sample"], [[0], [2]]).unwrap();
    let values = Array2::<f32>::from_elem([2, 300], f32::NAN);
    let gradient = TensorBlock::new(values, rows, [], &properties).unwrap();
    block.add_gradient(hostile, gradient).unwrap();
    let mut map = TensorMap::new(Labels::single(), vec![block]).unwrap();
    let end = "</script></style></title></dd></td><script>console.error(3)</script>";
    map.info_mut().insert(hostile.into(), end.into());
    map.info_mut().insert("long".into(), "x".repeat(100_000));

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("<b onclick=x>{{script}}.mts");
    map.save(&path).unwrap();
    let page = mts(&["report", path.to_str().unwrap(), "-o", "-"]);
    let phone = ask(&page, PHONE, &[]);
    assert_eq!((phone.of("width"), phone.of("content")), ("390", "390"));
    assert_eq!(phone.of("fetched"), "0");

    // The same in pictures, as pages of their own.
    for kind in ["structure", "mapping", "sparsity", "histogram"] {
        let svg = mts(&["plot", path.to_str().unwrap(), "--kind", kind, "-o", "-"]);
        assert!(!svg.contains("<img") && !svg.contains("<script"), "{kind}");
    }
}

#[test]
fn browsers_read_the_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let mut page = "<!DOCTYPE html><html><body>".to_owned();
    for format in ["svg", "png"] {
        let file = folder.path().join(format!("picture.{format}"));
        mts(&["plot", DATA, "-o", file.to_str().unwrap()]);
        page += &format!("<img src=\"file://{}\">", file.display());
    }
    page += "</body></html>";
    let path = folder.path().join("page.html");
    let script = "<script>onload = () => { for (const image of document.images) \
                  image.alt = `${image.naturalWidth} x ${image.naturalHeight}`; }</script></body>";
    fs::write(&path, page.replacen("</body>", script, 1)).unwrap();
    let mut chromium = program_of("chromium", &["chromium"]).unwrap();
    let document = output(
        chromium
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--dump-dom",
            ])
            .arg(format!(
                "--user-data-dir={}",
                folder.path().join("profile").display()
            ))
            .arg(format!("file://{}", path.display())),
    )
    .unwrap();
    let sizes: Vec<(u32, u32)> = document
        .split("alt=\"")
        .skip(1)
        .map(|rest| {
            let (width, height) = rest.split_once('"').unwrap().0.split_once(" x ").unwrap();
            (width.parse().unwrap(), height.parse().unwrap())
        })
        .collect();
    let [(width, height), png] = sizes[..] else {
        panic!("there are two pictures: {document}");
    };
    assert!(width > 600 && height > 300, "{width} x {height}");
    assert_eq!(png, (2 * width, 2 * height));
}
