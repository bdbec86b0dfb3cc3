//! Halos: copies of rows that other ranks own.

use std::cell::OnceCell;
use std::fmt;
use std::rc::Rc;

use metatensor_core::internal::rows::{RowIndex, Rows};
use metatensor_core::{Error, Labels, Result};

use crate::Communicator;
use crate::communicator::Call;

mod agreement;
mod blocks;
mod buffers;
mod combine;
mod forward;
mod gradient_sums;
mod overlap;
mod plan;
mod reverse;
mod row_list;
#[cfg(test)]
mod tests;

pub use agreement::Agreement;
pub use blocks::BlockHalo;
pub use combine::Combine;

use agreement::Failure;
use buffers::Buffers;
use overlap::OnTheirWay;
use plan::{Owners, Plan};

/// Rows that are owned by one rank, and copies of them (*ghosts*) on any rank.
///
/// Programs that cut space into parts have this all the time: each rank owns some atoms, and needs some of those of its
/// neighbors. A halo knows which rows go where. It is made once, and used in every step: [`forward`](Halo::forward) gives
/// ghosts what their owners have, [`reverse`](Halo::reverse) adds what ghosts have to their owners, and is the adjoint of the
/// first: what differentiating it backwards needs.
///
/// Rows are named by integers, such as those of labels, and are only looked at when a halo is made. Owned rows are distinct
/// over all ranks. Ghosts can be repeated, as periodic images are, and can be owned by the rank that has the ghost: these are
/// copied, and nothing is sent.
///
/// ```
/// use metatensor_distributed::{Combine, Halo, run_local};
///
/// // Rank 0 owns the atoms 0 and 1, rank 1 owns 2 and 3, each has the next one as a ghost.
/// let sums = run_local(2, |communicator| {
///     let (owned, ghosts) = [([0, 1], [2]), ([2, 3], [0])][communicator.rank()];
///     let mut halo = Halo::new(&communicator, 1, &owned, &ghosts)?;
///
///     let features = owned.map(f64::from);
///     let mut of_ghosts = [0.0];
///     halo.forward(1, &features, &mut of_ghosts)?;
///     assert_eq!(of_ghosts, ghosts.map(f64::from));
///
///     let mut gradient = [1.0, 1.0];
///     halo.reverse(Combine::Add, 1, &[0.5], &mut gradient)?;
///     Ok::<_, metatensor_core::Error>(gradient)
/// });
/// for sums in sums {
///     assert_eq!(sums?, [1.5, 1.0]);
/// }
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// Nothing in here can be sent to another thread, as the communicator can not.
pub struct Halo {
    communicator: Communicator,
    /// Which call of the communicator made this: ranks that use different halos in a step are told.
    number: u64,
    plan: Rc<Plan>,
    tables: Rc<Tables>,
    /// Memory for messages of rows that are owned, and of ghosts.
    send: Buffers,
    receive: Buffers,
    agreement: Agreement,
    /// What failed in a step that only neighbors agreed on.
    failure: Option<Failure>,
    on_their_way: Option<OnTheirWay>,
}

/// The rows of a halo.
struct Tables {
    /// Columns that name the owner.
    width: usize,
    owned: Vec<i32>,
    ghosts: Vec<i32>,
    /// For lookups in owned rows and in ghosts, made by the first one.
    index: OnceCell<[RowIndex; 2]>,
    labels: Option<HaloLabels>,
}

/// What blocks in a halo have as samples.
struct HaloLabels {
    owned: Labels,
    ghosts: Labels,
}

impl fmt::Debug for Halo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Halo")
            .field("communicator", &self.communicator)
            .field("owned", &self.plan.owned)
            .field("ghosts", &self.plan.ghosts)
            .field("neighbors", &self.plan.neighbor_ranks)
            .finish_non_exhaustive()
    }
}

impl Halo {
    /// The halo of these rows, of `width` integers each. Collective.
    ///
    /// Ranks can have no rows at all. Numbers of 64 bits, as some programs give to atoms, take two columns.
    ///
    /// No rank gets to know more than its share of all rows: memory and messages grow as the number of rows of a rank.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    ///
    /// // Atom 7 of system 0, and two periodic images of it.
    /// let halo = Halo::new(&Communicator::single(), 2, &[0, 7, 0, 8], &[0, 7, 0, 7])?;
    /// assert_eq!(halo.receive_rows(0)?, [0, 1]);
    /// assert_eq!(halo.send_rows(0)?, [0, 0]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If `width` is 0, or not the same on all ranks; if there is not a whole number of rows; if a row is owned twice; or if
    /// nobody owns one of the ghosts. The row is in the message, and the ranks.
    pub fn new(
        communicator: &Communicator,
        width: usize,
        owned: &[i32],
        ghosts: &[i32],
    ) -> Result<Halo> {
        Self::of_rows(communicator, width, owned, ghosts, &Owners::Unknown)
    }

    /// [`Halo::new`] for programs that know which rank owns each of the ghosts, which saves an exchange. Collective.
    ///
    /// ```
    /// use metatensor_distributed::{Halo, run_local};
    ///
    /// let neighbors = run_local(2, |communicator| {
    ///     let (owned, ghosts, owners) = [([0], [1], [1]), ([1], [0], [0])][communicator.rank()];
    ///     let halo = Halo::with_owners(&communicator, 1, &owned, &ghosts, &owners)?;
    ///     Ok::<_, metatensor_core::Error>(halo.neighbors().to_vec())
    /// });
    /// assert_eq!(neighbors.into_iter().collect::<Result<Vec<_>, _>>()?, [[1], [0]]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Halo::new`], and if there is not one rank for each ghost, or the rank does not own it. Rows that are owned by
    /// two ranks are not found: this is what the exchange would be for.
    pub fn with_owners(
        communicator: &Communicator,
        width: usize,
        owned: &[i32],
        ghosts: &[i32],
        ranks: &[u32],
    ) -> Result<Halo> {
        Self::of_rows(communicator, width, owned, ghosts, &Owners::Known(ranks))
    }

    fn of_rows(
        communicator: &Communicator,
        width: usize,
        owned: &[i32],
        ghosts: &[i32],
        owners: &Owners<'_>,
    ) -> Result<Halo> {
        let function = match owners {
            Owners::Unknown => "halo",
            Owners::Known(_) => "halo_with_owners",
        };
        let call = Call::new(function).option("width", width);
        communicator.collective(call, |session| {
            let tables = session.step(|| Tables::new(width, owned, ghosts))?;
            let plan = Plan::new(session, &[], tables.owned(), tables.ghosts(), owners)?;
            Ok(Self::from_plan(
                communicator,
                session.number(),
                plan,
                tables,
            ))
        })
    }

    /// The halo of samples of blocks, where `names` are the dimensions that say who owns a ghost. Collective.
    ///
    /// This is what [`prepare`](Halo::prepare) needs, where owned samples and ghosts become the samples of one block: all of
    /// them have to be distinct. Images of an atom are thus told apart by a dimension that is not in `names`.
    ///
    /// ```
    /// use metatensor_core::Labels;
    /// use metatensor_distributed::{Communicator, Halo};
    ///
    /// let owned = Labels::new(["atom", "image"], [[4, 0], [5, 0]])?;
    /// let ghosts = Labels::new(["atom", "image"], [[5, 1], [5, 2]])?;
    /// let halo = Halo::of_labels(&Communicator::single(), &owned, &ghosts, &["atom"])?;
    /// assert_eq!(halo.send_rows(0)?, [1, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Halo::new`]; if labels do not have the same dimensions, or not those of `names`; or if a ghost is one of the
    /// owned samples as well.
    pub fn of_labels(
        communicator: &Communicator,
        owned: &Labels,
        ghosts: &Labels,
        names: &[&str],
    ) -> Result<Halo> {
        let call = Call::new("halo_of_labels")
            .option("names", names)
            .option("dimensions", owned.names().to_vec());
        communicator.collective(call, |session| {
            let tables = session.step(|| Tables::of_labels(owned, ghosts, names))?;
            let owners = Owners::Unknown;
            let plan = Plan::new(session, names, tables.owned(), tables.ghosts(), &owners)?;
            Ok(Self::from_plan(
                communicator,
                session.number(),
                plan,
                tables,
            ))
        })
    }

    fn from_plan(communicator: &Communicator, number: u64, plan: Plan, tables: Tables) -> Halo {
        Halo {
            communicator: communicator.clone(),
            number,
            send: Buffers::new(&plan),
            receive: Buffers::new(&plan),
            plan: Rc::new(plan),
            tables: Rc::new(tables),
            agreement: Agreement::default(),
            failure: None,
            on_their_way: None,
        }
    }

    /// The communicator of this halo.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    /// let halo = Halo::new(&Communicator::single(), 1, &[1], &[])?;
    /// assert_eq!(halo.communicator().size(), 1);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn communicator(&self) -> &Communicator {
        &self.communicator
    }

    /// Number of rows that this rank owns.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    /// let halo = Halo::new(&Communicator::single(), 1, &[1, 2], &[2])?;
    /// assert_eq!((halo.owned_count(), halo.ghost_count()), (2, 1));
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn owned_count(&self) -> usize {
        self.plan.owned
    }

    /// Number of ghosts of this rank.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    /// let halo = Halo::new(&Communicator::single(), 1, &[1, 2], &[2])?;
    /// assert_eq!(halo.ghost_count(), 1);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn ghost_count(&self) -> usize {
        self.plan.ghosts
    }

    /// The ranks that this one sends rows to or receives rows from, increasing. It is one of them itself if it has ghosts of rows
    /// that it owns: these are copied.
    ///
    /// With [`send_rows`](Halo::send_rows) and [`receive_rows`](Halo::receive_rows), this is all that programs need to send
    /// messages themselves.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    /// let halo = Halo::new(&Communicator::single(), 1, &[1, 2], &[2])?;
    /// assert_eq!(halo.neighbors(), [0]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn neighbors(&self) -> &[u32] {
        &self.plan.neighbor_ranks
    }

    /// Owned rows that are sent to the neighbor with this number, in the order in which they are sent.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    /// let halo = Halo::new(&Communicator::single(), 1, &[1, 2], &[2])?;
    /// assert_eq!(halo.send_rows(0)?, [1]);
    /// assert!(halo.send_rows(1).is_err());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are not so many neighbors.
    pub fn send_rows(&self, neighbor: usize) -> Result<&[u32]> {
        Ok(self.neighbor(neighbor)?.send.rows())
    }

    /// Ghosts that are received from the neighbor with this number, in the order in which they come, which is increasing.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    /// let halo = Halo::new(&Communicator::single(), 1, &[1, 2], &[2])?;
    /// assert_eq!(halo.receive_rows(0)?, [0]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are not so many neighbors.
    pub fn receive_rows(&self, neighbor: usize) -> Result<&[u32]> {
        Ok(self.neighbor(neighbor)?.receive.rows())
    }

    fn neighbor(&self, neighbor: usize) -> Result<&plan::Neighbor> {
        let neighbors = &self.plan.neighbors;
        neighbors.get(neighbor).ok_or_else(|| {
            Error::invalid(format!(
                "there is no neighbor {neighbor}: rank {} has {} of them",
                self.plan.rank,
                neighbors.len()
            ))
        })
    }
}

impl Tables {
    fn new(width: usize, owned: &[i32], ghosts: &[i32]) -> Result<Tables> {
        if width == 0 {
            return Err(Error::invalid("rows of a halo need at least one integer"));
        }
        for (name, values) in [("owned", owned), ("ghosts", ghosts)] {
            if !values.len().is_multiple_of(width) {
                return Err(Error::invalid(format!(
                    "the {} values of '{name}' are not rows of {width}",
                    values.len()
                )));
            }
            Rows::try_new(values, values.len() / width, width)?;
        }
        Ok(Tables {
            width,
            owned: owned.to_vec(),
            ghosts: ghosts.to_vec(),
            index: OnceCell::new(),
            labels: None,
        })
    }

    fn of_labels(owned: &Labels, ghosts: &Labels, names: &[&str]) -> Result<Tables> {
        if owned.names() != ghosts.names() {
            return Err(Error::invalid(format!(
                "owned samples have the dimensions {}, and ghosts {}",
                owned.names(),
                ghosts.names()
            )));
        }
        owned.check_readable("a halo")?;
        ghosts.check_readable("a halo")?;
        let column = |name: &&str| {
            owned.names().position(name).ok_or_else(|| {
                Error::invalid(format!(
                    "'{name}' is not a dimension of samples with the dimensions {}",
                    owned.names()
                ))
            })
        };
        let columns = names.iter().map(column).collect::<Result<Vec<_>>>()?;
        if let Some(ghost) = ghosts.iter().position(|row| owned.contains(row)) {
            return Err(Error::invalid(format!(
                "{} is both an owned sample and a ghost: images need a dimension that tells them apart",
                ghosts.describe(ghost)
            )));
        }
        let (owner, ghost) = (
            owned.rows().columns(&columns),
            ghosts.rows().columns(&columns),
        );
        let mut tables = Self::new(columns.len(), &owner, &ghost)?;
        tables.labels = Some(HaloLabels {
            owned: owned.clone(),
            ghosts: ghosts.clone(),
        });
        Ok(tables)
    }

    fn owned(&self) -> Rows<'_> {
        Rows::new(&self.owned, self.owned.len() / self.width, self.width)
    }

    fn ghosts(&self) -> Rows<'_> {
        Rows::new(&self.ghosts, self.ghosts.len() / self.width, self.width)
    }

    fn index(&self) -> &[RowIndex; 2] {
        self.index
            .get_or_init(|| [self.owned(), self.ghosts()].map(RowIndex::assume_unique))
    }
}
