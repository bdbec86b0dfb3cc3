//! Arrays with headers that are none, and labels that are none.

use super::Seen::{Loading, Opening};
use super::build::*;
use super::{BadFile, bad};

const VALUES: &str = "blocks/0/values.npy";
const SAMPLES: &str = "blocks/0/samples.npy";

pub(super) fn bad_files() -> Vec<BadFile> {
    let mut all = headers();
    all.extend(labels_that_are_none());
    all
}

fn headers() -> Vec<BadFile> {
    let values = |content: Vec<u8>| with(VALUES, &content);
    let shape = |shape: &str| values(npy("'<f8'", shape, &[0; 96]));
    let text = |text: &str| values(npy_text(text, &[0; 96]));
    let descr = |descr: &str| values(npy(descr, "(2, 3, 2)", &[0; 96]));
    let mut version = npy("'<f8'", "(2, 3, 2)", &[0; 96]);
    version[6] = 4;
    vec![
        bad(
            "header-of-4-gigabytes",
            Loading,
            "'blocks/0/values.npy': invalid npy header: it claims to be 4294967295 bytes long, more than 1048576",
            values(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec()),
        ),
        bad(
            "header-not-ascii",
            Loading,
            "'blocks/0/values.npy': invalid npy header: expected a printable ASCII character or the end of a string at byte 44 of the text, got '\\xc3'",
            text("{'descr': '<f8', 'fortran_order': False, 'größe': (2, 3, 2)}\n"),
        ),
        bad(
            "header-that-is-no-dictionary",
            Loading,
            "'blocks/0/values.npy': invalid npy header: expected '{' at byte 0 of the text, got '['",
            text("['<f8', False, (2, 3, 2)]\n"),
        ),
        bad(
            "header-without-order",
            Loading,
            "'blocks/0/values.npy': invalid npy header: the key 'fortran_order' is missing",
            text("{'descr': '<f8', 'shape': (2, 3, 2)}\n"),
        ),
        bad(
            "header-with-two-shapes",
            Loading,
            "'blocks/0/values.npy': invalid npy header: the key 'shape' comes twice",
            text(
                "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, 2), 'shape': (2, 3, 2)}\n",
            ),
        ),
        bad(
            "header-with-another-key",
            Loading,
            "'blocks/0/values.npy': invalid npy header: unknown key 'strides'",
            text("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, 2), 'strides': (1,)}\n"),
        ),
        bad(
            "header-with-order-1",
            Loading,
            "'blocks/0/values.npy': invalid npy header: expected True or False at byte 34 of the text, got '1'",
            text("{'descr': '<f8', 'fortran_order': 1, 'shape': (2, 3, 2)}\n"),
        ),
        bad(
            "header-and-more",
            Loading,
            "'blocks/0/values.npy': invalid npy header: expected the end at byte 61 of the text, got '1'",
            text("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, 2)} 1\n"),
        ),
        bad(
            "shape-larger-than-64-bits",
            Loading,
            "'blocks/0/values.npy': invalid npy header: a number in the shape is too large",
            shape("(18446744073709551616, 3, 2)"),
        ),
        bad(
            "shape-larger-than-memory",
            Loading,
            "'blocks/0/values.npy': invalid npy header: the shape is larger than any memory",
            shape("(4294967296, 4294967296, 2)"),
        ),
        bad(
            "shape-hidden-by-a-zero",
            Loading,
            "'blocks/0/samples.npy': invalid npy header: the shape is larger than any memory",
            with(
                SAMPLES,
                &npy("[('system', '<i4')]", "(0, 9223372036854775807)", &[]),
            ),
        ),
        bad(
            "shape-negative",
            Loading,
            "'blocks/0/values.npy': invalid npy header: expected a number at byte 51 of the text, got '-'",
            shape("(-2, 3, 2)"),
        ),
        bad(
            "shape-with-a-leading-zero",
            Loading,
            "'blocks/0/values.npy': invalid npy header: the number 02 starts with a zero",
            shape("(02, 3, 2)"),
        ),
        bad(
            "shape-of-more",
            Loading,
            "'blocks/0/values.npy': an array of shape [1000000000, 3, 2] needs 48000000000 bytes, got 96",
            shape("(1000000000, 3, 2)"),
        ),
        bad(
            "shape-of-less",
            Loading,
            "'blocks/0/values.npy': an array of shape [2, 3, 1] needs 48 bytes, got 96",
            shape("(2, 3, 1)"),
        ),
        bad(
            "shape-of-a-number",
            Loading,
            "'blocks/0': expected values with 2 axes (samples, 0 components, properties), got an array of shape []",
            values(npy("'<f8'", "()", &[0; 8])),
        ),
        bad(
            "shape-of-other-samples",
            Loading,
            "'blocks/0': axis 0 of the values has 1 entries, but there are 2 entries in the labels of this axis (samples: ['system', 'atom'])",
            shape("(1, 6, 2)"),
        ),
        bad(
            "shape-in-fortran-order",
            Loading,
            "'blocks/0': axis 0 of the values has 3 entries, but there are 2 entries in the labels of this axis (samples: ['system', 'atom'])",
            text("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2, 2)}\n"),
        ),
        bad(
            "dtype-of-objects",
            Loading,
            "'blocks/0/values.npy': invalid npy header: unsupported data type '|O'",
            descr("'|O'"),
        ),
        bad(
            "dtype-of-dates",
            Loading,
            "'blocks/0/values.npy': invalid npy header: unsupported data type '<M8[ns]'",
            descr("'<M8[ns]'"),
        ),
        bad(
            "dtype-with-fields",
            Loading,
            "'blocks/0/values.npy': expected an array of numbers, got records with named fields",
            descr("[('a', '<f8')]"),
        ),
        bad(
            "dtype-unlike-other-blocks",
            Loading,
            "'blocks/0': can not add the gradient 'positions': it must have the data type of the values, int64, not float64",
            descr("'<i8'"),
        ),
        bad(
            "dtype-of-other-size",
            Loading,
            "'blocks/0/values.npy': an array of shape [2, 3, 2] needs 48 bytes, got 96",
            descr("'<f4'"),
        ),
        bad(
            "bytes-that-are-no-booleans",
            Loading,
            "'blocks/0/values.npy': the byte 3 is not a boolean, expected 0 or 1",
            values(npy("'|b1'", "(2, 3, 2)", &[3; 12])),
        ),
    ]
}

fn labels_that_are_none() -> Vec<BadFile> {
    let keys = |content: Vec<u8>| with("keys.npy", &content);
    let samples = |content: Vec<u8>| with(SAMPLES, &content);
    vec![
        bad(
            "keys-twice",
            Opening,
            "'keys.npy': labels must have distinct rows, but rows 0 and 1 both are (type=8)",
            keys(labels(&["type"], &[8, 8])),
        ),
        bad(
            "keys-with-a-space",
            Opening,
            "'keys.npy': 'a type' can not name a dimension: expected ASCII letters, digits and underscores, not starting with a digit",
            keys(labels(&["a type"], &[1, 8])),
        ),
        bad(
            "keys-without-name",
            Opening,
            "'keys.npy': '' can not name a dimension: expected ASCII letters, digits and underscores, not starting with a digit",
            keys(labels(&[""], &[1, 8])),
        ),
        bad(
            "keys-of-one-name",
            Opening,
            "'keys.npy': dimension names must be unique, got 'type' twice",
            keys(labels(&["type", "type"], &[1, 2, 3, 4])),
        ),
        bad(
            "keys-of-numbers",
            Opening,
            "'keys.npy': expected records with one field per dimension, got plain numbers",
            keys(npy("'<i4'", "(2,)", &[0; 8])),
        ),
        bad(
            "keys-of-64-bits",
            Opening,
            "'keys.npy': expected labels of int32, got int64 for 'type'",
            keys(npy("[('type', '<i8')]", "(2,)", &[0; 16])),
        ),
        bad(
            "keys-in-two-orders",
            Opening,
            "'keys.npy': the dimensions do not all have the same byte order",
            keys(npy("[('a', '<i4'), ('b', '>i4')]", "(2,)", &[0; 16])),
        ),
        bad(
            "keys-with-two-axes",
            Opening,
            "'keys.npy': expected labels with one axis, got an array of shape [2, 1]",
            keys(npy("[('type', '<i4')]", "(2, 1)", &[0; 8])),
        ),
        bad(
            "keys-without-dimensions",
            Opening,
            "'keys.npy': labels without dimensions have 1000000000 rows",
            keys(npy("[]", "(1000000000,)", &[])),
        ),
        bad(
            "keys-that-are-not-there",
            Opening,
            "'keys.npy': an array of shape [1000000000] needs 4000000000 bytes, got 0",
            keys(npy("[('type', '<i4')]", "(1000000000,)", &[])),
        ),
        bad(
            "keys-with-a-name-not-ascii",
            Opening,
            "'keys.npy': invalid npy header: expected a printable ASCII character or the end of a string at byte 15 of the text, got '\\xc3'",
            keys(npy("[('größe', '<i4')]", "(2,)", &[0; 8])),
        ),
        bad(
            "samples-twice",
            Loading,
            "'blocks/0/samples.npy': labels must have distinct rows, but rows 0 and 1 both are (system=5, atom=5)",
            samples(labels(&["system", "atom"], &[5, 5, 5, 5])),
        ),
        bad(
            "samples-one-too-many",
            Loading,
            "'blocks/0': axis 0 of the values has 2 entries, but there are 3 entries in the labels of this axis (samples: ['system', 'atom'])",
            samples(labels(&["system", "atom"], &[0, 7, 1, 7, 2, 7])),
        ),
        bad(
            "samples-with-other-names",
            Loading,
            "block (type=8) does not have the structure of the first block: expected the sample names ['atom', 'system'], got ['system', 'atom']",
            samples(labels(&["atom", "system"], &[0, 7, 1, 7])),
        ),
        bad(
            "samples-of-one-dimension",
            Loading,
            "block (type=8) does not have the structure of the first block: expected the sample names ['system'], got ['system', 'atom']",
            samples(labels(&["system"], &[0, 1])),
        ),
        bad(
            "component-of-two-dimensions",
            Loading,
            "'blocks/0': component labels must have one dimension, got ['m', 'l'] for component 0",
            with(
                "blocks/0/components/0.npy",
                &labels(&["m", "l"], &[0, 1, 1, 1, 2, 1]),
            ),
        ),
        bad(
            "component-one-too-few",
            Loading,
            "'blocks/0': axis 1 of the values has 3 entries, but there are 2 entries in the labels of this axis (component 0: ['m'])",
            with("blocks/0/components/0.npy", &labels(&["m"], &[0, 1])),
        ),
        bad(
            "properties-one-too-few",
            Loading,
            "'blocks/0': axis 2 of the values has 2 entries, but there are 1 entries in the labels of this axis (properties: ['n'])",
            with("blocks/0/properties.npy", &labels(&["n"], &[0])),
        ),
        bad(
            "properties-with-another-name",
            Loading,
            "block (type=8) does not have the structure of the first block: expected the property names ['q'], got ['n']",
            with("blocks/0/properties.npy", &labels(&["q"], &[0, 1])),
        ),
    ]
}
