//! A halo that is used in many steps.

use metatensor_distributed::{Combine, Communicator, Halo};

use crate::allocations::allocated;
use crate::atoms::{Slab, positions};

const STEPS: usize = 1000;

/// Rows go to ghosts and back, and the memory for all of them is there after the first time.
pub(crate) fn run(world: &Communicator) {
    let slab = Slab::new(&positions(false), world.rank(), world.size());
    let (owned, ghosts) = slab.tags.split_at(slab.owned);
    let mut halo = Halo::new(world, 1, owned, ghosts).unwrap();
    let neighbors = halo.neighbors().len();
    let width = 4;
    let start: Vec<f64> = owned.iter().map(|tag| f64::from(*tag)).collect();
    let mut rows: Vec<f64> = start.iter().flat_map(|x| vec![*x; width]).collect();
    let mut copies = vec![0.0; ghosts.len() * width];
    let mut sums = rows.clone();
    let mut step = || {
        halo.forward(width, &rows, &mut copies).unwrap();
        for (row, tag) in copies.chunks(width).zip(ghosts) {
            assert_eq!(row[width - 1], f64::from(*tag) + rows[0] - start[0]);
        }
        sums.copy_from_slice(&rows);
        halo.reverse(Combine::Add, width, &copies, &mut sums)
            .unwrap();
        rows.iter_mut().for_each(|x| *x += 1.0);
    };
    step();
    let found = allocated(|| (0..STEPS).for_each(|_| step()));
    // A step has a description and a list of messages, which are gone after it, and are no larger for longer rows.
    let largest = 64 * (1 + neighbors);
    assert!(found.kept == 0 && found.largest <= largest, "{found:?}");
}
