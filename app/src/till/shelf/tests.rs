use super::*;
use chrono::DateTime;
use keeptill_domain::{Money, Unit};

fn product(number: u128, name: &str, sku: &str, barcode: &str) -> Rc<Product> {
    let code = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Rc::new(Product {
        id: id(number),
        name: name.into(),
        sku: code(sku),
        barcode: code(barcode),
        category_id: None,
        tax_id: None,
        price_minor: Money(350),
        unit: Unit::each(),
        track_stock: true,
        image_url: None,
        archived: false,
        sync_version: 1,
        last_modified: DateTime::UNIX_EPOCH,
    })
}

fn id(number: u128) -> ProductId {
    format!("{number:032x}").parse().unwrap()
}

fn shelf(products: Vec<Rc<Product>>) -> Shelf {
    Shelf::new(Rc::new(Catalogue { products: Rc::new(products), ..Catalogue::default() }), &Shelf::default())
}

fn names(shelf: &Shelf, typed: &str) -> Vec<String> {
    let found = shelf.find(typed, None, 200);
    found.tiles.iter().filter_map(|key| shelf.product(key.product)).map(|product| product.name.clone()).collect()
}

#[test]
fn a_few_letters_find_a_product_whatever_its_accents() {
    let shelf = shelf(vec![
        product(1, "Crème brûlée", "CB-1", ""),
        product(2, "Ice cream", "", ""),
        product(3, "Straße 7 cold brew", "", "4006381333931"),
    ]);
    assert_eq!(names(&shelf, "creme"), ["Crème brûlée"]);
    assert_eq!(names(&shelf, "CRE"), ["Crème brûlée", "Ice cream"]);
    assert_eq!(names(&shelf, "brew strasse"), ["Straße 7 cold brew"]);
    assert_eq!(names(&shelf, "40063"), ["Straße 7 cold brew"]);
    assert_eq!(names(&shelf, "nothing"), Vec::<String>::new());
}

#[test]
fn an_exact_code_adds_and_comes_first() {
    let shelf = shelf(vec![product(1, "A 12 pack", "X", ""), product(2, "Zebra", "12", "")]);
    assert_eq!(shelf.by_code(" 12 "), Some(id(2)));
    assert_eq!(shelf.by_code("x"), Some(id(1)));
    assert_eq!(shelf.by_code(""), None);
    assert_eq!(names(&shelf, "12"), ["Zebra", "A 12 pack"]);
}

#[test]
fn archived_products_are_not_for_sale() {
    let mut gone = (*product(1, "Gone", "G", "")).clone();
    gone.archived = true;
    let shelf = shelf(vec![Rc::new(gone), product(2, "Here", "H", "")]);
    assert_eq!(names(&shelf, ""), ["Here"]);
    assert_eq!(shelf.by_code("g"), None);
}

#[test]
fn new_stock_for_the_same_products_keeps_the_index() {
    let products = vec![product(1, "Tea", "", "")];
    let before = shelf(products.clone());
    let mut catalogue = Catalogue { products: Rc::new(products), ..Catalogue::default() };
    catalogue.stock.insert(id(1), Quantity::from_units(4));
    let after = Shelf::new(Rc::new(catalogue), &before);
    assert!(Rc::ptr_eq(&before.index, &after.index));
    let tea = after.product(id(1)).unwrap();
    assert_eq!(after.stock_of(&tea), Some(Quantity::from_units(4)));
}

#[test]
fn only_the_first_matches_are_shown_and_all_are_counted() {
    let shelf = shelf((0..300).map(|n| product(n, &format!("Tea {n:03}"), "", "")).collect());
    let found = shelf.find("tea", None, 200);
    assert_eq!((found.tiles.len(), found.total), (200, 300));
}

#[test]
fn initials_stand_for_a_name() {
    assert_eq!(initials("Butter croissant"), "BC");
    assert_eq!(initials("espresso"), "E");
    assert_eq!(initials("(1 l) Öl"), "1L");
}

#[test]
fn a_scan_into_the_quantity_is_told_apart() {
    assert_eq!(typed_quantity("3", "each"), Ok(Quantity::from_units(3)));
    assert_eq!(typed_quantity("0,375", "kg"), Ok(Quantity::from_milli(375)));
    for (typed, unit) in [("40123455", "each"), ("4006381333931", "kg"), ("0.5", "each"), ("two", "each")] {
        assert!(typed_quantity(typed, unit).is_err(), "{typed} {unit}");
    }
}
