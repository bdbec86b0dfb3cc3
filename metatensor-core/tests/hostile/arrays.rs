//! Members that are missing, and arrays that are no arrays or do not fit.

use super::*;

#[test]
fn members_that_are_missing_are_named() {
    let all = members(&good().save_buffer().unwrap());
    assert_eq!(all.len(), 16);
    for i in 0..all.len() {
        let mut some = all.clone();
        let (name, _) = some.remove(i);
        let result = TensorMap::load_buffer(&archive(&some));
        if name == "info.json" {
            assert!(result.unwrap().info().is_empty());
        } else {
            assert_contains(&result.unwrap_err().to_string(), &[&name]);
        }
    }
    let block = members(&good().blocks()[0].save_buffer().unwrap());
    for i in 0..block.len() {
        let mut some = block.clone();
        let (name, _) = some.remove(i);
        let error = TensorBlock::load_buffer(&archive(&some)).unwrap_err();
        assert_contains(&error.to_string(), &[&name]);
    }
}

#[test]
fn arrays_that_do_not_fit_are_named() {
    let f8 = |shape: &str, count: usize| npy("'<f8'", shape, &vec![0; 8 * count]);
    for (name, member, parts) in [
        (
            "blocks/1/values.npy",
            f8("(3, 3, 3)", 27),
            &["'blocks/1'", "axis 2"][..],
        ),
        (
            "blocks/1/values.npy",
            f8("()", 1),
            &["'blocks/1'", "shape []"],
        ),
        (
            "blocks/1/values.npy",
            f8("(3, 3, 1, 2)", 18),
            &["blocks/1/components/1.npy"],
        ),
        (
            "blocks/1/values.npy",
            f8("(3, 3, 2)", 17),
            &["'blocks/1/values.npy'", "needs 144 bytes, got 136"],
        ),
        (
            "blocks/1/values.npy",
            f8("(3, 3, 2)", 19),
            &["'blocks/1/values.npy'", "needs 144 bytes, got 152"],
        ),
        (
            "blocks/1/values.npy",
            f8("(9223372036854775807, 4, 4)", 1),
            &["'blocks/1/values.npy'", "larger than any memory"],
        ),
        (
            "blocks/1/values.npy",
            f8("(0, 9223372036854775807, 3)", 0),
            &["'blocks/1/values.npy'", "larger than any memory"],
        ),
        (
            "blocks/1/values.npy",
            f8("(1000000000, 3, 2)", 18),
            &["'blocks/1/values.npy'", "needs 48000000000 bytes"],
        ),
        (
            "blocks/1/values.npy",
            f8("(1000000000, 0, 2)", 0),
            &["'blocks/1'", "axis 0"],
        ),
        (
            "blocks/1/values.npy",
            npy("'<f4'", "(3, 3, 2)", &[0; 72]),
            &["'blocks/1'", "float32, not float64"],
        ),
        (
            "blocks/1/values.npy",
            npy("'|O'", "(3, 3, 2)", &[0; 72]),
            &["'blocks/1/values.npy'", "'|O'"],
        ),
        (
            "blocks/1/values.npy",
            npy("[('a', '<f8')]", "(3, 3, 2)", &[0; 144]),
            &["'blocks/1/values.npy'", "named fields"],
        ),
        (
            "blocks/1/values.npy",
            npy("'|b1'", "(3, 3, 2)", &[3; 18]),
            &["'blocks/1/values.npy'", "the byte 3"],
        ),
        (
            "blocks/1/values.npy",
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec(),
            &["'blocks/1/values.npy'", "4294967295 bytes long"],
        ),
        (
            "blocks/1/values.npy",
            b"\x93NUMPY\x01\x00\xff\xff{".to_vec(),
            &["'blocks/1/values.npy'", "65545 bytes long"],
        ),
        (
            "blocks/1/values.npy",
            Vec::new(),
            &["'blocks/1/values.npy'", "NUMPY"],
        ),
        (
            "blocks/0/gradients/positions/values.npy",
            f8("(1, 3, 2)", 6),
            &["'blocks/0/gradients/positions'", "axis 0"],
        ),
        (
            "blocks/0/gradients/positions/values.npy",
            npy("'<i8'", "(2, 3, 2)", &[0; 96]),
            &["'blocks/0'", "'positions'", "float64", "int64"],
        ),
    ] {
        assert_contains(&error_with(name, member), parts);
    }
}

/// Python refuses them as well.
#[test]
fn numbers_that_start_with_zero_are_no_shapes() {
    let i32s = "[('n', '<i4')]";
    let (values, row) = (vec![0; 12 * 8], numbers(&[0, 1]));
    for (name, valid, bad, member) in [
        (
            "blocks/0/values.npy",
            "(2, 3, 2)",
            ["(00002, 3, 2)", "(2, 03, 2)", "(2, 3, 02)"],
            ("'<f8'", &values),
        ),
        (
            "blocks/0/gradients/positions/values.npy",
            "(2, 3, 2)",
            ["(002, 3, 2)", "(2, 03, 2,)", "(2, 3, 0002)"],
            ("'<f8'", &values),
        ),
        (
            "blocks/0/properties.npy",
            "(2,)",
            ["(02,)", "( 00002 ,)", "(00,)"],
            (i32s, &row),
        ),
    ] {
        let (descr, data) = member;
        let load = |shape| {
            let mut members = members(&good().save_buffer().unwrap());
            for (other, bytes) in &mut members {
                if other == name {
                    *bytes = npy(descr, shape, data);
                }
            }
            TensorMap::load_buffer(&archive(&members))
        };
        let result = load(valid);
        assert!(result.is_ok(), "{name}: {result:?}");
        for shape in bad {
            let error = load(shape).unwrap_err().to_string();
            assert_contains(&error, &[name, "starts with a zero"]);
        }
    }
}
