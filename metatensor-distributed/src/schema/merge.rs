//! One schema of several, and where they are different.

use std::fmt::Display;

use metatensor_core::{Error, Labels, Result};

use super::{BlockSchema, Schema};

/// The schema with the keys of all, in the order of ranks.
pub(super) fn merge(schemas: Vec<(usize, Schema)>) -> Result<Schema> {
    let mut schemas = schemas.into_iter();
    let Some((first, mut merged)) = schemas.next() else {
        return Err(Error::Internal("there is no schema".into()));
    };
    // The rank that each block, and the data type, is from.
    let mut ranks = vec![first; merged.blocks.len()];
    let mut values = merged.keys.rows().values().to_vec();
    let names: Vec<String> = merged.keys.names().iter().map(str::to_owned).collect();
    for (rank, schema) in schemas {
        if schema.keys.names() != merged.keys.names() {
            return Err(different(
                "the dimensions of keys",
                [first, rank],
                [merged.keys.names(), schema.keys.names()],
            ));
        }
        match (merged.dtype, schema.dtype) {
            (Some(ours), Some(theirs)) if ours != theirs => {
                return Err(different("data types", [ranks[0], rank], [&ours, &theirs]));
            }
            (ours, theirs) => merged.dtype = ours.or(theirs),
        }
        if merged.info.is_empty() {
            merged.info = schema.info;
        }
        for (i, block) in schema.blocks.into_iter().enumerate() {
            let Some(known) = merged.keys.position(&schema.keys[i]) else {
                values.extend_from_slice(&schema.keys[i]);
                ranks.push(rank);
                merged.blocks.push(block);
                continue;
            };
            merged.blocks[known]
                .check_equal(&block, [ranks[known], rank])
                .map_err(|error| error.context(format!("block {}", schema.keys.describe(i))))?;
        }
        if merged.keys.count() != merged.blocks.len() {
            let keys = Labels::from_values(&names, values.clone())?;
            merged.keys = match keys == schema.keys {
                true => schema.keys,
                false => keys,
            };
        }
    }
    check_structure(&merged, &ranks)?;
    Ok(merged)
}

/// Checks that the blocks of different ranks can be in one map. Those of one rank are.
fn check_structure(schema: &Schema, ranks: &[usize]) -> Result<()> {
    for (i, block) in schema.blocks.iter().enumerate() {
        if i > 0 && ranks[i] != ranks[i - 1] {
            let both = [ranks[0], ranks[i]];
            let checked = schema.blocks[0].check_structure(block, both);
            checked.map_err(|error| {
                let keys = [schema.keys.describe(0), schema.keys.describe(i)];
                error.context(format!("blocks {} and {}", keys[0], keys[1]))
            })?;
        }
    }
    Ok(())
}

impl BlockSchema {
    /// Checks that all is equal but the order of gradients.
    fn check_equal(&self, other: &BlockSchema, ranks: [usize; 2]) -> Result<()> {
        self.check_structure(other, ranks)?;
        let components = self.components.iter().zip(&other.components);
        for (i, (ours, theirs)) in components.enumerate() {
            check_same_labels(ours, theirs, &format!("component {i}"), ranks)?;
        }
        check_same_labels(&self.properties, &other.properties, "properties", ranks).map_err(
            |error| match self.properties.names() == other.properties.names() {
                true => add_advice(error),
                false => error,
            },
        )?;
        for (parameter, gradient) in &self.gradients {
            if let Some(theirs) = other.gradient(parameter) {
                let checked = gradient.check_equal(theirs, ranks);
                checked.map_err(|error| error.in_gradient(parameter))?;
            }
        }
        Ok(())
    }

    /// Checks that names are equal, and gradients are with respect to the same parameters.
    fn check_structure(&self, other: &BlockSchema, ranks: [usize; 2]) -> Result<()> {
        let same_names = |ours: &Labels, theirs: &Labels, what: &str| {
            if ours.is_same(theirs) || ours.names() == theirs.names() {
                return Ok(());
            }
            let what = format!("the dimensions of {what}");
            Err(different(&what, ranks, [ours.names(), theirs.names()]))
        };
        same_names(&self.samples, &other.samples, "samples")?;
        same_names(&self.properties, &other.properties, "properties")?;
        let counts = [self.components.len(), other.components.len()];
        if counts[0] != counts[1] {
            return Err(different("the numbers of components", ranks, counts));
        }
        for (ours, theirs) in self.components.iter().zip(&other.components) {
            same_names(ours, theirs, "components")?;
        }
        let parameters = [self.parameters(), other.parameters()];
        for (gradients, others) in [(self, other), (other, self)] {
            let mut missing = gradients.gradients.iter();
            if missing.any(|(parameter, _)| others.gradient(parameter).is_none()) {
                return Err(different("the gradients", ranks, parameters));
            }
        }
        for (parameter, gradient) in &self.gradients {
            if let Some(theirs) = other.gradient(parameter) {
                let checked = gradient.check_structure(theirs, ranks);
                checked.map_err(|error| error.in_gradient(parameter))?;
            }
        }
        Ok(())
    }

    fn gradient(&self, parameter: &str) -> Option<&BlockSchema> {
        let mut gradients = self.gradients.iter();
        let found = gradients.find(|(name, _)| name == parameter);
        found.map(|(_, gradient)| gradient)
    }

    fn parameters(&self) -> String {
        let names: Vec<_> = self.gradients.iter().map(|(name, _)| &**name).collect();
        format!("{names:?}")
    }
}

fn check_same_labels(ours: &Labels, theirs: &Labels, axis: &str, ranks: [usize; 2]) -> Result<()> {
    if ours.is_same(theirs) || ours == theirs {
        return Ok(());
    }
    let (entry, both) = first_difference(ours, theirs);
    let both = both.map(|text| format!("entry {entry} is {text}"));
    Err(different(&format!("the {axis}"), ranks, both))
}

/// The first entry that is not the same in different labels, and what it is in both of them.
#[cold]
pub(crate) fn first_difference(a: &Labels, b: &Labels) -> (usize, [String; 2]) {
    let first = a.iter().zip(b).position(|(a, b)| a != b);
    let first = first.unwrap_or(a.count().min(b.count()));
    let entry = |labels: &Labels| match first < labels.count() {
        true => labels.describe(first),
        false => format!("not there, of {} entries", labels.count()),
    };
    (first, [a, b].map(entry))
}

/// Properties that each rank makes of what it has.
#[cold]
fn add_advice(error: Error) -> Error {
    match error {
        Error::NotEqual(message) => Error::NotEqual(format!(
            "{message}; properties made of what each rank has (by `keys_to_properties`, as an example) have to be made of values that \
             are given, the same ones on all ranks"
        )),
        other => other,
    }
}

#[cold]
fn different(what: &str, ranks: [usize; 2], values: [impl Display; 2]) -> Error {
    let ([a, b], [first, second]) = (ranks, values);
    Error::NotEqual(format!(
        "{what} are not the same on all ranks: {first} on rank {a}, {second} on rank {b}"
    ))
}
