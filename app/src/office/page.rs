//! One page of the office, whichever it is, and how the server draws it.

use super::{
    Audit, Categories, ConflictPage, Conflicts, DevicePage, Devices, Frame, Log, Login, ProductForm, ProductPage,
    Products, SalePage, Sales, Setup, Staff, Today, Tried, audit, bring_in, categories, conflict, conflicts, device,
    devices, frame, log, login,
    opened::{AWAY, Opened},
    product, product_form, products, sale, sales, setup, staff, today,
};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
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

#[derive(Clone, Debug, PartialEq)]
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
    /// Takes the file that a till saved.
    BringIn,
    Log(Log),
    Audit(Audit),
    /// Nothing is at this address, or nothing of this shop's.
    Missing,
    /// The database can't be reached.
    Away,
    /// Nobody is logged in; the address to go to instead.
    Elsewhere(String),
}

impl PageData {
    /// Draws the page. Only the server does; the browser is sent what comes of it.
    pub fn draw(self) -> Opened {
        if let Page::Elsewhere(url) = self.page {
            return Opened { title: self.title, html: String::new(), elsewhere: url };
        }
        let title = self.title.clone();
        let html = Owner::new().with(|| show(self).to_html());
        Opened { title, html, elsewhere: String::new() }
    }
}

fn show(data: PageData) -> AnyView {
    let PageData { title: _, frame, done, tried, page } = data;
    provide_context(tried);
    let content = match page {
        Page::Login(page) => return login::show(page),
        Page::Setup(page) => return setup::show(page),
        Page::Elsewhere(_) => return ().into_any(),
        Page::Away => return view! { <div inner_html=AWAY></div> }.into_any(),
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
        Page::BringIn => bring_in::show(),
        Page::Log(page) => log::show(page),
        Page::Audit(page) => audit::show(page),
        Page::Missing => show_missing(),
    };
    view! {
        <div class="office">
            {frame.map(frame::show)}
            <main class="office-main" id="main" tabindex="-1">
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
