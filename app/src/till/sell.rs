//! The one screen that sells: products on the left, the cart on the right or below.

use super::{
    banners::Banners,
    cart_panel::CartPanel,
    category_chips::CategoryChips,
    dynamic::{part, when},
    handle::use_till,
    header::TillHeader,
    measure_sheet::MeasureSheet,
    mounted::IntoMounted,
    paid::PaidSheet,
    pay::PaySheet,
    product_grid::ProductGrid,
    search_box::SearchBox,
};
use keeptill_domain::CategoryId;
use leptos::prelude::*;

#[component]
pub fn SellPage() -> impl IntoView {
    let till = use_till();
    let query = RwSignal::new(String::new());
    let category = RwSignal::new(None::<CategoryId>);
    let paying = RwSignal::new(false);
    view! {
        <div class="sell">
            <div class="sell-top">
                <TillHeader/>
                <Banners/>
            </div>
            <main class="sell-products">
                <SearchBox query/>
                <CategoryChips category query/>
                <ProductGrid query category/>
            </main>
            <CartPanel on_pay=move |()| paying.set(true)/>
        </div>
        {part(move || till.measuring.get().map(|product| view! { <MeasureSheet product/> }))}
        {when(move || paying.get(), move || view! { <PaySheet on_close=move |()| paying.set(false)/> })}
        {part(move || till.paid.get().map(|paid| view! { <PaidSheet paid/> }))}
    }
    .mounted()
}
