use metatensor_core::{Error, Labels, Result, TensorBlock};

use super::{add_gradients, check_no_second_derivatives, without_gradients};

/// A block with the gradient `parameters[0]`, which has the gradient `parameters[1]`, and so on.
fn nested(parameters: &[&str]) -> TensorBlock {
    let names = if parameters.len() == 3 { "s" } else { "sample" };
    let values = ndarray::arr2(&[[1.0]]);
    let rows = Labels::new([names], &[[0]]).unwrap();
    let mut block = TensorBlock::new(values, rows, &[], Labels::range("p", 1).unwrap()).unwrap();
    if let Some((first, others)) = parameters.split_first() {
        block.add_gradient(first, nested(others)).unwrap();
    }
    block
}

#[test]
fn errors_of_gradients_name_the_path_to_them() {
    fn fail_below(block: &TensorBlock, depth: usize) -> Result<TensorBlock> {
        if depth == 0 {
            return Err(Error::unsupported("no"));
        }
        let mut result = without_gradients(block)?;
        add_gradients(&mut result, block, &mut |_, gradient| {
            fail_below(gradient, depth - 1)
        })?;
        Ok(result)
    }
    let block = nested(&["positions", "strain", "cell"]);
    for (depth, path) in [
        (1, "positions"),
        (2, "positions/strain"),
        (3, "positions/strain/cell"),
    ] {
        let error = fail_below(&block, depth).unwrap_err().to_string();
        assert!(
            error.ends_with(&format!("gradient '{path}': no")),
            "{error}"
        );
    }
    let copy = fail_below(&block, 4).unwrap();
    assert!(copy.gradient("positions").unwrap().has_gradient("strain"));
}

#[test]
fn refused_second_derivatives_are_named_to_the_last_one() {
    let error = check_no_second_derivatives(&nested(&["positions", "strain", "cell"]));
    let error = error.unwrap_err().to_string();
    assert!(error.ends_with("got 'positions/strain/cell'"), "{error}");
    let gradients = nested(&["positions", "strain", "cell"]);
    let only_first = nested(&[]);
    assert!(check_no_second_derivatives(&only_first).is_ok());
    assert!(check_no_second_derivatives(gradients.gradient("positions").unwrap()).is_err());
}
