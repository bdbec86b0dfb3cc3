//! Whether maps are the same, and where they are not.

use crate::{Ended, part};

use metatensor::prelude::*;

pub(crate) fn main() -> Ended {
    let map = TensorMap::load("radial-spectrum.mts")?;
    part("compare", || {
        // ANCHOR: compare
        use metatensor::operations::{AllcloseOptions, add_scalar, allclose, check_allclose};

        let other = add_scalar(&map, 1e-3)?;
        let options = AllcloseOptions {
            rtol: 0.0,
            atol: 1e-6,
            ..AllcloseOptions::default()
        };
        println!("{}", allclose(&map, &other, options)?);
        if let Err(difference) = check_allclose(&map, &other, options) {
            println!("{difference}");
        }
        // ANCHOR_END: compare
        Ok(())
    })?;
    part("labels", || {
        // ANCHOR: labels
        use metatensor::operations::{
            Axis, Direction, EqualMetadataOptions, check_equal_metadata, sort,
        };

        let sorted = sort(&map, &[Axis::Samples], Direction::Descending)?;
        if let Err(difference) =
            check_equal_metadata(&map, &sorted, EqualMetadataOptions::default())
        {
            println!("{difference}");
        }
        // ANCHOR_END: labels
        Ok(())
    })
}
