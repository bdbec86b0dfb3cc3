//! Least squares with equations on all ranks.

use metatensor_core::{DType, DenseArray, Error, Result, TensorBlock, TensorMap, View};
use metatensor_operations::{LeastSquares, LstsqOptions};

use crate::communicator::{Agreed, Call, Communicator, Session};
use crate::schema::{self, Schema};
use crate::wire::contiguous;

impl Communicator {
    /// Weights `w` for which `x wᵀ` is as close as possible to `y`, for the equations of all ranks. Collective.
    ///
    /// This is [`lstsq`](metatensor_operations::lstsq) of the maps that those of all ranks are together, without bringing
    /// these together. Each rank reduces its equations to a triangle ([`LeastSquares`]); triangles are merged in
    /// a binary tree of ranks, rank 0 solves, and all get the same bits. A rank sends at most P (P + 2 Q + 1) / 2 numbers for P
    /// properties of `x` and Q of `y`, and the precision is that of the serial function.
    ///
    /// A rank can have fewer equations than unknowns, or none.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::run_local;
    /// use metatensor_operations::LstsqOptions;
    /// use ndarray::arr2;
    ///
    /// // One equation for two unknowns on each of three ranks: y = 1 + 2 t.
    /// run_local(3, |communicator| {
    ///     let t = communicator.rank() as i32;
    ///     let map = |values, properties| {
    ///         let samples = Labels::new(["t"], [[t]])?;
    ///         TensorMap::new(Labels::single(), vec![TensorBlock::new(values, samples, [], properties)?])
    ///     };
    ///     let t = f64::from(t);
    ///     let x = map(arr2(&[[1.0, t]]), Labels::range("power", 2)?)?;
    ///     let y = map(arr2(&[[1.0 + 2.0 * t]]), Labels::range("energy", 1)?)?;
    ///
    ///     let weights = communicator.lstsq(&x, &y, LstsqOptions::default())?;
    ///     let weights = weights.block_by_id(0)?.to_ndarray::<f64>()?;
    ///     assert!((weights - arr2(&[[1.0, 2.0]])).iter().all(|error| error.abs() < 1e-13));
    ///     Ok(())
    /// })
    /// .into_iter()
    /// .collect::<metatensor_core::Result<()>>()?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`lstsq`](metatensor_operations::lstsq), and [`Error::NotEqual`] if the maps of different ranks do not fit
    /// together.
    pub fn lstsq(&self, x: &TensorMap, y: &TensorMap, options: LstsqOptions) -> Result<TensorMap> {
        let call = Call::new("lstsq").option("rcond", options.rcond);
        self.collective(call, |session| {
            let schemas = [
                schema::agree(session, Some(x))?,
                schema::agree(session, Some(y))?,
            ];
            let mut fit = session.step(|| {
                let mut fit = LeastSquares::new();
                // All ranks have the same blocks, in the same order.
                fit.add(&without_rows(&schemas[0])?, &without_rows(&schemas[1])?)?;
                fit.add(x, y)?;
                Ok(fit)
            })?;
            merge(session, &mut fit)?;
            let solution = session.step(|| match session.rank() {
                0 => elements(&fit.solve(options)?),
                _ => Ok(Vec::new()),
            })?;
            drop(fit);
            let solution = session.broadcast(0, solution)?;
            session.step(|| weights(&schemas, x, &solution))
        })
    }
}

/// Adds the equations of all ranks to those of rank 0: rank r + 2ᵏ sends what is left of its own to r, if r is a multiple of
/// 2ᵏ⁺¹.
fn merge(session: &Session<'_>, fit: &mut LeastSquares) -> Result<(), Agreed> {
    let (rank, ranks) = (session.rank(), session.size());
    let mut distance = 1;
    while distance < ranks {
        let messages = session.step(|| {
            let mut messages = vec![Vec::new(); ranks];
            if rank % (2 * distance) == distance {
                messages[rank - distance] = fit.to_bytes();
            }
            Ok(messages)
        })?;
        let received = session.exchange(messages)?;
        session.step(|| {
            if rank.is_multiple_of(2 * distance) && rank + distance < ranks {
                fit.absorb_bytes(&received[rank + distance])?;
            }
            Ok(())
        })?;
        distance *= 2;
    }
    Ok(())
}

/// A map with the blocks of all ranks, without rows and gradients.
pub(super) fn without_rows(schema: &Schema) -> Result<TensorMap> {
    let blocks = schema.blocks.iter().map(|block| {
        let components = block.components.iter().map(|axis| axis.count());
        let lengths = components.chain([block.properties.count()]);
        let shape: Vec<_> = [0].into_iter().chain(lengths).collect();
        let values = DenseArray::zeros(schema.dtype.unwrap_or(DType::F64), &shape)?;
        TensorBlock::new(values, &block.samples, &block.components, &block.properties)
    });
    TensorMap::new(&schema.keys, blocks.collect::<Result<_>>()?)
}

/// The type of elements, and then all elements of all blocks.
fn elements(solution: &TensorMap) -> Result<Vec<u8>> {
    let DType { code, bits, lanes } = solution.dtype().unwrap_or(DType::F64);
    let mut bytes = vec![code, bits];
    bytes.extend(lanes.to_ne_bytes());
    for block in solution.blocks() {
        bytes.extend_from_slice(contiguous(block)?.as_bytes().unwrap_or_default());
    }
    Ok(bytes)
}

/// The solution with these [`elements`], in arrays like those of `x`.
fn weights([of_x, of_y]: &[Schema; 2], x: &TensorMap, elements: &[u8]) -> Result<TensorMap> {
    let damaged = || Error::Communication("a message with weights is damaged".into());
    let (dtype, mut rest) = elements.split_first_chunk::<4>().ok_or_else(damaged)?;
    let [code, bits, lanes @ ..] = *dtype;
    let lanes = u16::from_ne_bytes(lanes);
    let dtype = DType { code, bits, lanes };
    let blocks = of_x.keys.iter().zip(&of_x.blocks).map(|(key, block)| {
        let inputs = &block.properties;
        let outputs = of_y.keys.position(key).ok_or_else(damaged)?;
        let outputs = &of_y.blocks[outputs].properties;
        let shape = [outputs.count(), inputs.count()];
        let size = shape[0] * shape[1] * dtype.size();
        let (values, others) = rest.split_at_checked(size).ok_or_else(damaged)?;
        rest = others;
        let values = DenseArray::copy_of(&View::from_bytes(dtype, &shape, values)?)?;
        let model = x.keys().position(key).unwrap_or(0);
        match x.blocks().get(model) {
            Some(model) => model.with_new_values(values, outputs, &[], inputs),
            None => TensorBlock::new(values, outputs, &[], inputs),
        }
    });
    let blocks = blocks.collect::<Result<_>>()?;
    match rest.is_empty() {
        true => TensorMap::new(&of_x.keys, blocks),
        false => Err(damaged()),
    }
}
