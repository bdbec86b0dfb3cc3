//! Halos of blocks, with gradients.

use std::fmt;
use std::rc::Rc;

use metatensor_core::{Error, Labels, Result, TensorBlock};

use super::buffers::Buffers;
use super::plan::Plan;
use super::{Halo, HaloLabels};
use crate::Communicator;
use crate::communicator::{Agreed, Session};

mod forward;
mod forward_plan;
mod reverse;
mod sets;
mod tree;

use forward_plan::ForwardPlan;
use reverse::ReversePlan;
pub(super) use sets::Sets;

/// What is known of blocks with the same labels in a [`Halo`]: made by [`Halo::prepare`], and used in every step.
///
/// ```
/// use metatensor_core::{Labels, TensorBlock};
/// use metatensor_distributed::{Halo, run_local};
/// use ndarray::arr2;
///
/// let sums = run_local(2, |communicator| {
///     let rank = communicator.rank() as i32;
///     let owned = Labels::new(["atom"], [[rank]])?;
///     let ghosts = Labels::new(["atom"], [[1 - rank]])?;
///     let halo = Halo::of_labels(&communicator, &owned, &ghosts, &["atom"])?;
///
///     let values = arr2(&[[f64::from(rank) + 1.0]]);
///     let features = TensorBlock::new(values, &owned, [], Labels::single())?;
///     let mut blocks = halo.prepare(&features)?;
///
///     let all = blocks.forward(&features)?;
///     assert_eq!(all.samples(), &Labels::new(["atom"], [[rank], [1 - rank]])?);
///     let sum = blocks.reverse_add(&all)?;
///     Ok(sum.values_as::<f64>()?[[0, 0]])
/// });
/// let sums: metatensor_core::Result<Vec<f64>> = sums.into_iter().collect();
/// assert_eq!(sums?, [2.0, 4.0]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub struct BlockHalo {
    communicator: Communicator,
    /// Which call of the communicator made this.
    number: u64,
    plan: Rc<Plan>,
    forward: ForwardPlan,
    /// For the labels that came last.
    reverse: Option<ReversePlan>,
    send: Buffers,
    receive: Buffers,
}

impl fmt::Debug for BlockHalo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockHalo")
            .field("communicator", &self.communicator)
            .field("samples", self.samples())
            .finish_non_exhaustive()
    }
}

impl Halo {
    /// Sends labels of samples and gradients of ghosts, so that values of blocks with the labels of `block` can be sent in every step.
    /// Collective.
    ///
    /// The halo was made by [`Halo::of_labels`]. Samples of `block` are some of the owned ones, such as the atoms of one type: ghosts
    /// that the blocks of their owners do not have are left out. Blocks of all ranks have the same components, properties,
    /// gradients and type of elements.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock};
    /// use metatensor_distributed::{Communicator, Halo};
    /// use ndarray::arr2;
    ///
    /// let owned = Labels::new(["atom", "image"], [[4, 0], [5, 0]])?;
    /// let images = Labels::new(["atom", "image"], [[5, 1], [4, 1]])?;
    /// let halo = Halo::of_labels(&Communicator::single(), &owned, &images, &["atom"])?;
    ///
    /// let oxygen = Labels::new(["atom", "image"], [[5, 0]])?;
    /// let block = TensorBlock::new(arr2(&[[2.5]]), &oxygen, [], Labels::single())?;
    /// let mut blocks = halo.prepare(&block)?;
    /// let all = blocks.forward(&block)?;
    /// assert_eq!(all.samples(), &Labels::new(["atom", "image"], [[5, 0], [5, 1]])?);
    /// assert_eq!(all.to_ndarray::<f64>()?, arr2(&[[2.5], [2.5]]).into_dyn());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the halo has no labels; if a sample of `block` is not an owned one; if blocks of ranks are different in anything but their
    /// rows; or if arrays are not in main memory.
    pub fn prepare(&self, block: &TensorBlock) -> Result<BlockHalo> {
        let communicator = &self.communicator;
        communicator.collective(self.call("halo_prepare"), |session| {
            let labels = session.step(|| {
                self.check_usable()?;
                self.labels()
            })?;
            let forward = ForwardPlan::new(session, &self.plan, labels, block)?;
            Ok(BlockHalo {
                communicator: communicator.clone(),
                number: session.number(),
                plan: self.plan.clone(),
                forward,
                reverse: None,
                send: Buffers::new(&self.plan),
                receive: Buffers::new(&self.plan),
            })
        })
    }

    fn labels(&self) -> Result<&HaloLabels> {
        self.tables.labels.as_ref().ok_or_else(|| {
            Error::invalid("blocks need a halo that was made of labels, not one of plain rows")
        })
    }
}

impl BlockHalo {
    /// The samples of blocks with ghosts: owned samples of this rank, and then ghosts.
    ///
    /// ```
    /// # use metatensor_core::{Labels, TensorBlock};
    /// # use metatensor_distributed::{Communicator, Halo};
    /// # use ndarray::arr2;
    /// # let owned = Labels::new(["atom", "image"], [[4, 0]])?;
    /// # let images = Labels::new(["atom", "image"], [[4, 1]])?;
    /// # let halo = Halo::of_labels(&Communicator::single(), &owned, &images, &["atom"])?;
    /// # let block = TensorBlock::new(arr2(&[[2.5]]), &owned, [], Labels::single())?;
    /// let blocks = halo.prepare(&block)?;
    /// assert_eq!(blocks.samples().count(), 2);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn samples(&self) -> &Labels {
        &self.forward.samples[0]
    }
}

/// Sends and receives what is in buffers: so many bytes for each neighbor.
fn exchange(
    session: &Session<'_>,
    plan: &Plan,
    send: (&[usize], &Buffers),
    receive: (&[usize], &mut Buffers),
) -> Result<(), Agreed> {
    let (sizes, buffers) = send;
    let sends = plan.outgoing_of(|i, _| &buffers.0[i][..sizes[i]]);
    let (sizes, buffers) = receive;
    let receives = plan.incoming_buffers(buffers, |i, _| sizes[i]);
    session.transfer(sends, receives)
}
