//! Slices that are read side by side.

/// One slice, or several of the same length.
pub trait Slices: Copy {
    /// An element of each of them.
    type Item;

    /// Number of elements of each slice, of the first one if they are different.
    fn len(&self) -> usize;

    /// Whether there are no elements.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `count` elements from `start` on.
    ///
    /// # Panics
    ///
    /// If there are not so many.
    fn part(&self, start: usize, count: usize) -> Self;

    /// The elements at this position.
    ///
    /// # Panics
    ///
    /// If there are none.
    fn item(&self, i: usize) -> Self::Item;
}

impl<'a, T> Slices for &'a [T] {
    type Item = &'a T;

    #[inline(always)]
    fn len(&self) -> usize {
        <[T]>::len(self)
    }

    #[inline(always)]
    fn part(&self, start: usize, count: usize) -> Self {
        &self[start..][..count]
    }

    #[inline(always)]
    fn item(&self, i: usize) -> &'a T {
        &self[i]
    }
}

impl<A: Slices, B: Slices> Slices for (A, B) {
    type Item = (A::Item, B::Item);

    #[inline(always)]
    fn len(&self) -> usize {
        self.0.len()
    }

    #[inline(always)]
    fn part(&self, start: usize, count: usize) -> Self {
        (self.0.part(start, count), self.1.part(start, count))
    }

    #[inline(always)]
    fn item(&self, i: usize) -> Self::Item {
        (self.0.item(i), self.1.item(i))
    }
}

/// The same value, again and again.
#[derive(Clone, Copy)]
pub(super) struct Repeated<T> {
    pub(super) value: T,
    pub(super) count: usize,
}

impl<T: Copy> Slices for Repeated<T> {
    type Item = T;

    #[inline(always)]
    fn len(&self) -> usize {
        self.count
    }

    #[inline(always)]
    fn part(&self, _: usize, count: usize) -> Self {
        Repeated { count, ..*self }
    }

    #[inline(always)]
    fn item(&self, _: usize) -> T {
        self.value
    }
}
