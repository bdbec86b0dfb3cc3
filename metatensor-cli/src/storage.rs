//! How files store what they hold: as it is or compressed, and where arrays start.

use std::collections::BTreeSet;

use metatensor_core::internal::files::{ByteOrder, MemberCounts, Placement};

use crate::outline::Outline;

/// Whoever asks for more than this asks for pages of memory, and not for data in a file.
const MOST: u64 = 64;

/// How arrays of values and gradients are stored.
#[derive(Debug, Default)]
pub(crate) struct Arrays {
    pub(crate) count: usize,
    /// How many of them can be used where they are, in a file that is mapped.
    pub(crate) mappable: usize,
    /// Orders of the bytes of their numbers, sorted.
    pub(crate) byte_orders: BTreeSet<&'static str>,
    /// The bits of all positions of those with elements.
    starts: u64,
    have_elements: bool,
    are_compressed: bool,
}

impl Arrays {
    /// Adds those of a block, and of its gradients.
    pub(crate) fn add(&mut self, outline: &Outline) {
        self.add_array(outline);
        outline.each_gradient(&mut |_, gradient| self.add_array(gradient));
    }

    fn add_array(&mut self, outline: &Outline) {
        let Some(placement) = outline.placement else {
            return;
        };
        let has_elements = placement.size > 0;
        self.merge(Arrays {
            count: 1,
            mappable: usize::from(placement.can_be_mapped),
            byte_orders: byte_order(placement).into_iter().collect(),
            starts: placement.start.filter(|_| has_elements).unwrap_or(0),
            have_elements: has_elements,
            are_compressed: has_elements && placement.start.is_none(),
        });
    }

    pub(crate) fn merge(&mut self, other: Arrays) {
        self.count += other.count;
        self.mappable += other.mappable;
        self.byte_orders.extend(other.byte_orders);
        self.starts |= other.starts;
        self.have_elements |= other.have_elements;
        self.are_compressed |= other.are_compressed;
    }

    /// What all positions of those with elements are multiples of, up to 64. `None` if there are none, or if one is compressed.
    pub(crate) fn alignment(&self) -> Option<u64> {
        let is_known = self.have_elements && !self.are_compressed;
        // the lowest bit of any of them
        is_known.then(|| 1 << (self.starts | MOST).trailing_zeros())
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
