//! Whether all ranks have the same keys and samples.

use std::fmt;

use metatensor_core::{Error, Labels, Result, TensorBlock, TensorMap};

use crate::communicator::{Agreed, Hasher, Session};
use crate::schema::{BlockSchema, Schema, first_difference};

/// Fails on all ranks, and names what is different, unless all have the same keys, and samples of values and gradients, in
/// the same order. All else is compared where the schema is made.
pub(super) fn check_same_labels(
    session: &Session<'_>,
    schema: &Schema,
    tensor: &TensorMap,
) -> Result<(), Agreed> {
    let (places, alike) = session.step_alike(|| {
        let places = places(schema, tensor)?;
        let mut hasher = Hasher::default();
        for place in &places {
            hasher.number(hash(place.labels));
        }
        Ok((places, Some(hasher.finish())))
    })?;
    if alike {
        return Ok(());
    }
    let hashes = places
        .iter()
        .flat_map(|place| hash(place.labels).to_ne_bytes());
    let hashes = session.all_gather(hashes.collect())?;
    let first = (1..session.size()).find_map(|rank| {
        let (ours, theirs) = (hashes[0].chunks(8), hashes[rank].chunks(8));
        let position = ours.zip(theirs).position(|(a, b)| a != b)?;
        Some((rank, position))
    });
    let (rank, position) = first.unwrap_or_default();
    // Keys come first: if they are equal, there is as much after them on all ranks.
    let here = places.get(position);
    let expected = session.step(|| match here {
        Some(place) if session.rank() == 0 => place.labels.save_buffer(),
        _ => Ok(Vec::new()),
    })?;
    let expected = session.broadcast(0, expected)?;
    session.step(|| match here {
        Some(place) if session.rank() == rank => {
            Err(place.difference(&Labels::load_buffer(&expected)?))
        }
        _ => Ok(()),
    })?;
    session.step(|| Err(Error::Internal("labels are different, and are not".into())))
}

/// Labels, and where they are.
struct Place<'a> {
    labels: &'a Labels,
    /// Keys, and which of them; `None` for the keys themselves.
    block: Option<(&'a Labels, usize)>,
    gradient: Vec<&'a str>,
}

/// The keys, and the samples of all blocks and gradients.
fn places<'a>(schema: &'a Schema, tensor: &'a TensorMap) -> Result<Vec<Place<'a>>> {
    let mut places = vec![Place {
        labels: tensor.keys(),
        block: None,
        gradient: Vec::new(),
    }];
    for (i, (key, block)) in tensor.iter().enumerate() {
        let known = schema
            .keys
            .position(key)
            .map(|position| &schema.blocks[position]);
        let known = known.ok_or_else(|| Error::Internal("a key is not in the schema".into()))?;
        add(known, block, (tensor.keys(), i), &[], &mut places)?;
    }
    Ok(places)
}

fn add<'a>(
    schema: &'a BlockSchema,
    block: &'a TensorBlock,
    key: (&'a Labels, usize),
    path: &[&'a str],
    places: &mut Vec<Place<'a>>,
) -> Result<()> {
    places.push(Place {
        labels: block.samples(),
        block: Some(key),
        gradient: path.to_vec(),
    });
    for (parameter, schema) in &schema.gradients {
        let path = [path, &[parameter]].concat();
        add(schema, block.gradient(parameter)?, key, &path, places)?;
    }
    Ok(())
}

fn hash(labels: &Labels) -> u64 {
    let mut hasher = Hasher::default();
    hasher.labels(labels);
    hasher.finish()
}

impl Place<'_> {
    /// What is not as `expected`, which is what rank 0 has.
    #[cold]
    fn difference(&self, expected: &Labels) -> Error {
        let labels = self.labels;
        if labels.names() != expected.names() {
            return Error::NotEqual(format!(
                "{self} have the dimensions {}, and {} on rank 0",
                labels.names(),
                expected.names()
            ));
        }
        let (entry, [here, there]) = first_difference(labels, expected);
        Error::NotEqual(format!(
            "{self} are not those of rank 0: entry {entry} is {here}, and {there} on rank 0"
        ))
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((keys, block)) = self.block else {
            return f.write_str("the keys");
        };
        f.write_str("the samples of ")?;
        if !self.gradient.is_empty() {
            write!(f, "gradient '{}' of ", self.gradient.join("/"))?;
        }
        write!(f, "block {}", keys.describe(block))
    }
}
