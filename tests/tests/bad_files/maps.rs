//! Maps whose parts do not fit, gradients, and info.

use super::Seen::{Loading, Opening};
use super::build::*;
use super::{BadFile, bad};

const GRADIENT: &str = "blocks/0/gradients/positions/";

pub(super) fn bad_files() -> Vec<BadFile> {
    let mut all = blocks();
    all.extend(gradients());
    all.extend(info());
    all
}

fn blocks() -> Vec<BadFile> {
    vec![
        bad(
            "without-keys",
            Opening,
            "which is an archive of something else, with the members 'blocks/0/values.npy', 'blocks/0/samples.npy', 'blocks/0/components/0.npy'; there is no 'keys.npy', as in maps, and no 'values.npy', as in blocks",
            without("keys.npy"),
        ),
        bad(
            "without-values",
            Loading,
            "there is no 'blocks/0/values.npy' in",
            without("blocks/0/values.npy"),
        ),
        bad(
            "without-samples",
            Loading,
            "there is no 'blocks/0/samples.npy' in",
            without("blocks/0/samples.npy"),
        ),
        bad(
            "without-component",
            Loading,
            "there is no 'blocks/0/components/0.npy' in",
            without("blocks/0/components/0.npy"),
        ),
        bad(
            "without-properties",
            Loading,
            "there is no 'blocks/0/properties.npy' in",
            without("blocks/0/properties.npy"),
        ),
        bad(
            "more-keys-than-blocks",
            Loading,
            "there is no 'blocks/2/values.npy' in",
            with("keys.npy", &labels(&["type"], &[1, 6, 8])),
        ),
        bad(
            "more-blocks-than-keys",
            Loading,
            "there is no key for block 1, only 1 keys: 'blocks/1/values.npy' does not belong to any block or gradient",
            with("keys.npy", &labels(&["type"], &[1])),
        ),
        bad(
            "array-of-no-block",
            Loading,
            "'blocks/0/other.npy' does not belong to any block or gradient",
            with("blocks/0/other.npy", &npy("'<f8'", "(1,)", &[0; 8])),
        ),
        bad(
            "array-outside-of-blocks",
            Loading,
            "'blocks/00/values.npy' does not belong to any block or gradient",
            with("blocks/00/values.npy", &npy("'<f8'", "(1,)", &[0; 8])),
        ),
    ]
}

fn gradients() -> Vec<BadFile> {
    let gradient = |name: &str, content: Vec<u8>| with(&format!("{GRADIENT}{name}"), &content);
    let pair = ["sample", "atom"];
    let samples = |names: &[&str], values: &[i32]| gradient("samples.npy", labels(names, values));
    let mut nested = good_parts();
    let own = |name: &str| {
        find(&mut good_parts(), &format!("{GRADIENT}{name}"))
            .data
            .clone()
    };
    let mut folder = GRADIENT.to_owned();
    for _ in 0..65 {
        folder += "gradients/g/";
        for name in ["values.npy", "samples.npy", "components/0.npy"] {
            nested.push(Part::new(&format!("{folder}{name}"), &own(name)));
        }
    }
    let mut missing = good_parts();
    missing.retain(|part| !part.record.name.starts_with(GRADIENT.as_bytes()));
    vec![
        bad(
            "gradient-of-no-sample",
            Loading,
            "'blocks/0': can not add the gradient 'positions': row 1 of a gradient, (sample=2, atom=0), refers to sample 2, but the values have 2 samples",
            samples(&pair, &[0, 0, 2, 0]),
        ),
        bad(
            "gradient-of-a-negative-sample",
            Loading,
            "'blocks/0': can not add the gradient 'positions': row 0 of a gradient, (sample=-1, atom=0), refers to sample -1, but the values have 2 samples",
            samples(&pair, &[-1, 0, 1, 0]),
        ),
        bad(
            "gradient-rows-twice",
            Loading,
            "'blocks/0/gradients/positions/samples.npy': labels must have distinct rows, but rows 0 and 1 both are (sample=1, atom=0)",
            samples(&pair, &[1, 0, 1, 0]),
        ),
        bad(
            "gradient-without-sample",
            Loading,
            "'blocks/0': can not add the gradient 'positions': the first dimension of the samples of a gradient must be 'sample', got ['atom', 'sample']",
            samples(&["atom", "sample"], &[0, 0, 1, 0]),
        ),
        bad(
            "gradient-without-samples",
            Loading,
            "there is no 'blocks/0/gradients/positions/samples.npy' in",
            without(&format!("{GRADIENT}samples.npy")),
        ),
        bad(
            "gradient-without-values",
            Loading,
            "there is no 'blocks/0/gradients/positions/values.npy' in",
            without(&format!("{GRADIENT}values.npy")),
        ),
        bad(
            "gradient-without-component",
            Loading,
            "there is no 'blocks/0/gradients/positions/components/0.npy' in",
            without(&format!("{GRADIENT}components/0.npy")),
        ),
        bad(
            "gradient-with-another-component",
            Loading,
            "'blocks/0': can not add the gradient 'positions': the last of its components must be the components of the values",
            gradient("components/0.npy", labels(&["x"], &[0, 1, 2])),
        ),
        bad(
            "gradient-with-other-properties",
            Loading,
            "'blocks/0/gradients/positions': axis 2 of the values has 3 entries, but there are 2 entries in the labels of this axis (properties: ['n'])",
            gradient("values.npy", npy("'<f8'", "(2, 3, 3)", &[0; 144])),
        ),
        bad(
            "gradient-of-another-type",
            Loading,
            "'blocks/0': can not add the gradient 'positions': it must have the data type of the values, float64, not float32",
            gradient("values.npy", npy("'<f4'", "(2, 3, 2)", &[0; 48])),
        ),
        bad(
            "gradient-with-properties",
            Loading,
            "'blocks/0/gradients/positions/properties.npy' does not belong to any block or gradient",
            gradient("properties.npy", labels(&["n"], &[0, 1])),
        ),
        bad(
            "gradient-of-one-block-only",
            Loading,
            "block (type=8) does not have the structure of the first block: expected the gradients [], got ['positions']",
            archive(&missing),
        ),
        bad(
            "gradient-out-of-the-folder",
            Loading,
            "'blocks/0/gradients/../values.npy': '..' can not be the name of a gradient: it means another folder",
            renamed("gradients/positions/", "gradients/../"),
        ),
        bad(
            "gradient-here",
            Loading,
            "'blocks/0/gradients/./values.npy': '.' can not be the name of a gradient: it means another folder",
            renamed("gradients/positions/", "gradients/./"),
        ),
        bad(
            "gradient-without-name",
            Loading,
            "'blocks/0/gradients//values.npy': '' can not be the name of a gradient: it is empty",
            renamed("gradients/positions/", "gradients//"),
        ),
        bad(
            "gradient-that-clears-the-terminal",
            Loading,
            "'blocks/0/gradients/a\\u{1b}[2J/values.npy': 'a\\u{1b}[2J' can not be the name of a gradient: it contains a control character",
            renamed("gradients/positions/", "gradients/a\u{1b}[2J/"),
        ),
        bad(
            "gradients-without-end",
            Loading,
            ": 65 levels of gradients are more than the limit of 64 (see `Limit::Depth`)",
            archive(&nested),
        ),
    ]
}

fn info() -> Vec<BadFile> {
    let info = |content: &[u8]| with("info.json", content);
    vec![
        bad(
            "info-empty",
            Loading,
            "'info.json': expected an object with strings for values: EOF while parsing a value at line 1 column 0",
            info(b""),
        ),
        bad(
            "info-not-utf8",
            Loading,
            "'info.json': expected an object with strings for values: invalid unicode code point at line 1 column 11",
            info(b"{\"unit\": \"\xff\"}"),
        ),
        bad(
            "info-of-a-number",
            Loading,
            "'info.json': expected an object with strings for values: invalid type: integer `1`, expected a string at line 1 column 11",
            info(b"{\"unit\": 1}"),
        ),
        bad(
            "info-with-nul",
            Loading,
            "'info.json': the entry 'unit' contains a NUL character",
            info(b"{\"unit\": \"e\\u0000\"}"),
        ),
        bad(
            "info-twice",
            Loading,
            "'info.json': expected an object with strings for values: the entry 'unit' comes twice at line 1 column 28",
            info(b"{\"unit\": \"eV\", \"unit\": \"Ha\"}"),
        ),
        bad(
            "info-half-a-character",
            Loading,
            "'info.json': expected an object with strings for values: unexpected end of hex escape at line 1 column 17",
            info(b"{\"unit\": \"\\ud800\"}"),
        ),
        bad(
            "info-deep",
            Loading,
            "'info.json': expected an object with strings for values: invalid type: sequence, expected an object at line 1 column 1",
            info("[".repeat(100_000).as_bytes()),
        ),
        bad(
            "info-deep-value",
            Loading,
            "'info.json': expected an object with strings for values: invalid type: map, expected a string at line 1 column 10",
            info(format!("{{\"unit\": {}", "{\"a\":".repeat(100_000)).as_bytes()),
        ),
    ]
}
