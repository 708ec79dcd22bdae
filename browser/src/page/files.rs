//! Files of waiting sales: what is at stake, saving it, and bringing it in.

use super::Page;
use crate::{channel::News, clock, device, device::not_stored, journal, js};
use js_sys::Promise;
use keeptill_domain::{Currency, Money};
use keeptill_sync::{
    engine::Input,
    journal::JournalEntry,
    sale_file::{ENTRIES_MAX, FILE_BYTES_MAX, FORMAT, FORMAT_VERSION, SaleFile, Unreadable, weak_passphrase},
    till::{AtStake, BroughtIn, SavedFile, TillChange, TillError},
};
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

const MIB: usize = 1024 * 1024;
/// Two frames, so that the page shows what it is busy with.
const DRAW_MS: i32 = 40;

impl Page {
    pub(super) async fn at_stake(self: Rc<Self>) -> Result<AtStake, TillError> {
        let hands = self.hands().await?;
        let entries = journal::all_unsent(&hands.database).await.map_err(not_stored)?;
        Ok(stake_of(&entries))
    }

    pub(super) async fn save_unsent(self: Rc<Self>, passphrase: String) -> Result<SavedFile, TillError> {
        if let Some(weak) = weak_passphrase(&passphrase) {
            return Err(TillError::File(weak));
        }
        let hands = self.hands().await?;
        let identity = device::load_latest(&hands.database).await.map_err(not_stored)?;
        let identity = identity.ok_or(TillError::Unpaired)?.identity;
        let mut entries = journal::to_save(&hands.database).await.map_err(not_stored)?;
        // The oldest: the next file, once these were sent, holds the rest.
        entries.truncate(ENTRIES_MAX);
        let sales = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let file = SaleFile {
            format: FORMAT.into(),
            format_version: FORMAT_VERSION,
            saved_at: clock::now(),
            tenant_id: identity.tenant_id,
            device_id: identity.device_id,
            device_name: identity.device_name,
            entries,
        };
        let text = serde_json::to_string(&file).map_err(|error| TillError::File(error.to_string()))?;
        let sealed =
            vault().await?.seal(&text, &passphrase).map_err(|thrown| TillError::File(what_is_wrong(&thrown)))?;
        Ok(SavedFile { bytes: sealed.to_vec(), sales })
    }

    pub(super) async fn bring_in(self: Rc<Self>, sealed: Vec<u8>, passphrase: String) -> Result<BroughtIn, TillError> {
        if sealed.len() > FILE_BYTES_MAX {
            let limit = FILE_BYTES_MAX / MIB;
            return Err(TillError::File(format!("This file is larger than {limit} MB, so it is no file of sales.")));
        }
        let hands = self.hands().await?;
        let identity = device::load(&hands.database).await.map_err(not_stored)?.ok_or(TillError::Unpaired)?.identity;
        let unsealed = vault().await?.unseal(&sealed, &passphrase);
        let text = unsealed.map_err(|thrown| TillError::File(what_is_wrong(&thrown)))?;
        let file = SaleFile::read(&text).map_err(|why| TillError::File(unreadable(&why)))?;
        if file.tenant_id != identity.tenant_id {
            return Err(TillError::File("This file holds sales of another shop.".into()));
        }
        let new = journal::bring_in(&hands.database, &file.entries).await.map_err(not_stored)?;
        if new > 0 {
            if let Ok(unsent) = journal::all_unsent(&hands.database).await {
                self.sold.borrow_mut().replace(unsent.iter());
            }
            self.broadcast(&News::Recorded);
            self.count().await;
            self.show_stock();
            self.tell(TillChange::Journal);
            self.feed(Input::Recorded);
            super::install::request_background_sync(&self);
        }
        let sales = u32::try_from(file.entries.len()).unwrap_or(u32::MAX);
        Ok(BroughtIn { device_name: file.device_name, sales, new })
    }
}

fn stake_of(entries: &[JournalEntry]) -> AtStake {
    let mut takings: Vec<(Currency, Money)> = Vec::new();
    for sale in entries.iter().filter_map(JournalEntry::sale) {
        let Some(currency) = sale.currency else { continue };
        match takings.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, taken)) => *taken += sale.total_minor,
            None => takings.push((currency, sale.total_minor)),
        }
    }
    AtStake { sales: u32::try_from(entries.len()).unwrap_or(u32::MAX), takings }
}

async fn vault() -> Result<js::Vault, TillError> {
    let why = "The part of the till that encrypts files could not be loaded. Connect once and reload, then try again.";
    let vault = js::vault().await.map_err(|_: JsValue| TillError::File(why.into()))?;
    // Turning the passphrase into a key takes up to two seconds, in which nothing is drawn.
    let drawn = Promise::new(&mut |resolve, _| {
        js::set_timeout(&resolve, DRAW_MS);
    });
    let _ = JsFuture::from(drawn).await;
    Ok(vault.unchecked_into())
}

fn what_is_wrong(thrown: &JsValue) -> String {
    let code = js::get(thrown, "message").as_string().unwrap_or_default();
    match code.as_str() {
        "wrong_passphrase" => "This is not the passphrase the file was saved with. Mind capitals and blanks.",
        "damaged" => "This file is damaged, or was not copied to its end.",
        "too_much_work" => "This file was encrypted for a faster computer. Bring it in at the office.",
        "no_memory" => "This device has too little free memory for the file.",
        _ => "This is not a file of saved sales.",
    }
    .into()
}

fn unreadable(why: &Unreadable) -> String {
    match why {
        Unreadable::NotSales => "This is not a file of saved sales.".into(),
        Unreadable::Newer(_) => {
            "This file was saved by a newer Keeptill. Connect this till, switch to the new version, then try again."
                .into()
        }
        Unreadable::TooMany(count) => {
            format!("This file holds {count} sales; at most {ENTRIES_MAX} can be brought in.")
        }
    }
}
