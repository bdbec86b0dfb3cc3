//! Blocks with spherical components.

use metatensor_core::{Error, Labels, Result, TensorMap};

use super::coefficients::MAX_SUM;

/// Names of dimensions.
pub(super) const LAMBDA: &str = "o3_lambda";
pub(super) const SIGMA: &str = "o3_sigma";
pub(super) const MU: &str = "o3_mu";

/// The angular momentum and the parity of each block.
pub(super) struct Momenta(Vec<(usize, i32)>);

impl Momenta {
    /// # Errors
    /// If there are no such dimensions of keys, or their values are not possible.
    pub(super) fn of(keys: &Labels) -> Result<Momenta> {
        for name in [LAMBDA, SIGMA] {
            if !keys.names().contains(name) {
                return Err(Error::invalid(format!(
                    "keys must have the dimensions '{LAMBDA}' and '{SIGMA}', got {}",
                    keys.names()
                )));
            }
        }
        let (lambdas, sigmas) = (keys.column(LAMBDA)?, keys.column(SIGMA)?);
        let all = lambdas.into_iter().zip(sigmas).enumerate();
        let all = all.map(|(i, (lambda, sigma))| {
            let invalid = |name, what| {
                let error = Error::invalid(format!("'{name}' must be {what}"));
                error.context(format!("block {}", keys.describe(i)))
            };
            if ![1, -1].contains(&sigma) {
                return Err(invalid(SIGMA, "1 or -1".to_owned()));
            }
            match usize::try_from(lambda) {
                Ok(lambda) if lambda <= MAX_SUM => Ok((lambda, sigma)),
                _ => Err(invalid(LAMBDA, format!("a number from 0 to {MAX_SUM}"))),
            }
        });
        Ok(Momenta(all.collect::<Result<_>>()?))
    }

    pub(super) fn get(&self, block: usize) -> (usize, i32) {
        self.0[block]
    }
}

/// The components `o3_mu` of a block.
pub(super) fn components(lambda: usize) -> Result<Labels> {
    let lambda = lambda as i32;
    Labels::assume_unique(&[MU], (-lambda..=lambda).collect())
}

/// Fails if a block does not have the components of its angular momentum, and no others.
pub(super) fn check_components(map: &TensorMap) -> Result<()> {
    let momenta = Momenta::of(map.keys())?;
    for (i, block) in map.blocks().iter().enumerate() {
        let (lambda, _) = momenta.get(i);
        let in_block = |error: Error| error.context(format!("block {}", map.keys().describe(i)));
        let [mu] = block.components() else {
            let reason = format!(
                "there must be one component, '{MU}', got {}",
                block.components().len()
            );
            return Err(in_block(Error::invalid(reason)));
        };
        if *mu != components(lambda)? {
            let reason = format!(
                "the component of '{LAMBDA}' {lambda} must be '{MU}' from -{lambda} to {lambda}, got {} with {} entries{}",
                mu.names(),
                mu.count(),
                if mu.count() == 2 * lambda + 1 {
                    " in another order"
                } else {
                    ""
                },
            );
            return Err(in_block(Error::invalid(reason)));
        }
    }
    Ok(())
}
