//! The till: sells, with or without a network.
//!
//! Runs in the browser alone, mounted into an empty page. It holds no data of its own: everything comes from a
//! `Till` and goes back to it.

mod banners;
mod bring_in;
mod cart_line;
mod cart_panel;
mod cashier;
mod category_chips;
mod clock;
mod connection;
mod dynamic;
mod handle;
mod header;
mod measure_sheet;
mod mounted;
mod page;
mod paid;
mod pair;
mod pay;
mod product_grid;
mod product_tile;
mod receipt;
mod receipt_paper;
mod sales;
mod save_file;
mod search_box;
mod sell;
mod shelf;
mod stake;
mod standstill;
mod storage;
mod tender_pad;
mod tendering;
mod words;

use bring_in::BringInPage;
use connection::ConnectionPage;
use dynamic::part;
use handle::{Stage, TillHandle};
use keeptill_sync::till::Till;
use leptos::prelude::*;
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    path,
};
use mounted::IntoMounted;
use pair::PairPage;
use receipt::ReceiptPage;
use sales::SalesPage;
use sell::SellPage;
use standstill::{NoSuchPage, Opening, Unusable};
use std::rc::Rc;
use storage::StoragePage;

#[component]
pub fn TillApp(till: Rc<dyn Till>) -> impl IntoView {
    let till = TillHandle::open(till);
    provide_context(till);
    let stage = Memo::new(move |_| till.stage.get());
    view! {
        <Router>
            {part(move || Some(match stage.get() {
                Stage::Opening => view! { <Opening/> }.mounted(),
                Stage::Unusable(why) => view! { <Unusable why/> }.mounted(),
                Stage::Unpaired => view! { <PairPage/> }.mounted(),
                Stage::Paired => view! { <Pages/> }.mounted(),
            }))}
            <p class="visually-hidden" aria-live="polite">{till.announcement}</p>
        </Router>
    }
}

#[component]
fn Pages() -> impl IntoView {
    view! {
        <FlatRoutes fallback=NoSuchPage>
            <Route path=path!("/till") view=SellPage/>
            <Route path=path!("/till/pair") view=PairPage/>
            <Route path=path!("/till/sales") view=SalesPage/>
            <Route path=path!("/till/sales/:clientId") view=ReceiptPage/>
            <Route path=path!("/till/connection") view=ConnectionPage/>
            <Route path=path!("/till/storage") view=StoragePage/>
            <Route path=path!("/till/bring-in") view=BringInPage/>
        </FlatRoutes>
    }
}
