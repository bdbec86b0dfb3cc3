//! Who writes which part of a file.

use std::ops::Range;

/// Regions start at multiples of this: no page of the file is written by two ranks, which network file systems may keep apart.
const GRAIN: u64 = 1 << 20;

/// The regions of a file, each with the rank that writes it.
#[derive(Debug)]
pub(super) struct Regions {
    regions: Vec<Region>,
}

/// Some bytes of a file, and the rank that writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) owner: usize,
    pub(super) range: Range<u64>,
}

impl Regions {
    /// About equal regions of a file of this size for so many of the ranks, or for all of them if there are less.
    pub(super) fn new(size: u64, writers: usize, ranks: usize) -> Regions {
        let writers = writers.clamp(1, ranks);
        let start = |writer: usize| {
            let start = u128::from(size) * writer as u128 / writers as u128;
            match writer == writers {
                true => size,
                false => (start as u64).next_multiple_of(GRAIN).min(size),
            }
        };
        let regions = (0..writers).map(|writer| Region {
            owner: writer * ranks / writers,
            range: start(writer)..start(writer + 1),
        });
        Regions {
            regions: regions.filter(|region| !region.range.is_empty()).collect(),
        }
    }

    /// Whether this rank writes something.
    pub(super) fn has(&self, rank: usize) -> bool {
        self.regions.iter().any(|region| region.owner == rank)
    }

    /// How many rounds there are, if each writes this many bytes of each region.
    pub(super) fn rounds(&self, bytes: u64) -> u64 {
        let sizes = self
            .regions
            .iter()
            .map(|Region { range, .. }| range.end - range.start);
        sizes.max().unwrap_or(0).div_ceil(bytes)
    }

    /// What is written in one of the rounds: at most so many bytes by each writer.
    pub(super) fn windows(&self, round: u64, bytes: u64) -> Vec<Region> {
        let window = |Region { owner, range }: &Region| Region {
            owner: *owner,
            range: (range.start + round * bytes).min(range.end)
                ..(range.start + (round + 1) * bytes).min(range.end),
        };
        let windows = self.regions.iter().map(window);
        windows.filter(|window| !window.range.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_the_whole_file_and_start_between_pages() {
        for size in [1, 22, GRAIN - 1, GRAIN, 5 * GRAIN + 7, 1000 * GRAIN + 1] {
            for (writers, ranks) in [(1, 1), (1, 5), (2, 5), (3, 3), (7, 5), (5, 5)] {
                let regions = Regions::new(size, writers, ranks);
                let mut end = 0;
                for region in &regions.regions {
                    assert_eq!(region.range.start, end);
                    assert_eq!(end % GRAIN, 0);
                    assert!(region.owner < ranks);
                    end = region.range.end;
                }
                assert_eq!(end, size);
                let mut owners: Vec<_> =
                    regions.regions.iter().map(|region| region.owner).collect();
                owners.dedup();
                assert_eq!(owners.len(), regions.regions.len());
                assert!(owners.is_sorted());
            }
        }
        assert_eq!(Regions::new(10 * GRAIN, 2, 4).regions[1].owner, 2);
    }

    #[test]
    fn rounds_are_all_of_each_region() {
        let regions = Regions::new(5 * GRAIN + 7, 2, 2);
        let bytes = GRAIN + 3;
        let mut covered = vec![0; 2];
        for round in 0..regions.rounds(bytes) {
            for window in regions.windows(round, bytes) {
                let size = window.range.end - window.range.start;
                assert!(size <= bytes);
                let done = &mut covered[window.owner];
                assert_eq!(
                    window.range.start,
                    regions.regions[window.owner].range.start + *done
                );
                *done += size;
            }
        }
        let sizes = regions
            .regions
            .iter()
            .map(|region| region.range.end - region.range.start);
        assert!(covered.into_iter().eq(sizes));
    }
}
