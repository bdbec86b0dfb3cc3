//! What gradients must have in common to be multiplied.

use std::collections::HashMap;

use metatensor_core::{Error, Labels, Result, TensorBlock};

use crate::engine::{NotEqual, same_parameters};

/// Fails if two blocks do not have gradients with respect to the same parameters, at all depths.
pub(crate) fn same_trees(a: &TensorBlock, b: &TensorBlock) -> Result<(), NotEqual> {
    same_parameters(a, b)?;
    for (parameter, gradient) in a.gradients() {
        same_trees(gradient, b.gradient(parameter)?)
            .map_err(|different| different.in_gradient(parameter))?;
    }
    Ok(())
}

/// What is known of gradients with respect to each parameter.
#[derive(Default)]
pub(super) struct Known<'a>(HashMap<&'a str, Own<'a>>);

/// What the first gradient with respect to a parameter has, and its parent has not.
struct Own<'a> {
    path: String,
    samples: &'a Labels,
    components: &'a [Labels],
}

/// The components of a gradient that its parent does not have.
pub(super) fn own_components<'a>(gradient: &'a TensorBlock, parent: &TensorBlock) -> &'a [Labels] {
    let count = gradient.components().len() - parent.components().len();
    &gradient.components()[..count]
}

impl<'a> Known<'a> {
    /// Fails if a gradient with this path does not have the dimensions and components that others with respect to the same
    /// parameter have.
    pub(super) fn check(
        &mut self,
        parameter: &'a str,
        path: &str,
        gradient: &'a TensorBlock,
        parent: &TensorBlock,
    ) -> Result<()> {
        let own = Own {
            path: path.to_owned(),
            samples: gradient.samples(),
            components: own_components(gradient, parent),
        };
        let Some(known) = self.0.get(parameter) else {
            self.0.insert(parameter, own);
            return Ok(());
        };
        let different = |what: &str, this: String, that: String| {
            let first = &known.path;
            Err(Error::NotEqual(format!(
                "gradient '{path}' has other {what} than a gradient '{first}': {this} and {that}"
            )))
        };
        let (names, others) = (own.samples.names(), known.samples.names());
        if names != others {
            return different(
                "dimensions of samples",
                names.to_string(),
                others.to_string(),
            );
        }
        // No two components of a block have the same name.
        let is_repeated = path.split('/').filter(|&other| other == parameter).count() > 1;
        let is_same = |(a, b): (&Labels, &Labels)| match is_repeated {
            true => a.rows().values() == b.rows().values(),
            false => a == b,
        };
        let mut pairs = own.components.iter().zip(known.components);
        if own.components.len() != known.components.len() || !pairs.all(is_same) {
            let describe = |components: &[Labels]| {
                let all = components
                    .iter()
                    .map(|c| format!("{} ({})", c.names()[0].to_owned(), c.count()));
                format!("[{}]", all.collect::<Vec<_>>().join(", "))
            };
            let (this, that) = (describe(own.components), describe(known.components));
            return different("components of its own", this, that);
        }
        Ok(())
    }
}
