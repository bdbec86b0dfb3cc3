//! What products of a block with itself, and of all neighbors with all others, have in common.

use metatensor_core::TensorBlock;

use super::plan::Product;
use super::rows::{Node, Part};
use crate::engine::Side;
use crate::kernels::TermRow;

/// How the products of two arrays are a part of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As they are.
    Pair,
    /// The same with both factors exchanged: that of the second one, and then of the first one.
    Exchanged,
    /// As they are, and with both factors exchanged.
    Both,
    /// The same for the product of a gradient with the values of all neighbors.
    BothWithAll,
    /// The values of all neighbors, multiplied with each other.
    All,
}

impl<'a> Node<'a> {
    /// Leaves out what is the mirror image of something else, at all depths, and makes values the second factor.
    pub(super) fn use_symmetry(&mut self, products: &[Product<'a>]) {
        let parts = std::mem::take(&mut self.parts);
        self.parts = parts
            .into_iter()
            .filter_map(|mut part| {
                let first = &products[part.number].factors[0].0;
                let is_same = std::ptr::eq(first.a, first.b);
                match part.values(first.a, first.b) {
                    [false, true] if is_same => part.kind = Kind::Both,
                    [true, false] if is_same => return None,
                    [true, false] => part.exchange(),
                    _ => {}
                }
                Some(part)
            })
            .collect();
        for gradient in &mut self.gradients {
            gradient.use_symmetry(products);
        }
    }

    /// The same for values, and gradients of them, that are products of all neighbors with all others: what is multiplied
    /// with values is multiplied with those of all neighbors at once, which have the rows of this node.
    ///
    /// Gives the rows of the values of each product.
    pub(super) fn use_all_neighbors(&mut self, products: &[Product<'a>]) -> Vec<Vec<TermRow>> {
        let mut places = vec![Vec::new(); products.len()];
        let mut values = vec![Vec::new(); products.len()];
        let first = self.parts.first().map(|part| (part.a, part.b));
        for part in std::mem::take(&mut self.parts) {
            places[part.number] = vec![0; part.a.samples().count()];
            for row in &part.rows {
                places[part.number][row.a as usize] = row.output;
            }
            values[part.number] = part.rows;
        }
        let rows = (0..self.samples.count() as u32).map(|row| TermRow {
            output: row,
            a: row,
            b: row,
        });
        self.parts.extend(first.map(|(a, b)| Part {
            number: 0,
            kind: Kind::All,
            a,
            b,
            own: Vec::new(),
            rows: rows.collect(),
        }));
        for gradient in &mut self.gradients {
            gradient.with_all_neighbors(products, &places);
        }
        values
    }

    fn with_all_neighbors(&mut self, products: &[Product<'a>], places: &[Vec<u32>]) {
        self.parts.retain_mut(|part| {
            let first = &products[part.number].factors[0].0;
            match part.values(first.a, first.b) {
                [false, true] if std::ptr::eq(first.a, first.b) => {
                    part.kind = Kind::BothWithAll;
                    for row in &mut part.rows {
                        row.b = places[part.number][row.b as usize];
                    }
                    true
                }
                [false, false] => true,
                _ => false,
            }
        });
        for gradient in &mut self.gradients {
            gradient.with_all_neighbors(products, places);
        }
    }
}

impl Part<'_> {
    /// Which factors are the values of the product of these blocks.
    fn values(&self, a: &TensorBlock, b: &TensorBlock) -> [bool; 2] {
        [std::ptr::eq(self.a, a), std::ptr::eq(self.b, b)]
    }

    fn exchange(&mut self) {
        self.kind = Kind::Exchanged;
        std::mem::swap(&mut self.a, &mut self.b);
        for row in &mut self.rows {
            std::mem::swap(&mut row.a, &mut row.b);
        }
        for side in &mut self.own {
            *side = match side {
                Side::A => Side::B,
                Side::B => Side::A,
            };
        }
    }
}
