//! What is left to pay, what change is due, and which notes a customer is likely to hand over.

use keeptill_domain::{Currency, Money, Tender, TenderType};

/// The cash a customer might give for `due`, smallest first: the next multiples of common notes.
pub fn quick_amounts(due: Money, currency: Currency) -> Vec<Money> {
    let unit = match currency.minor_digits() {
        3 => 1000,
        _ => 100,
    };
    let mut amounts: Vec<i64> = [5, 10, 20, 50, 100, 200]
        .into_iter()
        .map(|note| note * unit)
        .map(|note| (due.minor() + note - 1).div_euclid(note) * note)
        .filter(|amount| *amount > due.minor())
        .collect();
    amounts.sort_unstable();
    amounts.dedup();
    amounts.truncate(4);
    amounts.into_iter().map(Money).collect()
}

pub fn left_to_pay(total: Money, tenders: &[Tender]) -> Money {
    total - tenders.iter().map(Tender::kept).sum()
}

#[derive(Debug, PartialEq, Eq)]
pub enum NotATender {
    /// Nothing, or less, was offered while something is left to pay.
    Nothing,
    /// More than is left, in something that gives no change.
    TooMuch,
}

/// `tenders` with one more: all that is left, or `amount`. Only cash gives change.
pub fn offer(
    total: Money,
    tenders: &[Tender],
    kind: TenderType,
    amount: Option<Money>,
    reference: Option<String>,
) -> Result<Vec<Tender>, NotATender> {
    let left = left_to_pay(total, tenders);
    let amount = amount.unwrap_or(left);
    if amount < Money::ZERO || (amount == Money::ZERO && left > Money::ZERO) {
        return Err(NotATender::Nothing);
    }
    let change = if amount > left { amount - left } else { Money::ZERO };
    if change > Money::ZERO && !kind.is_cash() {
        return Err(NotATender::TooMuch);
    }
    let mut tenders = tenders.to_vec();
    tenders.push(Tender { kind, amount_minor: amount, change_minor: change, reference });
    Ok(tenders)
}

/// Whether what was typed is a barcode that a scanner sent into the amount: a long row of digits, worth far more than
/// there is to pay.
pub fn looks_scanned(typed: &str, amount: Money, left: Money) -> bool {
    let digits = typed.trim();
    digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit()) && amount.minor() / 20 > left.minor()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick(due: i64) -> Vec<i64> {
        quick_amounts(Money(due), Currency::EUR).into_iter().map(Money::minor).collect()
    }

    #[test]
    fn likely_notes_are_offered() {
        assert_eq!(quick(350), [500, 1000, 2000, 5000]);
        assert_eq!(quick(1932), [2000, 5000, 10_000, 20_000]);
        assert_eq!(quick(3210), [3500, 4000, 5000, 10_000]);
        assert_eq!(quick(1000), [2000, 5000, 10_000, 20_000]);
    }

    #[test]
    fn cash_gives_change_and_a_card_does_not() {
        let paid = offer(Money(350), &[], TenderType::cash(), Some(Money(1000)), None).unwrap();
        assert_eq!(paid[0].change_minor, Money(650));
        assert_eq!(left_to_pay(Money(350), &paid), Money::ZERO);
        let card = offer(Money(350), &[], TenderType::card(), Some(Money(1000)), None);
        assert_eq!(card, Err(NotATender::TooMuch));
    }

    #[test]
    fn a_scan_into_the_amount_is_told_apart() {
        assert!(looks_scanned("40123455", Money(4_012_345_500), Money(350)));
        assert!(!looks_scanned("50", Money(5000), Money(350)));
        assert!(!looks_scanned("12000000", Money(12_000_000), Money(11_500_000)));
    }

    #[test]
    fn parts_add_up_to_the_total() {
        let voucher = offer(Money(1000), &[], TenderType("voucher".into()), Some(Money(400)), None).unwrap();
        assert_eq!(left_to_pay(Money(1000), &voucher), Money(600));
        let rest = offer(Money(1000), &voucher, TenderType::cash(), None, None).unwrap();
        assert_eq!(left_to_pay(Money(1000), &rest), Money::ZERO);
        assert_eq!(offer(Money(1000), &rest[..1], TenderType::cash(), Some(Money(0)), None), Err(NotATender::Nothing));
    }

    #[test]
    fn nothing_to_pay_is_paid_with_nothing() {
        let free = offer(Money(0), &[], TenderType::cash(), None, None).unwrap();
        assert_eq!(free[0].amount_minor, Money::ZERO);
    }
}
