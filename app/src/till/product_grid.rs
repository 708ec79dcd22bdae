//! The products that match, the first two hundred of them: more than that nobody scrolls, and typing is quicker.

use super::{
    clock,
    dynamic::{part, text, when},
    handle::use_till,
    mounted::IntoMounted,
    product_tile::ProductTile,
    words,
};
use keeptill_domain::CategoryId;
use keeptill_sync::till::Connection;
use leptos::prelude::*;

const SHOWN_MAX: usize = 200;

#[component]
pub fn ProductGrid(query: RwSignal<String>, category: RwSignal<Option<CategoryId>>) -> impl IntoView {
    let till = use_till();
    let found = Memo::new(move |_| {
        let typed = query.get();
        let category = if typed.trim().is_empty() { category.get() } else { None };
        till.shelf.with(|shelf| shelf.find(&typed, category, SHOWN_MAX))
    });
    let hidden = move || found.with(|found| found.total - found.tiles.len());
    view! {
        <div class="products">
            <div class="product-grid">
                <For each=move || found.get().tiles key=|tile| *tile let:tile>
                    <ProductTile id=tile.product/>
                </For>
            </div>
            {when(move || hidden() > 0, move || view! {
                <p class="soft grid-note">{text(move || format!("{} more — keep typing to find them", hidden()))}</p>
            })}
            {when(move || found.with(|found| found.total == 0), move || view! { <NothingHere query/> })}
            <StockAge/>
        </div>
    }
    .mounted()
}

/// How old the stock figures are, while they can't be refreshed. Floats, so that no tile moves when it comes and goes.
#[component]
fn StockAge() -> impl IntoView {
    let till = use_till();
    let words = Memo::new(move |_| {
        let at = till.shelf.with(|shelf| shelf.catalogue().pulled_at)?;
        let away = till.sync.with(|sync| !matches!(sync.connection, Connection::Online | Connection::Unknown));
        away.then(|| format!("Stock as last known {} ({})", clock::short(at), words::ago(at, till.now.get())))
    });
    part(move || words.get().map(|words| view! { <p class="stock-age small soft num">{words}</p> }))
}

#[component]
fn NothingHere(query: RwSignal<String>) -> impl IntoView {
    let till = use_till();
    let pulled = Memo::new(move |_| till.shelf.with(|shelf| shelf.catalogue().pulled_at.is_some()));
    view! {
        <div class="no-products">
            {part(move || Some(match (query.with(|typed| typed.trim().is_empty()), pulled.get()) {
                (false, _) => view! { <p>"No product matches."</p> }.mounted(),
                (true, true) => view! {
                    <p class="strong">"No products here yet"</p>
                    <p class="soft">"Add them in the office under Products; they arrive here by themselves."</p>
                }
                .mounted(),
                (true, false) => view! { <p class="soft">"Fetching the products…"</p> }.mounted(),
            }))}
        </div>
    }
}
