//! What is made of labels once, for all blocks that have them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use metatensor_core::{Labels, Result};

/// Results for labels, kept for the next blocks: those of a map often have the very same labels. What is made of them, and
/// the arrays that it takes, is then the same for all of these blocks.
pub(crate) struct Repeated<T> {
    known: RefCell<VecDeque<Known<T>>>,
}

/// What was made of some labels and numbers.
struct Known<T> {
    labels: Vec<Labels>,
    numbers: Vec<usize>,
    result: Rc<T>,
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
        self.get_for(&[labels], &[], make)
    }

    /// What `make` makes of all of these labels and numbers, or made of them a short time ago.
    pub(crate) fn get_for(
        &self,
        labels: &[&Labels],
        numbers: &[usize],
        make: impl FnOnce() -> Result<T>,
    ) -> Result<Rc<T>> {
        let are_same = |known: &[Labels]| {
            known.len() == labels.len() && known.iter().zip(labels).all(|(a, b)| a.is_same(b))
        };
        let is_it = |known: &&Known<T>| known.numbers == numbers && are_same(&known.labels);
        if let Some(known) = self.known.borrow().iter().find(is_it) {
            return Ok(Rc::clone(&known.result));
        }
        // Nothing is borrowed while this runs, which may call anything.
        let result = Rc::new(make()?);
        let mut known = self.known.borrow_mut();
        known.truncate(MOST - 1);
        known.push_front(Known {
            labels: labels.iter().copied().cloned().collect(),
            numbers: numbers.to_vec(),
            result: Rc::clone(&result),
        });
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

    #[test]
    fn lists_that_differ_in_anything_are_others() {
        let (a, b) = (
            Labels::range("n", 1).unwrap(),
            Labels::range("n", 2).unwrap(),
        );
        let repeated = Repeated::new();
        let get = |labels: &[&Labels], numbers: &[usize]| {
            let made = repeated.get_for(labels, numbers, || Ok((labels.len(), numbers.to_vec())));
            made.unwrap()
        };
        let first = get(&[&a, &b], &[1, 2]);
        assert!(Rc::ptr_eq(&get(&[&a, &b], &[1, 2]), &first));
        for (labels, numbers) in [
            (&[&b, &a][..], &[1, 2][..]),
            (&[&a], &[1, 2]),
            (&[&a, &b], &[1, 3]),
        ] {
            let other = get(labels, numbers);
            assert!(!Rc::ptr_eq(&other, &first));
            assert_eq!(*other, (labels.len(), numbers.to_vec()));
        }
    }
}
