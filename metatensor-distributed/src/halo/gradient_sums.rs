//! Sums over rows of gradients: forces of the atoms that each rank owns.

use metatensor_core::internal::rows::Rows;
use metatensor_core::{Array as _, DenseArray, Error, Labels, Result, TensorBlock};

use super::blocks::Sets;
use super::combine::Kernel;
use super::{Combine, Halo, Tables};
use crate::communicator::reserved;
use crate::partition::rendezvous::describe;
use crate::wire::contiguous;

impl Halo {
    /// Sums of the rows of a gradient that are about the same row of this halo: for gradients of energies with respect to positions,
    /// minus the forces of the atoms that this rank owns. Collective.
    ///
    /// `names` are the dimensions of samples of the gradient that say which row of the halo it is about. Rows about ghosts, or
    /// images, go to their owners. The samples of the result are all owned rows, in order; its components and properties are those
    /// of the gradient. Sums are in the order of ranks, and of gradient rows on each rank.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock};
    /// use metatensor_distributed::{Halo, run_local};
    /// use ndarray::{arr2, arr3};
    ///
    /// // Each rank has one atom, and half of the energy of the pair that it makes with the other one.
    /// let sums = run_local(2, |communicator| {
    ///     let rank = communicator.rank() as i32;
    ///     let mut halo = Halo::new(&communicator, 1, &[rank], &[1 - rank])?;
    ///
    ///     let system = Labels::range("system", 1)?;
    ///     let xyz = [Labels::range("xyz", 3)?];
    ///     let mut energy = TensorBlock::new(arr2(&[[0.5]]), system, [], Labels::single())?;
    ///     let rows = Labels::new(["sample", "atom"], [[0, 0], [0, 1]])?;
    ///     let values = arr3(&[[[1.0], [0.0], [0.0]], [[-1.0], [0.0], [0.0]]]);
    ///     energy.add_gradient("positions", TensorBlock::new(values, rows, &xyz, Labels::single())?)?;
    ///
    ///     let sum = halo.sum_gradient_rows(&energy, "positions", &["atom"])?;
    ///     assert_eq!(sum.samples(), &Labels::new(["atom"], [[rank]])?);
    ///     let sum = sum.values_as::<f64>()?;
    ///     Ok(sum[[0, 0, 0]])
    /// });
    /// let sums: metatensor_core::Result<Vec<f64>> = sums.into_iter().collect();
    /// assert_eq!(sums?, [2.0, -2.0]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such gradient, or it has gradients itself; if there is not one name for each integer of the rows of this
    /// halo; if a gradient row is about a row that this rank neither owns nor has as a ghost; if blocks of ranks are different in
    /// anything but their rows; or if elements are of a type that can not be added, or not in main memory.
    pub fn sum_gradient_rows(
        &mut self,
        block: &TensorBlock,
        parameter: &str,
        names: &[&str],
    ) -> Result<TensorBlock> {
        let communicator = self.communicator.clone();
        let call = self
            .call("halo_sum_gradient_rows")
            .option("parameter", parameter)
            .option("names", names);
        communicator.collective(call, |session| {
            session.step(|| self.check_usable())?;
            Sets::agree(session, block)?;
            let (gradient, kernel, size, mut owned, ghosts) = session.step(|| {
                let gradient = block.gradient(parameter)?;
                let sums = self.local_sums(gradient, names);
                let (kernel, size, owned, ghosts) =
                    sums.map_err(|error| error.in_gradient(parameter))?;
                self.prepare_reverse(size, &ghosts)?;
                Ok((gradient, kernel, size, owned, ghosts))
            })?;
            self.exchange_reverse(session, kernel, size, &ghosts, &mut owned)?;
            session.step(|| {
                let samples = Labels::from_values(names, self.tables.owned.clone())?;
                let (components, properties) = (gradient.components(), gradient.properties());
                let lengths = components.iter().chain([properties]).map(Labels::count);
                let shape: Vec<_> = [samples.count()].into_iter().chain(lengths).collect();
                let mut sums = DenseArray::zeros(gradient.dtype(), &shape)?;
                if let Some(memory) = sums.view_mut()?.as_bytes_mut() {
                    memory.copy_from_slice(&owned);
                }
                gradient.with_new_values(sums, &samples, components, properties)
            })
        })
    }

    /// What this rank has for owned rows and for ghosts, and the size of their rows.
    fn local_sums(
        &self,
        gradient: &TensorBlock,
        names: &[&str],
    ) -> Result<(Kernel, usize, Vec<u8>, Vec<u8>)> {
        if let Some(parameter) = gradient.gradients_list().iter().next() {
            return Err(Error::unsupported(format!(
                "no sums of gradients of gradients, got '{parameter}'"
            )));
        }
        let kernel = Combine::Add.kernel(gradient.dtype())?;
        let [of_owned, of_ghosts] = self.tables.find(gradient.samples(), names)?;
        let view = contiguous(gradient)?;
        let elements = view.as_bytes().unwrap_or_default();
        let lengths = gradient.components().iter().chain([gradient.properties()]);
        let size = lengths.map(Labels::count).product::<usize>() * gradient.dtype().size();
        let sums = |rows: usize, found: &Found| -> Result<Vec<u8>> {
            let bytes = rows.checked_mul(size);
            let bytes = bytes.ok_or_else(|| Error::invalid("rows are too long"))?;
            let mut sums = reserved(bytes)?;
            sums.resize(bytes, 0);
            kernel(size, &found.targets, Some(&found.rows), elements, &mut sums);
            Ok(sums)
        };
        let (owned, ghosts) = (
            sums(self.plan.owned, &of_owned)?,
            sums(self.plan.ghosts, &of_ghosts)?,
        );
        Ok((kernel, size, owned, ghosts))
    }
}

/// Gradient rows, and the rows of a halo that they are about.
#[derive(Default)]
struct Found {
    rows: Vec<u32>,
    targets: Vec<u32>,
}

impl Tables {
    /// Which gradient rows are about owned rows, and which about ghosts.
    fn find(&self, samples: &Labels, names: &[&str]) -> Result<[Found; 2]> {
        if names.len() != self.width {
            return Err(Error::invalid(format!(
                "rows of the halo have {} integers, but there are {} names: {names:?}",
                self.width,
                names.len()
            )));
        }
        samples.check_readable("sums")?;
        let columns = names.iter().map(|name| {
            samples.names().position(name).ok_or_else(|| {
                Error::invalid(format!(
                    "'{name}' is not a dimension of samples with the dimensions {}",
                    samples.names()
                ))
            })
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let values = samples.rows().columns(&columns);
        let rows = Rows::try_new(&values, samples.count(), self.width)?;
        let [owned, ghosts] = self.index();
        let mut found = [Found::default(), Found::default()];
        let mut missing = None;
        owned.find_all(self.owned(), rows, |row, position| {
            let (list, position) = match position {
                Some(position) => (0, Some(position)),
                // All copies of a ghost have the same owner.
                None => (1, ghosts.find(self.ghosts(), rows.row(row))),
            };
            match position {
                Some(position) => {
                    found[list].rows.push(row as u32);
                    found[list].targets.push(position as u32);
                }
                None => missing = missing.or(Some(row)),
            }
        });
        match missing {
            None => Ok(found),
            Some(row) => Err(Error::invalid(format!(
                "row {row}, {}, is about {}, which this rank neither owns nor has as a ghost",
                samples.describe(row),
                describe(names, rows.row(row))
            ))),
        }
    }
}
