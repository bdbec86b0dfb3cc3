//! Which pieces of memory are kept for the next request.

use super::size_class::{CLASSES, SizeClass};

/// No more pieces are kept than this.
const MAX_PIECES: usize = 16 << 10;

/// A large piece of memory that nobody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) address: usize,
    pub(super) class: SizeClass,
}

impl Piece {
    pub(super) fn bytes(self) -> usize {
        self.class.capacity()
    }
}

/// What has to be done with a piece, by whoever asked: it does not belong to [`Kept`] any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Give it back to the system.
    Release(Piece),
    /// Tell the system that it can have these pages, if it needs some, and [put it back](Kept::put_marked).
    Mark(Piece, Milliseconds),
}

/// There are as many pieces as can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

/// Since an unknown moment, and starting again from 0 after 49 days.
pub(super) type Milliseconds = u32;

/// Number of an entry. Entry 0 is none: all lists are empty when everything is 0, so that this table takes no space in
/// a program before it is used.
type Number = u32;
const NONE: Number = 0;

/// Pieces of memory, found by their class, the one that was used last before others, or by their age.
///
/// It only knows addresses: memory is used by those who take it. The lists are linked through one table, so that no
/// memory has to be asked for while memory is given back.
pub(super) struct Kept {
    entries: [Entry; MAX_PIECES + 1],
    /// Entries up to this one have been used once.
    known: Number,
    /// First of those which are not used any more, linked by [`CLASS`].
    unused: Number,
    classes: [Ends; CLASSES],
    /// Pieces which the system can not have yet, and those which it can.
    ages: [Ends; 2],
    bytes: [usize; 2],
}

#[derive(Clone, Copy)]
struct Entry {
    piece: Piece,
    since: Milliseconds,
    age: Age,
    links: [Ends; 2],
}

/// Which of the two lists of ages a piece is in.
#[derive(Clone, Copy)]
enum Age {
    Recent,
    Marked,
}

/// The list of a class: the first piece is the one to use.
const CLASS: usize = 0;
/// A list of ages: the first piece is the newest.
const AGE: usize = 1;

/// The neighbors of an entry in a list, or the [first](FIRST) and [last](LAST) entry of a list.
type Ends = [Number; 2];

/// One end of a list, or the side of an entry where this end is.
const FIRST: usize = 0;
const LAST: usize = 1;

const EMPTY: Ends = [NONE; 2];

impl Kept {
    pub(super) const EMPTY: Kept = Kept {
        entries: [Entry {
            piece: Piece {
                address: 0,
                class: SizeClass::SMALLEST,
            },
            since: 0,
            age: Age::Recent,
            links: [EMPTY; 2],
        }; MAX_PIECES + 1],
        known: 0,
        unused: NONE,
        classes: [EMPTY; CLASSES],
        ages: [EMPTY; 2],
        bytes: [0; 2],
    };

    /// Bytes of all pieces.
    pub(super) fn bytes(&self) -> usize {
        self.bytes[0] + self.bytes[1]
    }

    /// Whether there is a piece of this class.
    pub(super) fn has(&self, class: SizeClass) -> bool {
        self.classes[class.number()][FIRST] != NONE
    }

    /// The piece of this class that was used last: it is the one most likely to be in a cache of the processor.
    pub(super) fn take(&mut self, class: SizeClass) -> Option<Piece> {
        match self.classes[class.number()][FIRST] {
            NONE => None,
            first => Some(self.remove(first).piece),
        }
    }

    /// Keeps a piece. What has to go for it is for [`Kept::next_task`] to say.
    ///
    /// # Errors
    ///
    /// If there are too many.
    pub(super) fn put(&mut self, piece: Piece, now: Milliseconds) -> Result<(), TooMany> {
        let number = self.new_entry(piece, now, Age::Recent)?;
        self.push::<CLASS>(number, FIRST);
        Ok(())
    }

    /// Keeps a piece that was [marked](Task::Mark). It is used after all others of its class.
    ///
    /// # Errors
    ///
    /// If there are too many.
    pub(super) fn put_marked(&mut self, piece: Piece, since: Milliseconds) -> Result<(), TooMany> {
        let number = self.new_entry(piece, since, Age::Marked)?;
        self.push::<CLASS>(number, LAST);
        Ok(())
    }

    /// What to do next, for no more than `bound` bytes to be kept, no more than `unmarked` of them in pages that the
    /// system can not have, and none unused for longer than `idle`.
    pub(super) fn next_task(
        &mut self,
        bound: usize,
        unmarked: usize,
        idle: Milliseconds,
        now: Milliseconds,
    ) -> Option<Task> {
        let [recent, marked] = self.ages.map(|list| list[LAST]);
        let oldest = if marked == NONE { recent } else { marked };
        if oldest == NONE {
            return None;
        }
        let age = now.wrapping_sub(self.entries[oldest as usize].since);
        if self.bytes() > bound || age > idle {
            return Some(Task::Release(self.remove(oldest).piece));
        }
        if self.bytes[Age::Recent as usize] > unmarked {
            let entry = self.remove(recent);
            return Some(Task::Mark(entry.piece, entry.since));
        }
        None
    }

    fn new_entry(
        &mut self,
        piece: Piece,
        since: Milliseconds,
        age: Age,
    ) -> Result<Number, TooMany> {
        let number = if self.unused != NONE {
            let number = self.unused;
            self.unused = self.entries[number as usize].links[CLASS][LAST];
            number
        } else if (self.known as usize) < MAX_PIECES {
            self.known += 1;
            self.known
        } else {
            return Err(TooMany);
        };
        let entry = &mut self.entries[number as usize];
        (entry.piece, entry.since, entry.age) = (piece, since, age);
        self.bytes[age as usize] += piece.bytes();
        self.push::<AGE>(number, FIRST);
        Ok(number)
    }

    fn remove(&mut self, number: Number) -> Entry {
        self.unlink::<CLASS>(number);
        self.unlink::<AGE>(number);
        let entry = self.entries[number as usize];
        self.bytes[entry.age as usize] -= entry.piece.bytes();
        self.entries[number as usize].links[CLASS][LAST] = self.unused;
        self.unused = number;
        entry
    }

    /// The list that an entry is in.
    fn list<const KIND: usize>(&mut self, number: Number) -> &mut Ends {
        let entry = &self.entries[number as usize];
        match KIND {
            CLASS => &mut self.classes[entry.piece.class.number()],
            _ => &mut self.ages[entry.age as usize],
        }
    }

    fn links<const KIND: usize>(&mut self, number: Number) -> &mut Ends {
        &mut self.entries[number as usize].links[KIND]
    }

    /// Puts an entry at this end of its list.
    fn push<const KIND: usize>(&mut self, number: Number, end: usize) {
        let other = 1 - end;
        let neighbor = std::mem::replace(&mut self.list::<KIND>(number)[end], number);
        let links = self.links::<KIND>(number);
        (links[end], links[other]) = (NONE, neighbor);
        match neighbor {
            NONE => self.list::<KIND>(number)[other] = number,
            neighbor => self.links::<KIND>(neighbor)[end] = number,
        }
    }

    fn unlink<const KIND: usize>(&mut self, number: Number) {
        let links = *self.links::<KIND>(number);
        for side in [FIRST, LAST] {
            let other = 1 - side;
            match links[side] {
                NONE => self.list::<KIND>(number)[side] = links[other],
                neighbor => self.links::<KIND>(neighbor)[other] = links[other],
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same with a vector, from the oldest to the newest piece.
    #[derive(Default)]
    struct Model(Vec<(Piece, Milliseconds, bool)>);

    impl Model {
        fn take(&mut self, class: SizeClass) -> Option<Piece> {
            // the newest that is not marked, or else the one that was marked first
            let found = (self
                .0
                .iter()
                .rposition(|kept| kept.0.class == class && !kept.2))
            .or_else(|| self.0.iter().position(|kept| kept.0.class == class))?;
            Some(self.0.remove(found).0)
        }

        fn bytes(&self, marked: bool) -> usize {
            let pieces = self.0.iter().filter(|kept| kept.2 == marked);
            pieces.map(|kept| kept.0.bytes()).sum()
        }

        fn next_task(&mut self, bound: usize, unmarked: usize, now: u32) -> Option<Task> {
            let oldest = self.0.iter().position(|kept| kept.2).unwrap_or(0);
            let since = self.0.get(oldest)?.1;
            if self.bytes(false) + self.bytes(true) > bound || now.wrapping_sub(since) > 10 {
                return Some(Task::Release(self.0.remove(oldest).0));
            }
            if self.bytes(false) > unmarked {
                let recent = self.0.iter().position(|kept| !kept.2)?;
                let (piece, since, _) = self.0.remove(recent);
                return Some(Task::Mark(piece, since));
            }
            None
        }
    }

    proptest! {
        #[test]
        fn pieces_are_kept_as_by_a_naive_model(
            steps in prop::collection::vec((any::<bool>(), 0_usize..4, 0_u32..4), 1..300),
            start in prop_oneof![Just(0), Just(u32::MAX - 20)],
        ) {
            let (bound, unmarked) = (1 << 20, 600 << 10);
            let mut kept = Box::new(Kept::EMPTY);
            let mut model = Model::default();
            let mut now: Milliseconds = start;
            for (i, (put, size, time)) in steps.into_iter().enumerate() {
                now = now.wrapping_add(time);
                let class = SizeClass::of((70 << 10) << size).unwrap();
                if !put {
                    prop_assert_eq!(kept.take(class), model.take(class));
                    continue;
                }
                let piece = Piece { address: i + 1, class };
                kept.put(piece, now).unwrap();
                model.0.push((piece, now, false));
                loop {
                    let task = kept.next_task(bound, unmarked, 10, now);
                    prop_assert_eq!(task, model.next_task(bound, unmarked, now));
                    match task {
                        None => break,
                        Some(Task::Release(_)) => {}
                        Some(Task::Mark(piece, since)) => {
                            kept.put_marked(piece, since).unwrap();
                            model.0.push((piece, since, true));
                        }
                    }
                }
                prop_assert_eq!(kept.bytes(), model.bytes(false) + model.bytes(true));
                prop_assert!(kept.bytes() <= bound && model.bytes(false) <= unmarked);
            }
        }
    }

    #[test]
    fn a_full_table_takes_no_more_pieces_until_one_is_gone() {
        let mut kept = Box::new(Kept::EMPTY);
        let class = SizeClass::SMALLEST;
        let piece = |address| Piece { address, class };
        for address in 1..=MAX_PIECES {
            kept.put(piece(address), 0).unwrap();
        }
        assert_eq!(kept.put(piece(MAX_PIECES + 1), 0), Err(TooMany));
        assert_eq!(kept.bytes(), MAX_PIECES * class.capacity());
        assert_eq!(kept.take(class), Some(piece(MAX_PIECES)));
        kept.put(piece(MAX_PIECES + 1), 0).unwrap();
        for address in [MAX_PIECES + 1].into_iter().chain((1..MAX_PIECES).rev()) {
            assert_eq!(kept.take(class), Some(piece(address)));
        }
        assert_eq!((kept.take(class), kept.bytes()), (None, 0));
        assert_eq!(kept.next_task(0, 0, 0, 1), None);
    }
}
