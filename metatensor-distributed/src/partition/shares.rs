//! Work for all ranks, in its order.

/// A rank for each piece of work, given how much it is: each rank has a range of pieces, and about as much to do.
pub(crate) fn shares(work: &[u64], ranks: usize) -> Vec<u32> {
    let total: u128 = work.iter().map(|&work| u128::from(work)).sum();
    let mut before = 0;
    let of_middle = |&work: &u64| {
        // In whose share the middle of this piece is, counted in halves.
        let middle = 2 * before + u128::from(work);
        before += u128::from(work);
        let rank = middle * ranks as u128 / (2 * total.max(1));
        rank.min(ranks as u128 - 1) as u32
    };
    work.iter().map(of_middle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_have_about_as_much() {
        assert_eq!(shares(&[1, 1, 1, 1], 2), [0, 0, 1, 1]);
        assert_eq!(shares(&[5, 1, 1, 1], 2), [0, 1, 1, 1]);
        assert_eq!(shares(&[1, 9], 4), [0, 2]);
        assert!(shares(&[], 4).is_empty());
        let many = shares(&vec![3; 1000], 8);
        assert!(many.is_sorted());
        for rank in 0..8 {
            assert_eq!(many.iter().filter(|&&other| other == rank).count(), 125);
        }
    }
}
