//! Labels that are none.

use super::*;

#[test]
fn labels_that_are_not_valid_are_named() {
    let one = |name: &str, values: &[i32]| {
        npy(
            &format!("[('{name}', '<i4')]"),
            &format!("({},)", values.len()),
            &numbers(values),
        )
    };
    let two = |names: [&str; 2], values: &[i32]| {
        let descr = format!("[('{}', '<i4'), ('{}', '<i4')]", names[0], names[1]);
        npy(
            &descr,
            &format!("({},)", values.len() / 2),
            &numbers(values),
        )
    };
    let pair = ["sample", "atom"];
    for (name, member, parts) in [
        (
            "keys.npy",
            one("type", &[1, 1]),
            &["'keys.npy'", "rows 0 and 1", "(type=1)"][..],
        ),
        (
            "keys.npy",
            one("type", &[1, 2, 3]),
            &["'blocks/2/values.npy'"],
        ),
        (
            "keys.npy",
            one("a type", &[1, 2]),
            &["'keys.npy'", "'a type'"],
        ),
        ("keys.npy", one("", &[1, 2]), &["'keys.npy'", "''"]),
        (
            "keys.npy",
            two(["a", "a"], &[1, 2, 3, 4]),
            &["'keys.npy'", "got 'a' twice"],
        ),
        (
            "keys.npy",
            npy("'<i4'", "(2,)", &[0; 8]),
            &["'keys.npy'", "plain numbers"],
        ),
        (
            "keys.npy",
            npy("[('a', '<i8')]", "(2,)", &[0; 16]),
            &["'keys.npy'", "expected labels of int32, got int64 for 'a'"],
        ),
        (
            "keys.npy",
            npy("[('a', '<u4')]", "(2,)", &[0; 8]),
            &["'keys.npy'", "got uint32 for 'a'"],
        ),
        (
            "keys.npy",
            npy("[('a', '<i4'), ('b', '>i4')]", "(2,)", &[0; 16]),
            &["'keys.npy'", "byte order"],
        ),
        (
            "keys.npy",
            npy("[('a', '<i4')]", "(1, 2)", &[0; 8]),
            &["'keys.npy'", "shape [1, 2]"],
        ),
        (
            "keys.npy",
            npy("[]", "(1000000000,)", &[]),
            &["'keys.npy'", "without dimensions"],
        ),
        (
            "keys.npy",
            npy("[('a', '<i4')]", "(1000000000,)", &[]),
            &["'keys.npy'", "needs 4000000000 bytes"],
        ),
        (
            "blocks/0/samples.npy",
            two(["system", "atom"], &[5, 5, 5, 5]),
            &["'blocks/0/samples.npy'", "rows 0 and 1"],
        ),
        (
            "blocks/0/samples.npy",
            two(["atom", "system"], &[1, 2, 3, 4]),
            &["(type=8)", "sample names"],
        ),
        (
            "blocks/0/samples.npy",
            two(["system", "atom"], &[1, 2]),
            &["'blocks/0'", "axis 0"],
        ),
        (
            "blocks/0/components/0.npy",
            one("m", &[]),
            &["'blocks/0'", "component 0, 'm'"],
        ),
        (
            "blocks/0/components/0.npy",
            two(["m", "n"], &[0; 6]),
            &["'blocks/0/components/0.npy'", "rows 0 and 1"],
        ),
        (
            "blocks/0/components/0.npy",
            two(["m", "n"], &[0, 1, 2, 3, 4, 5]),
            &["'blocks/0'", "one dimension"],
        ),
        (
            "blocks/0/components/0.npy",
            one("x", &[0, 1, 2]),
            &["'blocks/0'", "'positions'", "components of the values"],
        ),
        (
            "blocks/0/properties.npy",
            one("p", &[0, 1]),
            &["(type=8)", "property names"],
        ),
        (
            "blocks/0/gradients/positions/samples.npy",
            two(pair, &[0, 0, 2, 0]),
            &["'blocks/0'", "'positions'", "2"],
        ),
        (
            "blocks/0/gradients/positions/samples.npy",
            two(pair, &[0, 0, -1, 0]),
            &["'blocks/0'", "'positions'", "-1"],
        ),
        (
            "blocks/0/gradients/positions/samples.npy",
            two(["atom", "sample"], &[0, 0, 1, 0]),
            &["'blocks/0'", "'positions'", "sample"],
        ),
        (
            "blocks/0/gradients/cell/samples.npy",
            two(pair, &[0, 0, 1, 0]),
            &["'blocks/0/gradients/cell/values.npy'"],
        ),
    ] {
        assert_contains(&error_with(name, member), parts);
    }
}
