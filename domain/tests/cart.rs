//! What a cart does with what is tapped, at its limits too.

use chrono::DateTime;
use keeptill_domain::{Cart, Money, Ppm, Product, Quantity, Unit, cart::CartError, sale::ITEMS_PER_SALE_MAX};
use uuid::Uuid;

fn product(number: u128, price: i64) -> Product {
    Product {
        id: Uuid::from_u128(number).into(),
        name: format!("Product {number}"),
        sku: None,
        barcode: None,
        category_id: None,
        tax_id: None,
        price_minor: Money(price),
        unit: Unit::each(),
        track_stock: true,
        image_url: None,
        archived: false,
        sync_version: 1,
        last_modified: DateTime::UNIX_EPOCH,
    }
}

#[test]
fn the_same_product_again_adds_to_its_line() {
    let mut cart = Cart::default();
    let coffee = product(1, 350);
    cart.add(&coffee, Ppm(190_000), Quantity::ONE, None).unwrap();
    cart.add(&coffee, Ppm(190_000), Quantity::ONE, None).unwrap();
    assert_eq!(cart.lines.len(), 1);
    assert_eq!(cart.item_count(), 2);
    assert_eq!(cart.totals(true).total, Money(700));
}

#[test]
fn a_price_that_changed_meanwhile_gets_a_line_of_its_own() {
    let mut cart = Cart::default();
    cart.add(&product(1, 350), Ppm(0), Quantity::ONE, None).unwrap();
    cart.add(&product(1, 400), Ppm(0), Quantity::ONE, None).unwrap();
    assert_eq!(cart.lines.len(), 2);
    assert_eq!(cart.totals(true).total, Money(750));
}

#[test]
fn a_cart_takes_its_limit_of_lines_and_not_one_more() {
    let mut cart = Cart::default();
    for number in 0..ITEMS_PER_SALE_MAX as u128 {
        cart.add(&product(number, 100), Ppm(0), Quantity::ONE, None).unwrap();
    }
    assert_eq!(cart.add(&product(9_999, 100), Ppm(0), Quantity::ONE, None), Err(CartError::Full));
    assert_eq!(cart.lines.len(), ITEMS_PER_SALE_MAX);
    assert_eq!(cart.add(&product(0, 100), Ppm(0), Quantity::ONE, None), Ok(()), "an existing line still grows");
}

#[test]
fn a_quantity_past_a_lines_range_leaves_the_line_as_it_was() {
    let mut cart = Cart::default();
    cart.add(&product(1, 100), Ppm(0), Quantity::ONE, None).unwrap();
    assert_eq!(cart.set_quantity(0, Quantity::from_milli(Quantity::MAX_MILLI + 1)), Err(CartError::Quantity));
    assert_eq!(cart.lines[0].quantity, Quantity::ONE);
}

#[test]
fn quantity_zero_removes_the_line_and_a_weighed_line_counts_as_one() {
    let mut cart = Cart::default();
    cart.add(&product(1, 2800), Ppm(0), Quantity::from_milli(250), None).unwrap();
    cart.add(&product(2, 100), Ppm(0), Quantity::from_units(3), None).unwrap();
    assert_eq!(cart.item_count(), 4);
    cart.set_quantity(1, Quantity::ZERO).unwrap();
    assert_eq!(cart.lines.len(), 1);
    assert_eq!(cart.totals(true).total, Money(700));
}
