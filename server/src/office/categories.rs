//! Categories and taxes.

use super::{fields::Fields, visit::Visit, words};
use crate::{
    catalogue::{
        categories::{self, CategoryChange, NewCategory},
        taxes::{self, NewTax, TaxChange},
    },
    error::{Error, Result},
};
use keeptill_app::office::{Categories, Choice, NamedRow, TaxRow};
use keeptill_domain::{CategoryId, Ppm, TaxId};

pub async fn load(visit: &Visit) -> Result<Categories> {
    let mut tx = visit.app.db.begin(visit.tenant()).await?;
    let categories = sqlx::query!(
        r#"select c.category_id, c.name, count(p.product_id) as "used!"
        from categories c left join products p
            on p.tenant_id = c.tenant_id and p.category_id = c.category_id and p.deleted_at is null
        where c.tenant_id = $1 and c.deleted_at is null
        group by c.category_id, c.name order by lower(c.name), c.category_id"#,
        visit.tenant().0
    )
    .fetch_all(&mut *tx)
    .await?;
    let taxes = sqlx::query!(
        r#"select t.tax_id, t.name, t.rate_ppm, count(p.product_id) as "used!"
        from taxes t left join products p
            on p.tenant_id = t.tenant_id and p.tax_id = t.tax_id and p.deleted_at is null
        where t.tenant_id = $1 and t.deleted_at is null
        group by t.tax_id, t.name, t.rate_ppm order by lower(t.name), t.tax_id"#,
        visit.tenant().0
    )
    .fetch_all(&mut *tx)
    .await?;
    let used = |count: i64| words::count(count, "product", "products");
    Ok(Categories {
        categories: categories
            .into_iter()
            .map(|row| NamedRow { id: row.category_id.to_string(), name: row.name, used: used(row.used) })
            .collect(),
        taxes: taxes
            .into_iter()
            .map(|row| {
                let rate = percent(row.rate_ppm);
                let label = with_rate(&row.name, &rate);
                TaxRow { id: row.tax_id.to_string(), name: row.name, label, rate, used: used(row.used) }
            })
            .collect(),
    })
}

/// To choose from on a product's form.
pub async fn choices(visit: &Visit) -> Result<(Vec<Choice>, Vec<Choice>)> {
    let Categories { categories, taxes } = load(visit).await?;
    let categories = categories.into_iter().map(|row| words::choice(row.id, row.name));
    let taxes = taxes.into_iter().map(|row| words::choice(row.id, row.label));
    Ok((
        [words::any("None")].into_iter().chain(categories).collect(),
        [words::any("None")].into_iter().chain(taxes).collect(),
    ))
}

/// `VAT, 19 %`; a name that says its rate is left alone.
fn with_rate(name: &str, rate: &str) -> String {
    if name.contains(rate) { name.to_owned() } else { format!("{name}, {rate} %") }
}

/// `19`, `8.875`
fn percent(ppm: i32) -> String {
    Ppm(u32::try_from(ppm).unwrap_or(0)).percent().trim_end_matches(" %").to_owned()
}

/// What was typed as percent, in parts per million.
fn rate(typed: &str) -> Result<i64> {
    let wrong = || Error::unprocessable("invalid_rate", "A rate is a number such as 19 or 8.875.").field("rate");
    let typed = typed.trim_end_matches('%').trim().replace(',', ".");
    let (whole, fraction) = typed.split_once('.').unwrap_or((&typed, ""));
    let digits = whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit());
    if typed.is_empty() || !digits || whole.len() > 6 || fraction.len() > 4 {
        return Err(wrong());
    }
    format!("{whole}{fraction:0<4}").parse().map_err(|_| wrong())
}

/// What one of the page's forms asks for; answers with what was done.
pub async fn act(visit: &Visit, form: &Fields) -> Result<&'static str> {
    let (db, caller) = (&visit.app.db, &visit.caller);
    let name = form.get("name").to_owned();
    let category = || form.get("subject").parse::<CategoryId>().map_err(|_| Error::not_found());
    let tax = || form.get("subject").parse::<TaxId>().map_err(|_| Error::not_found());
    match form.get("do") {
        "add-category" => {
            categories::create(db, caller, NewCategory { name }).await?;
            Ok("added")
        }
        "save-category" => {
            categories::change(db, caller, category()?, CategoryChange { name: Some(name) }).await?;
            Ok("saved")
        }
        "delete-category" => {
            categories::remove(db, caller, category()?).await?;
            Ok("removed")
        }
        "add-tax" => {
            taxes::create(db, caller, NewTax { name, rate_ppm: rate(form.get("rate"))? }).await?;
            Ok("added")
        }
        "save-tax" => {
            let change = TaxChange { name: Some(name), rate_ppm: Some(rate(form.get("rate"))?) };
            taxes::change(db, caller, tax()?, change).await?;
            Ok("saved")
        }
        "delete-tax" => {
            taxes::remove(db, caller, tax()?).await?;
            Ok("removed")
        }
        _ => Err(Error::not_found()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_is_read_to_the_last_part_per_million_and_no_further() {
        for (typed, ppm) in [("19", 190_000), ("8.875", 88_750), ("7,7 %", 77_000), (".5", 5_000), ("0", 0)] {
            assert_eq!(rate(typed).unwrap(), ppm, "{typed}");
        }
        for typed in ["", "%", "-1", "1e3", "1.23456", "1.2.3", "9999999"] {
            assert!(rate(typed).is_err(), "{typed}");
        }
        assert_eq!(percent(88_750), "8.875");
    }
}
