//! Where the rows of a rank go.

use std::ops::Range;

use metatensor_core::{Error, Result, TensorBlock, TensorMap};

use super::RowSets;
use crate::schema::{BlockSchema, Schema};

/// Which rows of the local map go to which receiver: a rank, or all ranks together.
#[derive(Debug)]
pub(crate) struct Routes<'a> {
    /// One for each row set. Other ranks have blocks that this one does not have.
    routes: Vec<Option<Route<'a>>>,
}

/// Where the rows of one row set go.
#[derive(Debug)]
struct Route<'a> {
    block: &'a TensorBlock,
    /// Rows of the first receiver, then those of the second one, each increasing; and where those of each receiver start.
    rows: Vec<u32>,
    starts: Vec<u32>,
    /// For each row, its position among those of its receiver. Only gradients need it.
    positions: Vec<u32>,
}

impl<'a> Routes<'a> {
    /// Routes to `receivers`, given that of each row of each local block. Gradient rows go where their sample goes.
    pub(crate) fn new(
        schema: &Schema,
        tensor: Option<&'a TensorMap>,
        destinations: &[Vec<u32>],
        receivers: usize,
    ) -> Result<Routes<'a>> {
        let mut routes = Routes { routes: Vec::new() };
        let blocks = tensor.map_or(0, TensorMap::len);
        if destinations.len() != blocks {
            return Err(Error::invalid(format!(
                "there are destinations for {} blocks, but this rank has {blocks}",
                destinations.len()
            )));
        }
        for (key, block) in schema.keys.iter().zip(&schema.blocks) {
            let local = tensor.and_then(|tensor| Some((tensor, tensor.keys().position(key)?)));
            let Some((tensor, local)) = local else {
                routes.add_none(block);
                continue;
            };
            let values = &tensor.blocks()[local];
            check(values, &destinations[local], receivers).map_err(|error| {
                error.context(format!("block {}", tensor.keys().describe(local)))
            })?;
            routes.add(block, values, &destinations[local], receivers)?;
        }
        Ok(routes)
    }

    /// All rows go to the same receiver.
    pub(crate) fn to_all(schema: &Schema, tensor: Option<&'a TensorMap>) -> Result<Routes<'a>> {
        let blocks = tensor.map_or(&[][..], TensorMap::blocks).iter();
        let destinations: Vec<_> = blocks
            .map(|block| vec![0; block.samples().count()])
            .collect();
        Self::new(schema, tensor, &destinations, 1)
    }

    fn add_none(&mut self, schema: &BlockSchema) {
        self.routes.push(None);
        for (_, gradient) in &schema.gradients {
            self.add_none(gradient);
        }
    }

    fn add(
        &mut self,
        schema: &BlockSchema,
        block: &'a TensorBlock,
        destinations: &[u32],
        receivers: usize,
    ) -> Result<()> {
        let has_gradients = !schema.gradients.is_empty();
        let route = Route::new(block, destinations, receivers, has_gradients);
        self.routes.push(Some(route));
        for (parameter, gradient) in &schema.gradients {
            let block = block.gradient(parameter)?;
            // These are samples: it was checked when the gradient was added.
            let samples = block.samples().iter();
            let destinations: Vec<_> = samples.map(|row| destinations[row[0] as usize]).collect();
            self.add(gradient, block, &destinations, receivers)?;
        }
        Ok(())
    }

    /// The local block, or gradient, with this row set.
    pub(crate) fn block(&self, set: usize) -> Option<&'a TensorBlock> {
        self.routes[set].as_ref().map(|route| route.block)
    }

    /// The rows that go to this receiver.
    pub(crate) fn rows(&self, set: usize, receiver: usize) -> &[u32] {
        match &self.routes[set] {
            Some(route) => &route.rows[route.range(receiver)],
            None => &[],
        }
    }

    /// The number of rows of each of some row sets that go to this receiver.
    pub(crate) fn counts(&self, sets: Range<usize>, receiver: usize) -> Vec<usize> {
        sets.map(|set| self.rows(set, receiver).len()).collect()
    }

    /// Appends the labels of the rows that go to this receiver. "sample" is the position of a row among these.
    pub(crate) fn append_labels(
        &self,
        sets: &RowSets,
        set: usize,
        receiver: usize,
        values: &mut Vec<i32>,
    ) {
        let Some(route) = &self.routes[set] else {
            return;
        };
        let labels = route.block.samples().rows();
        let parent = sets.all()[set].parent;
        let positions = parent.and_then(|parent| Some(&self.routes[parent].as_ref()?.positions));
        for &row in self.rows(set, receiver) {
            let row = labels.row(row as usize);
            match (positions, row) {
                (Some(positions), [sample, others @ ..]) => {
                    values.push(positions[*sample as usize].cast_signed());
                    values.extend_from_slice(others);
                }
                _ => values.extend_from_slice(row),
            }
        }
    }
}

impl<'a> Route<'a> {
    fn new(
        block: &'a TensorBlock,
        destinations: &[u32],
        receivers: usize,
        has_gradients: bool,
    ) -> Route<'a> {
        let mut starts = vec![0; receivers + 1];
        for &destination in destinations {
            starts[destination as usize + 1] += 1;
        }
        for receiver in 0..receivers {
            starts[receiver + 1] += starts[receiver];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; destinations.len()];
        let mut positions = match has_gradients {
            true => vec![0; destinations.len()],
            false => Vec::new(),
        };
        for (row, &destination) in destinations.iter().enumerate() {
            let destination = destination as usize;
            let place = next[destination];
            next[destination] += 1;
            rows[place as usize] = row as u32;
            if has_gradients {
                positions[row] = place - starts[destination];
            }
        }
        Route {
            block,
            rows,
            starts,
            positions,
        }
    }

    fn range(&self, receiver: usize) -> Range<usize> {
        self.starts[receiver] as usize..self.starts[receiver + 1] as usize
    }
}

fn check(block: &TensorBlock, destinations: &[u32], receivers: usize) -> Result<()> {
    let count = block.samples().count();
    if destinations.len() != count {
        return Err(Error::invalid(format!(
            "there are destinations for {} rows, but it has {count}",
            destinations.len()
        )));
    }
    let is_wrong = |&destination: &u32| destination as usize >= receivers;
    if let Some(row) = destinations.iter().position(is_wrong) {
        return Err(Error::invalid(format!(
            "row {row} {} would go to rank {}, but there are {receivers} ranks",
            block.samples().describe(row),
            destinations[row]
        )));
    }
    // Positions among the rows of a receiver are samples of gradients.
    if !block.gradients_list().is_empty() && i32::try_from(count).is_err() {
        return Err(Error::invalid(format!(
            "{count} samples are too many for gradients"
        )));
    }
    Ok(())
}
