//! One page of the office, whichever it is: fetched by its address, shown, and replaced by the next.

use super::{
    Audit, Categories, ConflictPage, Conflicts, DevicePage, Devices, Frame, Log, Login, ProductForm, ProductPage,
    Products, SalePage, Sales, Setup, Staff, Today, Tried, audit, categories, conflict, conflicts, device, devices,
    frame, log, login, open::open_page, product, product_form, products, sale, sales, setup, staff, today,
};
use leptos::{either::Either, html, prelude::*};
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageData {
    /// Stands in the browser's tab.
    pub title: String,
    /// What is around every page of who is logged in.
    pub frame: Option<Frame>,
    /// What the form before this page did, in a sentence.
    pub done: Option<String>,
    /// A form that was refused, with what was typed into it.
    pub tried: Option<Tried>,
    pub page: Page,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Page {
    Login(Login),
    Setup(Setup),
    Today(Today),
    Conflicts(Conflicts),
    Conflict(ConflictPage),
    Sales(Sales),
    Sale(SalePage),
    Products(Products),
    NewProduct(ProductForm),
    Product(ProductPage),
    Categories(Categories),
    Staff(Staff),
    Devices(Devices),
    Device(DevicePage),
    Log(Log),
    Audit(Audit),
    /// Nothing is at this address, or nothing of this shop's.
    Missing,
    /// The database can't be reached.
    Away,
    /// Nobody is logged in; the address to go to instead.
    Elsewhere(String),
}

/// Which address the last page was for, and on which of two sides it was shown. A new address takes the other side, so
/// that nothing typed or ticked on one page is left standing in the next; the same page read again changes in place.
#[derive(Clone, Default)]
struct Turn {
    url: String,
    right: bool,
    count: u32,
}

#[component]
pub fn OpenedPage() -> impl IntoView {
    let location = use_location();
    let url = Memo::new(move |_| {
        let (path, search) = (location.pathname.get(), location.search.get());
        let search = search.trim_start_matches('?');
        if search.is_empty() { path } else { format!("{path}?{search}") }
    });
    let opened = Resource::new(move || url.get(), open_page);
    provide_context(Reload(Callback::new(move |()| opened.refetch())));
    let turn = StoredValue::new(Turn::default());
    let show = move |opened: Result<PageData, ServerFnError>| {
        let (right, first) = turn
            .try_update_value(|turn| {
                let url = url.get_untracked();
                if turn.url != url {
                    *turn = Turn { url, right: !turn.right, count: turn.count + 1 };
                }
                (turn.right, turn.count <= 1)
            })
            .unwrap_or_default();
        let view = match opened {
            Ok(data) => show_page(data, first),
            Err(_) => show_away(),
        };
        if right { Either::Right(view) } else { Either::Left(view) }
    };
    view! { <Transition>{move || Suspend::new(async move { show(opened.await) })}</Transition> }
}

/// Reads the page again where it stands.
#[derive(Clone, Copy)]
pub struct Reload(pub Callback<()>);

fn show_page(data: PageData, first: bool) -> AnyView {
    let PageData { title, frame, done, tried, page } = data;
    provide_context(tried);
    let content = match page {
        Page::Login(page) => return login::show(page),
        Page::Setup(page) => return setup::show(page),
        Page::Elsewhere(url) => return show_elsewhere(url),
        Page::Away => return show_away(),
        Page::Today(page) => today::show(page),
        Page::Conflicts(page) => conflicts::show(page),
        Page::Conflict(page) => conflict::show(page),
        Page::Sales(page) => sales::show(page),
        Page::Sale(page) => sale::show(page),
        Page::Products(page) => products::show(page),
        Page::NewProduct(page) => product_form::show_new(page),
        Page::Product(page) => product::show(page),
        Page::Categories(page) => categories::show(page),
        Page::Staff(page) => staff::show(page),
        Page::Devices(page) => devices::show(page),
        Page::Device(page) => device::show(page),
        Page::Log(page) => log::show(page),
        Page::Audit(page) => audit::show(page),
        Page::Missing => show_missing(),
    };
    let main = NodeRef::<html::Main>::new();
    Effect::new(move |_| {
        document().set_title(&title);
        // The first page is announced by the browser; of those after it, only moving the focus tells a screen reader.
        if let Some(main) = main.get().filter(|_| !first) {
            let _ = main.focus();
        }
    });
    view! {
        <div class="office">
            {frame.map(frame::show)}
            <main class="office-main" id="main" tabindex="-1" node_ref=main>
                {done.map(|done| view! { <p class="done" role="status">{done}</p> })}
                {content}
            </main>
        </div>
    }
    .into_any()
}

fn show_missing() -> AnyView {
    view! {
        <section class="empty">
            <h1>"There is nothing here"</h1>
            <p class="soft">"The address is wrong, or what it led to is gone."</p>
            <a class="button" href="/office">"Go to today"</a>
        </section>
    }
    .into_any()
}

fn show_away() -> AnyView {
    let reload = use_context::<Reload>();
    let again = move |_| {
        if let Some(Reload(reload)) = reload {
            reload.run(());
        }
    };
    view! {
        <main class="office-main office-alone">
            <section class="empty" role="alert">
                <h1>"The server can’t be reached"</h1>
                <p class="soft">"Tills go on selling, and nothing here was changed. Try again in a moment."</p>
                <button on:click=again>"Try again"</button>
            </section>
        </main>
    }
    .into_any()
}

/// The session has ended meanwhile.
fn show_elsewhere(url: String) -> AnyView {
    let to = url.clone();
    Effect::new(move |_| {
        // A whole new page, not the router's: the log-in sets a cookie.
        let _ = window().location().set_href(&to);
    });
    view! { <main class="office-main office-alone"><p><a href=url rel="external">"Log in to go on"</a></p></main> }
        .into_any()
}
