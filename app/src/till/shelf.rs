//! The catalogue as the sell screen needs it: what may be sold, in order, found by a few letters or by a code.
//!
//! The index is built once for a set of products. A catalogue that brings new stock and the same products, as every
//! sale does, takes the index over.

use keeptill_domain::{CategoryId, Ppm, Product, ProductId, Quantity};
use keeptill_sync::till::Catalogue;
use std::{collections::HashMap, rc::Rc};

#[derive(Clone, Default)]
pub struct Shelf {
    catalogue: Rc<Catalogue>,
    index: Rc<Index>,
}

/// One product as a list keeps it: the same key means the same tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TileKey {
    pub product: ProductId,
    pub version: i64,
}

/// The first matches, and how many there are in all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub tiles: Vec<TileKey>,
    pub total: usize,
}

#[derive(Default)]
struct Index {
    /// Every product that may be sold, by name.
    rows: Vec<Row>,
    by_id: HashMap<ProductId, usize>,
    /// Barcodes and SKUs, folded.
    by_code: HashMap<String, usize>,
}

struct Row {
    product: Rc<Product>,
    /// Name, SKU and barcode, folded, with a separator that nobody types.
    text: String,
    name_length: usize,
}

impl Shelf {
    /// The shelf for `catalogue`, with the index of `before` where the products are still the same.
    pub fn new(catalogue: Rc<Catalogue>, before: &Self) -> Self {
        let same = catalogue.products == before.catalogue.products;
        let index = if same { Rc::clone(&before.index) } else { Rc::new(Index::of(&catalogue.products)) };
        Self { catalogue, index }
    }

    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// A product that may be sold.
    pub fn product(&self, id: ProductId) -> Option<Rc<Product>> {
        self.index.by_id.get(&id).map(|place| Rc::clone(&self.index.rows[*place].product))
    }

    /// The product whose barcode or SKU this is, whatever its case.
    pub fn by_code(&self, code: &str) -> Option<ProductId> {
        let code = fold(code.trim());
        self.index.by_code.get(&code).map(|place| self.index.rows[*place].product.id)
    }

    /// Last known stock; `None` where it is not tracked.
    pub fn stock_of(&self, product: &Product) -> Option<Quantity> {
        product.track_stock.then(|| self.catalogue.stock.get(&product.id).copied().unwrap_or_default())
    }

    pub fn rate_of(&self, product: &Product) -> Ppm {
        let rate = |id| self.catalogue.taxes.iter().find(|tax| tax.id == id).map(|tax| tax.rate_ppm);
        product.tax_id.and_then(rate).unwrap_or_default()
    }

    /// What the shop calls the tax at this rate, with the rate: `VAT 19 %`.
    pub fn tax_name(&self, rate: Ppm) -> String {
        let named = self.catalogue.taxes.iter().find(|tax| tax.rate_ppm == rate);
        let name = named.map_or("Tax", |tax| tax.name.as_str());
        let percent = rate.percent();
        // Many shops put the rate into the name themselves.
        if name.contains('%') { name.to_owned() } else { format!("{name} {percent}") }
    }

    /// Products in which each word typed occurs. What starts with the words comes first, then by name.
    pub fn find(&self, typed: &str, category: Option<CategoryId>, limit: usize) -> Found {
        let typed = fold(typed);
        let words: Vec<&str> = typed.split_whitespace().collect();
        let mut ranks: [Vec<TileKey>; 4] = Default::default();
        let mut total = 0;
        for row in &self.index.rows {
            if category.is_some() && row.product.category_id != category {
                continue;
            }
            if let Some(rank) = row.rank(&words) {
                total += 1;
                if ranks[rank].len() < limit {
                    ranks[rank].push(TileKey { product: row.product.id, version: row.product.sync_version });
                }
            }
        }
        let tiles = ranks.into_iter().flatten().take(limit).collect();
        Found { tiles, total }
    }
}

impl Index {
    fn of(products: &[Rc<Product>]) -> Self {
        let mut rows: Vec<Row> = products.iter().filter(|product| !product.archived).map(Row::of).collect();
        rows.sort_by(|a, b| a.text.cmp(&b.text));
        let mut by_id = HashMap::with_capacity(rows.len());
        let mut by_code = HashMap::new();
        for (place, row) in rows.iter().enumerate() {
            by_id.insert(row.product.id, place);
            for code in [&row.product.barcode, &row.product.sku].into_iter().flatten() {
                by_code.entry(fold(code.trim())).or_insert(place);
            }
        }
        by_code.remove("");
        Self { rows, by_id, by_code }
    }
}

impl Row {
    fn of(product: &Rc<Product>) -> Self {
        let name = fold(&product.name);
        let code = |code: &Option<String>| code.as_deref().map(fold).unwrap_or_default();
        let text = format!("{name}\u{1f}{}\u{1f}{}", code(&product.sku), code(&product.barcode));
        Self { product: Rc::clone(product), name_length: name.len(), text }
    }

    /// 0: a code is exactly the word; 1: the name starts with the first word; 2: one of its words does; 3: elsewhere.
    fn rank(&self, words: &[&str]) -> Option<usize> {
        let Some(first) = words.first() else { return Some(0) };
        if !words.iter().all(|word| self.text.contains(word)) {
            return None;
        }
        let name = &self.text[..self.name_length];
        Some(if words.len() == 1 && self.text[self.name_length..].split('\u{1f}').any(|code| code == *first) {
            0
        } else if name.starts_with(first) {
            1
        } else if name.split([' ', '-', '/', '(']).any(|word| word.starts_with(first)) {
            2
        } else {
            3
        })
    }
}

/// Small letters without accents, so that `creme` finds `Crème`. Latin letters only; others stay as they are.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            'A'..='Z' => folded.push(letter.to_ascii_lowercase()),
            '\0'..='\u{7f}' => folded.push(letter),
            // Combining accents, as some systems type them.
            '\u{300}'..='\u{36f}' => {}
            _ => letter.to_lowercase().for_each(|small| match without_accent(small) {
                Some(plain) => folded.push_str(plain),
                None if ('\u{300}'..='\u{36f}').contains(&small) => {}
                None => folded.push(small),
            }),
        }
    }
    folded
}

fn without_accent(letter: char) -> Option<&'static str> {
    Some(match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ'..='ặ' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ'..='ệ' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ỉ' | 'ị' => "i",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ọ'..='ợ' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ụ'..='ự' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' | 'ỳ'..='ỹ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        _ => return None,
    })
}

/// One or two letters that stand for a product without a picture.
pub fn initials(name: &str) -> String {
    let starts = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    starts.take(2).flat_map(char::to_uppercase).collect()
}

/// A hue that is always the same for one name.
pub fn hue(name: &str) -> u32 {
    name.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 360
}

/// Whether the unit is weighed or measured, so that a quantity must be asked for.
pub fn is_measured(unit: &str) -> bool {
    matches!(unit.to_ascii_lowercase().as_str(), "kg" | "g" | "l" | "ml" | "m" | "cm" | "lb" | "oz" | "ft" | "yd")
}

/// How far `wanted` goes past what is known to be there; `None` while it does not.
pub fn short_of(wanted: Quantity, known: Option<Quantity>) -> Option<Quantity> {
    known.filter(|known| wanted > *known)
}

/// The price of one unit as a line shows it.
pub fn price_each(price: &str, unit: &str) -> String {
    if is_measured(unit) { format!("{price} / {unit}") } else { format!("{price} each") }
}

/// Reads a quantity that a person typed; what is wrong with it otherwise, as a sentence.
///
/// A scanner types into whatever field has the focus: its digits make an absurd quantity, and are told apart by that.
pub fn typed_quantity(typed: &str, unit: &str) -> Result<Quantity, String> {
    match typed.parse::<Quantity>() {
        Ok(quantity) if quantity > Quantity::from_units(99_999) => {
            Err(format!("“{}” looks like a barcode, not a quantity. The quantity is as it was.", typed.trim()))
        }
        Ok(quantity) if quantity.milli() % 1000 != 0 && !is_measured(unit) => {
            Err("This product is sold by the piece.".to_owned())
        }
        Ok(quantity) => Ok(quantity),
        Err(why) => Err(format!("“{}” was not taken: {why}.", typed.trim())),
    }
}

/// Six units or fewer are pointed out.
pub fn is_low(known: Quantity) -> bool {
    known <= Quantity::from_units(6)
}

#[cfg(test)]
mod tests;
