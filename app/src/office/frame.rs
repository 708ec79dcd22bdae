//! What stands around every page: the shop's name, the ways to the pages, the way out.

use crate::components::{Glyph, Icon};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub shop: String,
    pub user: String,
    /// The path of the page's own entry: `/office/conflicts` on one conflict, too.
    pub section: String,
    pub open_conflicts: i64,
    /// `1 silent`, or nothing.
    pub devices_note: String,
}

const PLACES: [(&str, &str); 9] = [
    ("/office", "Today"),
    ("/office/conflicts", "Conflicts"),
    ("/office/sales", "Sales"),
    ("/office/products", "Products"),
    ("/office/categories", "Categories"),
    ("/office/devices", "Devices"),
    ("/office/staff", "Staff"),
    ("/office/log", "Sync log"),
    ("/office/audit", "Audit log"),
];

pub fn show(frame: Frame) -> AnyView {
    let Frame { shop, user, section, open_conflicts, devices_note } = frame;
    let need = open_conflicts > 0 || !devices_note.is_empty();
    let link = move |(path, name): (&'static str, &'static str)| {
        let note = match path {
            "/office/conflicts" if open_conflicts > 0 => open_conflicts.to_string(),
            "/office/devices" => devices_note.clone(),
            _ => String::new(),
        };
        let current = (section == path).then_some("page");
        view! {
            <a href=path aria-current=current>
                {name}
                {(!note.is_empty()).then(|| view! { <em class="num">{note}</em> })}
            </a>
        }
    };
    view! {
        <a class="skip" href="#main" rel="external">"Skip to the page"</a>
        <header class="office-head">
            <b class="shop-name">{shop}</b>
            // Only a narrow screen shows the button; there the navigation is a popover, with no script needed.
            <button class="nav-button" popovertarget="office-nav">
                <Icon glyph=Glyph::List/>
                "Menu"
                {need.then(|| view! { <span class="dot"><span class="visually-hidden">", something needs you"</span></span> })}
            </button>
        </header>
        <nav class="office-nav" id="office-nav" aria-label="Office" popover="auto">
            {PLACES.map(link).into_iter().collect_view()}
            <hr/>
            <a href="/till" rel="external">"Open a till"</a>
            <form method="post" action="/logout">
                <button class="quiet"><Icon glyph=Glyph::LogOut/> "Log out"</button>
                <span class="small soft">{user}</span>
            </form>
        </nav>
    }
    .into_any()
}
