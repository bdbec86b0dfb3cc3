//! How files store what they hold: as it is or compressed, and where arrays start.

use std::collections::BTreeSet;

use metatensor_core::internal::files::{ByteOrder, MemberCounts, Placement};

use crate::outline::Outline;

/// Whoever asks for more than this asks for pages of memory, and not for data in a file.
const MOST: u64 = 64;

/// How all arrays of values and gradients are stored.
#[derive(Debug, Default)]
pub(crate) struct Arrays {
    pub(crate) count: usize,
    /// How many of them can be used where they are, in a file that is mapped.
    pub(crate) mappable: usize,
    /// What all positions of those with elements are multiples of, up to 64. `None` if there are none, or if one is compressed.
    pub(crate) alignment: Option<u64>,
    /// Orders of the bytes of their numbers, sorted.
    pub(crate) byte_orders: BTreeSet<&'static str>,
}

impl Arrays {
    pub(crate) fn of(outlines: &[Outline]) -> Arrays {
        let mut arrays = Arrays::default();
        let mut starts = Some(MOST);
        let mut are_empty = true;
        let mut add = |outline: &Outline| {
            let Some(placement) = outline.placement else {
                return;
            };
            arrays.count += 1;
            arrays.mappable += usize::from(placement.can_be_mapped);
            arrays.byte_orders.extend(byte_order(placement));
            if placement.size > 0 {
                are_empty = false;
                starts = starts.zip(placement.start).map(|(all, one)| all | one);
            }
        };
        for outline in outlines {
            add(outline);
            outline.each_gradient(&mut add);
        }
        // the lowest bit of any of them
        arrays.alignment = starts
            .filter(|_| !are_empty)
            .map(|starts| 1 << starts.trailing_zeros());
        arrays
    }
}

fn byte_order(placement: Placement) -> Option<&'static str> {
    placement.byte_order.map(|order| match order {
        ByteOrder::Little => "little",
        ByteOrder::Big => "big",
    })
}

/// `12 stored, 3 deflated`, of which one may be left out.
pub(crate) fn describe(counts: MemberCounts) -> String {
    let MemberCounts { stored, deflated } = counts;
    match (stored, deflated) {
        (_, 0) => format!("{stored} stored"),
        (0, _) => format!("{deflated} deflated"),
        _ => format!("{stored} stored, {deflated} deflated"),
    }
}
