//! What is made of labels once, for all blocks that have them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use metatensor_core::{Labels, Result};

/// Results for labels, kept for the next blocks: those of a map often have the very same labels. What is made of them, and
/// the arrays that it takes, is then the same for all of these blocks.
pub(crate) struct Repeated<T> {
    known: RefCell<VecDeque<(Labels, Rc<T>)>>,
}

/// How many are kept. Maps with other labels in each block should not have to look for them.
const MOST: usize = 4;

impl<T> Repeated<T> {
    pub(crate) fn new() -> Repeated<T> {
        Repeated {
            known: RefCell::new(VecDeque::new()),
        }
    }

    /// What `make` makes of `labels`, or made of them a short time ago.
    pub(crate) fn get(&self, labels: &Labels, make: impl FnOnce() -> Result<T>) -> Result<Rc<T>> {
        let known = self.known.borrow();
        if let Some((_, result)) = known.iter().find(|(known, _)| known.is_same(labels)) {
            return Ok(Rc::clone(result));
        }
        drop(known);
        let result = Rc::new(make()?);
        let mut known = self.known.borrow_mut();
        known.truncate(MOST - 1);
        known.push_front((labels.clone(), Rc::clone(&result)));
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_come_again_are_not_made_again() {
        let all: Vec<_> = (1..=MOST + 1)
            .map(|n| Labels::range("n", n).unwrap())
            .collect();
        let repeated = Repeated::new();
        let get = |labels: &Labels| repeated.get(labels, || Ok(labels.count())).unwrap();
        let first: Vec<_> = all[..MOST].iter().map(get).collect();
        let again: Vec<_> = all[..MOST].iter().map(get).collect();
        assert!(first.iter().zip(&again).all(|(a, b)| Rc::ptr_eq(a, b)));
        // Equal labels that are others, and one more than are kept.
        let other = Labels::range("n", MOST).unwrap();
        assert!(!Rc::ptr_eq(&get(&other), &first[MOST - 1]));
        assert_eq!(*get(&all[MOST]), MOST + 1);
        assert!(!Rc::ptr_eq(&get(&all[0]), &first[0]));
        assert_eq!(*get(&all[0]), 1);
    }
}
