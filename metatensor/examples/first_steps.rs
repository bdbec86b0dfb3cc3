//! A map with one block, and its square with the derivative. The README shows the same program.

use metatensor::ndarray::arr2;
use metatensor::prelude::*;

fn main() -> metatensor::Result<()> {
    // Two atoms with two properties each, x.
    let samples = Labels::new(["system", "atom"], [[0, 4], [0, 5]])?;
    let properties = Labels::range("n", 2)?;
    let x = arr2(&[[1.0, 2.0], [3.0, 4.0]]);
    let mut block = TensorBlock::new(x, &samples, [], &properties)?;

    // The derivative of the second one with respect to t. That of the first one is zero: it has no row.
    let rows = Labels::new(["sample"], [[1]])?;
    let dx_dt = TensorBlock::new(arr2(&[[0.5, 0.5]]), &rows, [], &properties)?;
    block.add_gradient("t", dx_dt)?;

    let keys = Labels::new(["center_type"], [[7]])?;
    let x = TensorMap::new(keys, vec![block])?;
    println!("{x}\n");

    // x², with its derivative 2 x dx/dt
    let squared = operations::pow(&x, 2.0)?;
    let block = squared.block(&[("center_type", 7)])?;
    println!("{}", block.to_ndarray::<f64>()?); // [[1, 4], [9, 16]]
    println!("{}", block.gradient("t")?.to_ndarray::<f64>()?); // [[3, 4]]
    Ok(())
}
