//! Sizes of large pieces of memory: a class has all that are nearly equal, so that any piece serves any request of its class.

/// Memory up to this size is left to the allocator of the program, which is good at it.
pub(super) const SMALL: usize = 64 << 10;
/// Each power of two is cut in so many classes: at most a sixteenth of a piece is never used.
const PER_OCTAVE: usize = 16;
/// Number of classes.
pub(super) const CLASSES: usize = (usize::BITS - 1 - SMALL.ilog2()) as usize * PER_OCTAVE;

/// Sizes from one that is not small to the capacity that pieces for any of them have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SizeClass(u16);

impl SizeClass {
    pub(super) const SMALLEST: SizeClass = SizeClass(0);

    /// The class of `size`, which is larger than [`SMALL`]. `None` for more than an address space has.
    pub(super) fn of(size: usize) -> Option<SizeClass> {
        debug_assert!(size > SMALL);
        if size > isize::MAX as usize {
            return None;
        }
        let last = size - 1;
        let octave = last.ilog2();
        let step = last >> (octave - PER_OCTAVE.ilog2());
        let number = (octave - SMALL.ilog2()) as usize * PER_OCTAVE + step - PER_OCTAVE;
        Some(SizeClass(number as u16))
    }

    pub(super) fn number(self) -> usize {
        self.0.into()
    }

    /// Bytes that a piece of this class has.
    pub(super) fn capacity(self) -> usize {
        let (octave, step) = (self.number() / PER_OCTAVE, self.number() % PER_OCTAVE);
        (PER_OCTAVE + step + 1) << (octave as u32 + SMALL.ilog2() - PER_OCTAVE.ilog2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_close_to_what_is_asked_for() {
        let mut last = None;
        for exponent in 16..46 {
            for part in 0..97 {
                let size = (1 << exponent) + 1 + (part << exponent) / 97;
                let class = SizeClass::of(size).unwrap();
                let capacity = class.capacity();
                assert!(
                    (size..=size + size / 16).contains(&capacity),
                    "{size}: {capacity}"
                );
                // the first and the last size of the class
                assert_eq!(SizeClass::of(capacity), Some(class));
                assert_eq!(
                    SizeClass::of(capacity + 1).unwrap().number(),
                    class.number() + 1
                );
                assert!(last.is_none_or(|last| (0..=1).contains(&(class.number() - last))));
                last = Some(class.number());
            }
        }
        assert_eq!(SizeClass::of(SMALL + 1), Some(SizeClass::SMALLEST));
        let largest = SizeClass::of(isize::MAX as usize).unwrap();
        assert_eq!(largest.number(), CLASSES - 1);
        assert_eq!(largest.capacity(), 1 << (usize::BITS - 1));
        assert_eq!(SizeClass::of(isize::MAX as usize + 1), None);
    }
}
