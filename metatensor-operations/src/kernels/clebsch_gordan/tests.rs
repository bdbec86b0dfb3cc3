use super::*;

/// All of it in one loop.
fn naive(
    shape: &[usize; 3],
    widths: [usize; 2],
    coefficients: &[([usize; 3], f64)],
    products: &[CoupledProducts<'_, f64>],
    parts: usize,
) -> Vec<f64> {
    let mut result = vec![0.0; shape.iter().product()];
    let lines = shape[1] / parts;
    for product in products {
        for &TermRow { output: row, a, b } in product.rows {
            for (part, sources) in product.sources.iter().enumerate() {
                let [of_a, of_b] = sources.map(|source| source as usize);
                for &([first, second, line], c) in coefficients {
                    for p in 0..widths[0] {
                        for q in 0..widths[1] {
                            let a = (a as usize * product.parts[0] + of_a) * 3 + first;
                            let b = (b as usize * product.parts[1] + of_b) * 2 + second;
                            let to = (row as usize * parts + part) * lines + line;
                            result[(to * widths[0] + p) * widths[1] + q] += c
                                * product.factors[0][a * widths[0] + p]
                                * product.factors[1][b * widths[1] + q];
                        }
                    }
                }
            }
        }
    }
    result
}

#[test]
fn sums_of_products_are_those_of_a_simple_loop() {
    let coefficients = [
        ([0, 0, 0], 0.5),
        ([2, 0, 0], -1.5),
        ([1, 1, 0], 2.0),
        ([1, 0, 2], 3.0),
        ([2, 1, 3], -0.25),
    ];
    let coupling = Coupling::new([3, 2, 4], coefficients.into_iter());
    for widths in [
        [1, 1],
        [3, 1],
        [1, 9],
        [5, 13],
        [7, 4],
        [3000, 1],
        [2, 3000],
        [40, 70],
    ] {
        let numbers = |count: usize| -> Vec<f64> {
            (0..count)
                .map(|i| ((i * 37 % 101) as f64 - 50.0) / 7.0)
                .collect()
        };
        // the first factor has two parts, the second one one, and the other way round
        let (a2, b1) = (numbers(3 * 2 * 3 * widths[0]), numbers(4 * 2 * widths[1]));
        let (a1, b2) = (numbers(3 * 3 * widths[0]), numbers(4 * 2 * 2 * widths[1]));
        let term_row = |[output, a, b]: [u32; 3]| TermRow { output, a, b };
        let products = [
            CoupledProducts {
                factors: [&a2, &b1],
                parts: [2, 1],
                sources: &[[0, 0], [1, 0]],
                rows: &[[0, 2, 1], [2, 0, 3], [2, 1, 0], [4, 2, 2]].map(term_row),
            },
            CoupledProducts {
                factors: [&a1, &b2],
                parts: [1, 2],
                sources: &[[0, 0], [0, 1]],
                rows: &[[1, 0, 0], [2, 1, 3]].map(term_row),
            },
        ];
        let array = couple(
            &[5, 8, widths[0] * widths[1]],
            2,
            widths,
            &coupling,
            &products,
        );
        let array = array.unwrap().to_ndarray::<f64>().unwrap();
        let shape = [5, 8, widths[0] * widths[1]];
        let expected = naive(&shape, widths, &coefficients, &products, 2);
        for (x, y) in array.iter().zip(&expected) {
            assert!((x - y).abs() < 1e-11, "{x} {y} {widths:?}");
        }
    }
}
