mod agreement;
mod block_errors;
mod blocks;
mod errors;
mod random;
mod steps;

use proptest::prelude::*;

use super::*;

/// Rows of a halo on several ranks. Row `i` of all is `[i % 3, i]`, or `[i]`.
#[derive(Clone, Debug)]
pub(super) struct Case {
    width: usize,
    /// Numbers of rows.
    owned: Vec<Vec<usize>>,
    ghosts: Vec<Vec<usize>>,
}

impl Case {
    pub(super) fn ranks(&self) -> usize {
        self.owned.len()
    }

    fn rows(&self, numbers: &[usize]) -> Vec<i32> {
        let row = |&i: &usize| [(i % 3) as i32, i as i32];
        let rows = numbers.iter().map(row);
        rows.flat_map(|row| row[2 - self.width..].to_vec())
            .collect()
    }

    /// The rank and the position of each row that is owned.
    pub(super) fn owner(&self, number: usize) -> (usize, usize) {
        let mut owned = self.owned.iter().enumerate();
        owned
            .find_map(|(rank, rows)| Some((rank, rows.iter().position(|&row| row == number)?)))
            .unwrap()
    }

    pub(super) fn halo(&self, communicator: &Communicator) -> Halo {
        let rank = communicator.rank();
        let (owned, ghosts) = (self.rows(&self.owned[rank]), self.rows(&self.ghosts[rank]));
        Halo::new(communicator, self.width, &owned, &ghosts).unwrap()
    }

    pub(super) fn halo_with_owners(&self, communicator: &Communicator) -> Halo {
        let rank = communicator.rank();
        let owners = self.ghosts[rank]
            .iter()
            .map(|&ghost| self.owner(ghost).0 as u32);
        let owners: Vec<u32> = owners.collect();
        let (owned, ghosts) = (self.rows(&self.owned[rank]), self.rows(&self.ghosts[rank]));
        Halo::with_owners(communicator, self.width, &owned, &ghosts, &owners).unwrap()
    }
}

/// Ranks without rows, ghosts that are repeated, on the same rank, in order or not, and neighbors that only send.
pub(super) fn cases() -> impl Strategy<Value = Case> {
    (1..=8_usize, 1..=2_usize, 0..40_usize, any::<bool>()).prop_flat_map(
        |(ranks, width, count, are_sorted)| {
            let owners = prop::collection::vec(0..ranks, count);
            let order = Just((0..count).collect::<Vec<_>>()).prop_shuffle();
            let ghosts = prop::collection::vec((0..ranks, 0..count.max(1)), 0..=3 * count);
            (owners, order, ghosts).prop_map(move |(owners, order, ghosts)| {
                let mut case = Case {
                    width,
                    owned: vec![Vec::new(); ranks],
                    ghosts: vec![Vec::new(); ranks],
                };
                for &i in &order {
                    case.owned[owners[i]].push(i);
                }
                for (rank, i) in ghosts.into_iter().filter(|_| count > 0) {
                    case.ghosts[rank].push(i);
                }
                if are_sorted {
                    // as programs have them: in the order of owners
                    let positions: Vec<_> = (0..count).map(|i| case.owner(i)).collect();
                    for ghosts in &mut case.ghosts {
                        ghosts.sort_by_key(|&i| positions[i]);
                    }
                }
                case
            })
        },
    )
}
