//! Members that belong to nothing, or that nobody can have.

use metatensor_core::Result;

use super::*;

#[test]
fn members_elsewhere_are_ignored() {
    let map = good();
    let buffer = map.save_buffer().unwrap();
    let mut members = members(&buffer);
    for name in [
        "values.txt",
        "other.npy",
        "values.npy",
        "gradients/cell/values.npy",
        "blocks.npy",
        "Blocks/7/values.npy",
        "__MACOSX/blocks/7/values.npy",
        "__MACOSX/blocks/0/._values.npy",
        "blocks/",
        "blocks/7/",
        "blocks/0/.DS_Store",
        "blocks/0/gradients/cell",
        "blocks/0/gradients/",
        "blocks/0/gradients//",
        "blocks/0/gradients/../",
    ] {
        members.insert(0, (name.to_owned(), b"anything".to_vec()));
    }
    let loaded = TensorMap::load_buffer(&archive(&members)).unwrap();
    assert!(loaded.save_buffer().unwrap() == buffer);
}

/// The error of loading the good map, or its first block, with one more array of this name.
fn error_with_array<T: std::fmt::Debug>(
    saved: Vec<u8>,
    load: impl Fn(&[u8]) -> Result<T>,
    name: &str,
) -> String {
    let mut members = members(&saved);
    assert!(load(&archive(&members)).is_ok());
    members.insert(0, (name.to_owned(), npy("'|i1'", "(1, 1)", &[0])));
    let error = load(&archive(&members)).unwrap_err();
    assert!(matches!(error, Error::Serialization(_)), "{error:?}");
    error.to_string()
}

#[test]
fn arrays_that_belong_to_nothing_are_refused() {
    let in_block = [
        "components/1.npy",
        "components/00.npy",
        "components/0.npy.npy",
        "components/x/0.npy",
        "gradients/values.npy",
        "gradients/positions/properties.npy",
        "gradients/positions/components/01.npy",
        "gradients/positions/gradients/samples.npy",
        "gradients/cell/other.npy",
        "gradients/cell/components/0.npy",
        "gradients/a/gradients/b/values.npy",
        "gradients/positions/x/values.npy",
        "gradients/gradients/gradients/values.npy",
    ];
    for name in in_block {
        let saved = good().blocks()[0].save_buffer().unwrap();
        let message = error_with_array(saved, TensorBlock::load_buffer, name);
        assert_contains(
            &message,
            &[name, "does not belong to any block or gradient"],
        );
    }
    let in_map = [
        "blocks/values.npy",
        "blocks/00/values.npy",
        "blocks/+0/values.npy",
        "blocks/ 1/values.npy",
        "blocks/-1/values.npy",
        "blocks/x/values.npy",
        "blocks/0/other.npy",
        "blocks/0/blocks/0/values.npy",
        "blocks/0.npy",
    ];
    let in_map = in_map.iter().map(|&name| name.to_owned());
    for name in in_map.chain(in_block.map(|name| format!("blocks/1/{name}"))) {
        let saved = good().save_buffer().unwrap();
        let message = error_with_array(saved, TensorMap::load_buffer, &name);
        let name = name.as_str();
        assert_contains(
            &message,
            &[name, "does not belong to any block or gradient"],
        );
    }
}

#[test]
fn a_block_without_a_key_is_refused() {
    for name in ["blocks/2/values.npy", "blocks/17/gradients/g/samples.npy"] {
        let saved = good().save_buffer().unwrap();
        let message = error_with_array(saved, TensorMap::load_buffer, name);
        assert_contains(
            &message,
            &[name, "there is no key for block", "only 2 keys"],
        );
    }
    // a whole block is left when a key is
    let members_of = |archive: Vec<u8>| members(&archive).into_iter();
    let keys = Labels::new(["type"], &[[1]]).unwrap();
    let fewer = TensorMap::new(keys, good().blocks()[..1].to_vec()).unwrap();
    let keys = members_of(fewer.save_buffer().unwrap()).take(1);
    let others = members_of(good().save_buffer().unwrap()).skip(1);
    let message = TensorMap::load_buffer(&archive(&keys.chain(others).collect()));
    let message = message.unwrap_err().to_string();
    assert_contains(&message, &["'blocks/1/", "only 1 keys"]);
}

#[test]
fn gradients_with_names_that_can_not_be_are_refused() {
    for (name, shown) in [
        ("", "gradients//values.npy"),
        (".", "gradients/./values.npy"),
        ("..", "gradients/../values.npy"),
        ("a\u{1b}[31m", "gradients/a\\u{1b}[31m/values.npy"),
        ("\u{85}", "gradients/\\u{85}/values.npy"),
    ] {
        let renamed = |saved: Vec<u8>| {
            let mut members = members(&saved);
            for (member, _) in &mut members {
                *member = member.replace("gradients/positions/", &format!("gradients/{name}/"));
            }
            archive(&members)
        };
        let block = renamed(good().blocks()[0].save_buffer().unwrap());
        let error = TensorBlock::load_buffer(&block).unwrap_err();
        assert!(matches!(error, Error::Serialization(_)), "{error:?}");
        assert_contains(
            &error.to_string(),
            &[&format!("'{shown}'"), "name of a gradient"],
        );
        let map = renamed(good().save_buffer().unwrap());
        let error = TensorMap::load_buffer(&map).unwrap_err();
        assert!(matches!(error, Error::Serialization(_)), "{error:?}");
        assert_contains(&error.to_string(), &[&format!("'blocks/0/{shown}'")]);
        assert!(!error.to_string().contains(char::is_control));
    }
}

#[test]
fn gradients_nested_without_end_are_an_error() {
    let block = TensorBlock::new(
        Array2::<f32>::zeros((1, 1)),
        &Labels::new(["sample"], &[[0]]).unwrap(),
        &[],
        &Labels::single(),
    )
    .unwrap();
    let model = members(&block.save_buffer().unwrap());
    let nested = |depth: usize| {
        let mut all = model.clone();
        let mut prefix = String::new();
        for _ in 0..depth {
            prefix += "gradients/g/";
            for (name, bytes) in &model[..2] {
                all.push((format!("{prefix}{name}"), bytes.clone()));
            }
        }
        TensorBlock::load_buffer(&archive(&all))
    };
    let mut deepest = nested(64).unwrap();
    assert!(deepest.save_buffer().is_ok());
    let error = nested(1_000).unwrap_err().to_string();
    assert_contains(
        &error,
        &["gradients/g/gradients/g", "more than the limit of 64"],
    );

    let mut more = block;
    more.add_gradient("g", deepest).unwrap();
    deepest = more;
    assert_contains(&deepest.save_buffer().unwrap_err().to_string(), &["nested"]);
}
