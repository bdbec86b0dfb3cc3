use super::*;

#[test]
fn complex_quotients_do_not_overflow() {
    let x = Complex::new(1e300, 1e300);
    assert_eq!(x.over(x), Complex::new(1.0, 0.0));
    let y = Complex::new(3.0, -4.0);
    assert_eq!(Complex::new(25.0, 0.0).over(y), Complex::new(3.0, 4.0));
    assert_eq!(Complex::new(0.0, 2.0).over(Complex::I), Complex::from(2.0));
}
