//! Which rows go where: made once, and used for all that is sent.

use metatensor_core::internal::rows::{Duplicate, RowIndex, Rows};
use metatensor_core::{Error, Result};

use super::row_list::RowList;
use crate::communicator::{Agreed, Session, reserved};
use crate::partition::rendezvous::{Owner, describe, find_owners};

/// What this rank sends to and receives from another one, or gives to itself.
#[derive(Clone, Debug)]
pub(super) struct Neighbor {
    pub(super) rank: usize,
    /// Owned rows that it has ghosts of, in the order of these ghosts.
    pub(super) send: RowList,
    /// Ghosts whose owner it is, increasing.
    pub(super) receive: RowList,
}

/// The neighbors of a rank, and how many rows there are.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) rank: usize,
    pub(super) owned: usize,
    pub(super) ghosts: usize,
    /// In increasing order of ranks, with the own one among them if it has ghosts of its own rows.
    pub(super) neighbors: Vec<Neighbor>,
    /// Their ranks.
    pub(super) neighbor_ranks: Vec<u32>,
    /// Neighbors, without the own rank, whose ghosts are one piece of memory, in the order of these pieces.
    pub(super) in_one_piece: Vec<usize>,
}

/// How the owners of ghosts are found.
pub(super) enum Owners<'a> {
    /// Asked for.
    Unknown,
    /// Known by the caller: the rank for each ghost.
    Known(&'a [u32]),
}

impl Plan {
    /// The plan for these rows. `names` are those of their columns, for messages, which may have none.
    pub(super) fn new(
        session: &Session<'_>,
        names: &[&str],
        owned: Rows<'_>,
        ghosts: Rows<'_>,
        owners: &Owners<'_>,
    ) -> Result<Plan, Agreed> {
        match owners {
            Owners::Unknown => {
                let owners = find_owners(session, names, owned, ghosts)?;
                Plan::of_owners(session, owned.count(), &owners)
            }
            Owners::Known(ranks) => Plan::of_ranks(session, names, owned, ghosts, ranks),
        }
    }

    /// Owners are told which of their rows are needed.
    fn of_owners(session: &Session<'_>, owned: usize, owners: &[Owner]) -> Result<Plan, Agreed> {
        let (receive, requests) = session.step(|| {
            let receive = by_rank(owners.iter().map(|owner| owner.rank), session.size())?;
            let requests = requests(&receive, 4, |ghost, request| {
                request.extend(owners[ghost].row.to_ne_bytes());
            })?;
            Ok((receive, requests))
        })?;
        let requests = session.exchange(requests)?;
        session.step(|| {
            let send = requests.iter().enumerate().map(|(rank, request)| {
                let mut rows = reserved(request.len() / 4)?;
                rows.extend(
                    request
                        .as_chunks()
                        .0
                        .iter()
                        .map(|row| u32::from_ne_bytes(*row)),
                );
                if rows.iter().any(|&row| row as usize >= owned) {
                    return Err(damaged(rank));
                }
                Ok(rows)
            });
            let send = send.collect::<Result<_>>()?;
            Ok(Plan::from_lists(
                session,
                owned,
                owners.len(),
                send,
                receive,
            ))
        })
    }

    /// Owners are told the rows, and have to find them.
    fn of_ranks(
        session: &Session<'_>,
        names: &[&str],
        owned: Rows<'_>,
        ghosts: Rows<'_>,
        ranks: &[u32],
    ) -> Result<Plan, Agreed> {
        let (receive, requests) = session.step(|| {
            check_ranks(ranks, ghosts.count(), session.size())?;
            let receive = by_rank(ranks.iter().copied(), session.size())?;
            let requests = requests(&receive, 4 * ghosts.width(), |ghost, request| {
                let row = ghosts.row(ghost).iter();
                request.extend(row.flat_map(|value| value.to_ne_bytes()));
            })?;
            Ok((receive, requests))
        })?;
        let requests = session.exchange(requests)?;
        session.step(|| {
            let index = RowIndex::new(owned).map_err(|Duplicate { first, second }| {
                let row = describe(names, owned.row(first));
                Error::invalid(format!(
                    "{row} is owned twice by rank {}, as rows {first} and {second}",
                    session.rank()
                ))
            })?;
            let send = requests.iter().enumerate();
            let send = send.map(|(rank, request)| {
                requested_rows(rank, request, names, owned, &index, session.rank())
            });
            let send = send.collect::<Result<_>>()?;
            Ok(Plan::from_lists(
                session,
                owned.count(),
                ghosts.count(),
                send,
                receive,
            ))
        })
    }

    fn from_lists(
        session: &Session<'_>,
        owned: usize,
        ghosts: usize,
        send: Vec<Vec<u32>>,
        receive: Vec<Vec<u32>>,
    ) -> Plan {
        let lists = send.into_iter().zip(receive).enumerate();
        let neighbors: Vec<_> = lists
            .map(|(rank, (send, receive))| Neighbor {
                rank,
                send: RowList::new(send),
                receive: RowList::new(receive),
            })
            .filter(|neighbor| !neighbor.send.is_empty() || !neighbor.receive.is_empty())
            .collect();
        let rank = session.rank();
        let pieces = neighbors.iter().enumerate();
        let pieces = pieces.filter(|(_, neighbor)| neighbor.rank != rank);
        let mut pieces: Vec<_> = pieces
            .filter_map(|(i, neighbor)| Some((neighbor.receive.range(1)?.start, i)))
            .collect();
        // Pieces without rows are anywhere, and are left out later.
        pieces.retain(|&(_, i)| !neighbors[i].receive.is_empty());
        pieces.sort_unstable();
        Plan {
            rank,
            owned,
            ghosts,
            neighbor_ranks: neighbors
                .iter()
                .map(|neighbor| neighbor.rank as u32)
                .collect(),
            in_one_piece: pieces.into_iter().map(|(_, i)| i).collect(),
            neighbors,
        }
    }
}

fn check_ranks(ranks: &[u32], ghosts: usize, size: usize) -> Result<()> {
    if ranks.len() != ghosts {
        return Err(Error::invalid(format!(
            "there are {ghosts} ghosts, but {} owners of them",
            ranks.len()
        )));
    }
    match ranks.iter().position(|&rank| rank as usize >= size) {
        None => Ok(()),
        Some(ghost) => Err(Error::invalid(format!(
            "the owner of ghost {ghost} is rank {}, but there are {size} ranks",
            ranks[ghost]
        ))),
    }
}

/// The ghosts of each rank, increasing.
fn by_rank(ranks: impl Iterator<Item = u32> + Clone, size: usize) -> Result<Vec<Vec<u32>>> {
    let mut counts = vec![0; size];
    for rank in ranks.clone() {
        counts[rank as usize] += 1;
    }
    let lists = counts.into_iter().map(reserved);
    let mut lists: Vec<Vec<u32>> = lists.collect::<Result<_>>()?;
    for (ghost, rank) in (0..).zip(ranks) {
        lists[rank as usize].push(ghost);
    }
    Ok(lists)
}

/// A message for each rank: `size` bytes that `write` appends for each of its ghosts.
fn requests(
    ghosts: &[Vec<u32>],
    size: usize,
    write: impl Fn(usize, &mut Vec<u8>),
) -> Result<Vec<Vec<u8>>> {
    let request = |ghosts: &Vec<u32>| {
        let mut request = reserved(ghosts.len().saturating_mul(size))?;
        for &ghost in ghosts {
            write(ghost as usize, &mut request);
        }
        Ok(request)
    };
    ghosts.iter().map(request).collect()
}

/// Positions of the rows that `rank` asks for.
fn requested_rows(
    rank: usize,
    request: &[u8],
    names: &[&str],
    owned: Rows<'_>,
    index: &RowIndex,
    own_rank: usize,
) -> Result<Vec<u32>> {
    let (values, width) = (request.as_chunks().0, owned.width());
    let mut wanted: Vec<i32> = reserved(values.len())?;
    wanted.extend(values.iter().map(|value| i32::from_ne_bytes(*value)));
    let wanted = Rows::try_new(&wanted, wanted.len() / width, width).map_err(|_| damaged(rank))?;
    let mut rows = reserved(wanted.count())?;
    let mut missing = None;
    index.find_all(owned, wanted, |row, position| match position {
        Some(position) => rows.push(position as u32),
        None => missing = missing.or(Some(row)),
    });
    match missing {
        None => Ok(rows),
        Some(row) => Err(Error::invalid(format!(
            "{} is needed by rank {rank}, which says that rank {own_rank} owns it, but it does not",
            describe(names, wanted.row(row))
        ))),
    }
}

#[cold]
fn damaged(rank: usize) -> Error {
    Error::Communication(format!("a message of rank {rank} about ghosts is damaged"))
}
