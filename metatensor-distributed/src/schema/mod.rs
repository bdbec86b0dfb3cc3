//! What has to be equal on all ranks: everything of a map but its rows.

use metatensor_core::{DType, Error, Labels, Result, TensorBlock, TensorMap};

use crate::communicator::{Agreed, Hasher, Session};

mod bytes;
mod decode;
mod distinct;
mod encode;
mod merge;

pub(crate) use bytes::Reader;
use distinct::DistinctLabels;
pub(crate) use merge::first_difference;

/// A map without its rows, the same on all ranks.
///
/// Labels are those of the local map where they are equal, so that results share them with it; and equal labels of several
/// blocks are the same object.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    /// Keys of all ranks: those of the lowest rank first, and then those that only the next ones have.
    pub(crate) keys: Labels,
    /// Type of all arrays, or `None` if there are no blocks.
    pub(crate) dtype: Option<DType>,
    /// One for each key.
    pub(crate) blocks: Vec<BlockSchema>,
    /// Of the lowest rank that has any.
    pub(crate) info: Vec<(String, String)>,
}

/// A block, or a gradient, without its rows.
#[derive(Clone, Debug)]
pub(crate) struct BlockSchema {
    /// The names of samples, without any of these.
    pub(crate) samples: Labels,
    pub(crate) components: Vec<Labels>,
    pub(crate) properties: Labels,
    /// By parameter, in the order of the lowest rank with this block.
    pub(crate) gradients: Vec<(String, BlockSchema)>,
}

impl Schema {
    /// That of one map. Its labels are added to `labels`.
    fn of(tensor: &TensorMap, labels: &mut DistinctLabels) -> Result<Schema> {
        tensor.keys().check_readable("communication")?;
        let mut blocks = Vec::with_capacity(tensor.len());
        for (i, block) in tensor.blocks().iter().enumerate() {
            let schema = BlockSchema::of(block, labels)
                .map_err(|error| error.context(format!("block {}", tensor.keys().describe(i))))?;
            blocks.push(schema);
        }
        let info = tensor.info().iter();
        Ok(Schema {
            keys: labels.unified(tensor.keys()),
            dtype: tensor.dtype(),
            blocks,
            info: info.map(|(k, v)| (k.clone(), v.clone())).collect(),
        })
    }
}

#[cfg(test)]
impl Schema {
    /// That of one map, for tests.
    pub(crate) fn of_one(tensor: &TensorMap) -> Result<Schema> {
        Self::of(tensor, &mut DistinctLabels::default())
    }
}

impl BlockSchema {
    fn of(block: &TensorBlock, labels: &mut DistinctLabels) -> Result<BlockSchema> {
        if !block.device().is_cpu() {
            return Err(Error::unsupported(format!(
                "communication of arrays on device {}: they have to be in main memory",
                block.device()
            )));
        }
        if !DType::ALL.contains(&block.dtype()) {
            return Err(Error::unsupported(format!(
                "communication of arrays of {}",
                block.dtype()
            )));
        }
        let components = block.components().iter();
        let axes = [block.samples(), block.properties()].into_iter();
        for labels in axes.chain(components.clone()) {
            labels.check_readable("communication")?;
        }
        let gradients = block.gradients().map(|(parameter, gradient)| {
            let schema = BlockSchema::of(gradient, labels);
            let schema = schema.map_err(|error| error.in_gradient(parameter))?;
            Ok((parameter.to_owned(), schema))
        });
        let gradients = gradients.collect::<Result<_>>()?;
        Ok(BlockSchema {
            samples: labels.without_rows(block.samples().names())?,
            components: components.map(|axis| labels.unified(axis)).collect(),
            properties: labels.unified(block.properties()),
            gradients,
        })
    }
}

impl BlockSchema {
    /// Number of row sets: one for the values, and one for each gradient, and gradient of a gradient.
    pub(crate) fn row_sets(&self) -> usize {
        let gradients = self.gradients.iter();
        1 + gradients
            .map(|(_, gradient)| gradient.row_sets())
            .sum::<usize>()
    }

    /// Whether the gradients of a block are in the same order, at all depths.
    pub(crate) fn has_order_of(&self, block: &TensorBlock) -> Result<bool> {
        let names = self.gradients.iter().map(|(parameter, _)| &**parameter);
        if !names.eq(block.gradients_list().iter()) {
            return Ok(false);
        }
        for (parameter, gradient) in &self.gradients {
            if !gradient.has_order_of(block.gradient(parameter)?)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The schema of the one map that the maps of all ranks are together. A rank may have none.
pub(crate) fn agree(session: &Session<'_>, tensor: Option<&TensorMap>) -> Result<Schema, Agreed> {
    let (mut local, alike) = session.step_alike(|| {
        let local = tensor.map(Local::of).transpose()?;
        let hash = hash_of(local.as_ref());
        Ok((local, Some(hash)))
    })?;
    if alike {
        return session.step(|| match local.take() {
            Some(local) => Ok(local.schema),
            None => Err(Error::invalid("no rank gave a map")),
        });
    }
    let hashes = session.all_gather_u64(hash_of(local.as_ref()))?;
    let is_first = |rank: usize| hashes[rank] != 0 && !hashes[..rank].contains(&hashes[rank]);
    let firsts: Vec<_> = (0..hashes.len()).filter(|&rank| is_first(rank)).collect();
    let encoded = local
        .as_mut()
        .map(|local| std::mem::take(&mut local.encoded));
    let encoded = encoded
        .filter(|_| is_first(session.rank()))
        .unwrap_or_default();
    let encoded = match firsts[..] {
        [root] => {
            let encoded = session.broadcast(root, encoded)?;
            vec![(root, encoded)]
        }
        _ => session
            .all_gather(encoded)?
            .into_iter()
            .enumerate()
            .collect(),
    };
    session.step(|| {
        let mut labels = local.map(|local| local.labels).unwrap_or_default();
        let mut schemas = Vec::with_capacity(firsts.len());
        for (rank, encoded) in encoded {
            if !encoded.is_empty() {
                schemas.push((rank, decode::decode(&encoded, &mut labels)?));
            }
        }
        merge::merge(schemas)
    })
}

/// What a rank knows of its own map.
struct Local {
    schema: Schema,
    encoded: Vec<u8>,
    labels: DistinctLabels,
}

impl Local {
    fn of(tensor: &TensorMap) -> Result<Local> {
        let mut labels = DistinctLabels::default();
        let schema = Schema::of(tensor, &mut labels)?;
        Ok(Local {
            encoded: encode::encode(&schema)?,
            schema,
            labels,
        })
    }
}

/// Equal for equal schemas, and 0 without a map.
fn hash_of(local: Option<&Local>) -> u64 {
    local.map_or(0, |local| {
        let mut hasher = Hasher::default();
        hasher.bytes(&local.encoded);
        hasher.finish().max(1)
    })
}

#[cfg(test)]
mod tests;
