use metatensor_core::Element;

use super::*;
use crate::testing::{Random, array};

/// The elements of a result, in the slowest way.
fn naive(shape: [usize; 2], products: &[Products<'_, f64>]) -> Vec<f64> {
    let mut sums = vec![0.0; shape[0] * shape[1]];
    for piece in products {
        for row in piece.rows {
            for factors in &piece.factors {
                let Lines::Outer {
                    properties,
                    stride,
                    first,
                    mirrored,
                } = factors.layout.lines
                else {
                    panic!("only outer products");
                };
                let [a, b] = [(factors.a, row.a, 0), (factors.b, row.b, 1)]
                    .map(|(x, row, side)| &x[row as usize * factors.lengths[side]..]);
                for [output, start_a, start_b] in &factors.layout.blocks {
                    for [next_a, next_b] in &factors.layout.sums {
                        for i in 0..properties[0] {
                            for j in 0..properties[1] {
                                let x = a[(start_a + next_a) * properties[0] + i];
                                let y = b[(start_b + next_b) * properties[1] + j];
                                let output = row.output as usize * shape[1] + output;
                                let product = factors.scale * x * y;
                                if let Some(first) = first {
                                    sums[output + first + i * stride + j] += product;
                                }
                                if let Some(first) = mirrored {
                                    sums[output + first + j * stride + i] += product;
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    sums
}

fn elements<T: Element>(array: &DenseArray) -> Vec<T> {
    array.to_ndarray::<T>().unwrap().iter().copied().collect()
}

/// All numbers are integers: there is no rounding.
#[test]
fn outer_products_of_all_widths() {
    let random = &mut Random(7);
    for width in 1..20 {
        for height in [1, 2, 3, 4, 6, 7, 9] {
            let (lines, rows) = (1 + random.below(5), 4);
            let layout = Layout {
                // Two parts of a row, whose lines are further apart than they are long.
                blocks: vec![[3, 0, 0], [3 + width.max(height), 0, lines - 1]],
                sums: (0..lines).map(|i| [i, i % 2]).collect(),
                lines: Lines::Outer {
                    properties: [height, width],
                    stride: 2 * width.max(height) + 5,
                    first: (random.below(3) > 0).then_some(1),
                    mirrored: (random.below(3) > 0).then_some(2),
                },
            };
            let lengths = [lines * height, (lines + 1) * width];
            let mut numbers = |count: usize| -> Vec<f64> {
                (0..count).map(|_| random.below(9) as f64 - 4.0).collect()
            };
            let (a, b) = (numbers(3 * lengths[0]), numbers(3 * lengths[1]));
            let mut some: Vec<_> = (0..5)
                .map(|_| TermRow {
                    output: random.below(rows) as u32,
                    a: random.below(3) as u32,
                    b: random.below(3) as u32,
                })
                .collect();
            some.sort_by_key(|row| row.output);
            let size = width.max(height);
            let length = 6 + size * (2 * size + 5);
            fn products<'v, T: Contract>(
                (a, b): (&'v [T], &'v [T]),
                lengths: [usize; 2],
                layout: &'v Layout,
                rows: &'v [TermRow],
            ) -> Vec<Products<'v, T>> {
                let factors = [1.0, 2.0].map(|scale| Factors {
                    a,
                    b,
                    lengths,
                    layout,
                    scale: T::from_real(scale),
                });
                let other = Products {
                    rows: &rows[1..2],
                    factors: vec![factors[1]],
                };
                vec![
                    Products {
                        rows,
                        factors: factors.into(),
                    },
                    other,
                ]
            }
            let shape = [rows, length];
            let all = products((&a, &b), lengths, &layout, &some);
            let expected = naive(shape, &all);
            let result = contract_rows(&shape, &all).unwrap();
            assert_eq!(elements::<f64>(&result), expected, "{height} x {width}");

            let single = |x: &[f64]| x.iter().map(|&x| x as f32).collect::<Vec<_>>();
            let (x, y) = (single(&a), single(&b));
            let result = contract_rows(&shape, &products((&x, &y), lengths, &layout, &some));
            assert_eq!(elements::<f32>(&result.unwrap()), single(&expected));

            let integers = |x: &[f64]| x.iter().map(|&x| x as i32).collect::<Vec<_>>();
            let (x, y) = (integers(&a), integers(&b));
            let result = contract_rows(&shape, &products((&x, &y), lengths, &layout, &some));
            assert_eq!(elements::<i32>(&result.unwrap()), integers(&expected));
        }
    }
}

#[test]
fn rows_without_products_are_zero() {
    let layout = Layout {
        blocks: vec![[0, 0, 0]],
        sums: vec![[0, 0]],
        lines: Lines::Equal { properties: 2 },
    };
    let factors = Factors {
        a: &[2, 3],
        b: &[4, 5],
        lengths: [2, 2],
        layout: &layout,
        scale: 1,
    };
    let rows = [TermRow {
        output: 1,
        a: 0,
        b: 0,
    }];
    let products = [Products {
        rows: &rows,
        factors: vec![factors],
    }];
    let result = contract_rows::<i32>(&[3, 2], &products).unwrap();
    assert_eq!(elements::<i32>(&result), [0, 0, 8, 15, 0, 0]);
    let nothing = contract_rows::<f64>(&[2, 3], &[]).unwrap();
    let zeros = array(&[2, 3], &[0.0; 6]);
    let zeros = zeros.view().unwrap();
    assert_eq!(
        nothing.view().typed::<f64>().unwrap(),
        zeros.typed::<f64>().unwrap()
    );
}
