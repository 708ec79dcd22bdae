//! The browser's half of the office: it takes over the page that was served, and fetches and shows the next ones.
//!
//! A page arrives as the server drew it. The views, the data they show and the words for it never reach the browser:
//! they would weigh as much as the till itself, which is in the same WASM. What little a page does by itself is done
//! here, for every page: following links, reading a page again that is marked with `data-live`, ticking all boxes.

use leptos::{
    ev,
    prelude::*,
    server_fn::codec::Json,
    task::spawn_local,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{Element, HtmlElement, HtmlInputElement},
};
use leptos_router::hooks::use_location;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often a page marked with `data-live` reads itself again while somebody looks at it.
const LIVE_INTERVAL: Duration = Duration::from_secs(30);

/// A page as it was drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Stands in the browser's tab.
    pub title: String,
    pub html: String,
    /// Where to go instead; empty where the page itself is meant.
    pub elsewhere: String,
}

/// What the server gives each request in its context: the pages, as the one who asks may see them.
#[async_trait::async_trait]
pub trait OfficeBackend: Send + Sync {
    /// The page at an address of this site, `/office/sales?cursor=…`. An address that leads nowhere, or to another
    /// tenant's, is the page that says so; `None` means that the server can't answer at the moment.
    async fn open(&self, url: &str) -> Option<Opened>;
}

/// # Errors
/// When the server is away. Why, it keeps to itself.
#[server(prefix = "/api/office", endpoint = "page", input = Json)]
pub async fn open_page(url: String) -> Result<Opened, ServerFnError> {
    let away = || ServerFnError::new("The server can’t answer at the moment.");
    let backend = use_context::<std::sync::Arc<dyn OfficeBackend>>().ok_or_else(away)?;
    backend.open(&url).await.ok_or_else(away)
}

/// What stands where a page can't be had. Reloading is trying again.
pub const AWAY: &str = r#"<main class="office-main office-alone" id="main" tabindex="-1">
<section class="empty" role="alert"><h1>The server can’t be reached</h1>
<p class="soft">Tills go on selling, and nothing here was changed. Try again in a moment.</p>
<a class="button" href="" rel="external">Try again</a></section></main>"#;

#[component]
pub fn OpenedPage() -> impl IntoView {
    let location = use_location();
    let url = Memo::new(move |_| {
        let (path, search) = (location.pathname.get(), location.search.get());
        let search = search.trim_start_matches('?');
        if search.is_empty() { path } else { format!("{path}?{search}") }
    });
    // The server has the first page at hand. The browser finds it in the document and leaves it as it is.
    let html = RwSignal::new(use_context::<Opened>().unwrap_or_default().html);
    Effect::new(move |taken_over: Option<()>| {
        let asked = url.get();
        match taken_over {
            Some(()) => read(asked, url, html, true),
            None => take_over(url, html),
        }
    });
    view! { <div class="opened" on:change=tick_all on:click=close_menu inner_html=move || html.get()></div> }
}

fn take_over(url: Memo<String>, html: RwSignal<String>) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-ready", "");
    }
    let read_again = move || {
        let live = document().query_selector("[data-live]").is_ok_and(|found| found.is_some());
        // Nothing is taken from under somebody's fingers.
        let idle = document()
            .active_element()
            .is_none_or(|element| matches!(&*element.id(), "main") || element.tag_name() == "BODY");
        if live && idle && !document().hidden() {
            read(url.get_untracked(), url, html, false);
        }
    };
    set_interval(read_again, LIVE_INTERVAL);
}

/// Fetches the page that was asked for and shows it, unless `url` has gone on meanwhile. `moved` says whether it is
/// another than before.
fn read(asked: String, url: Memo<String>, html: RwSignal<String>, moved: bool) {
    spawn_local(async move {
        let opened = open_page(asked.clone()).await;
        if url.get_untracked() != asked {
            return;
        }
        match opened {
            // A whole new document, for a log-in sets a cookie.
            Ok(Opened { elsewhere, .. }) if !elsewhere.is_empty() => {
                let _ = window().location().set_href(&elsewhere);
            }
            Ok(opened) => {
                document().set_title(&opened.title);
                html.set(opened.html);
            }
            Err(_) if moved => html.set(AWAY.into()),
            // What was last known goes on being shown.
            Err(_) => {}
        }
        if moved {
            focus_page();
        }
    });
}

/// The first page is announced by the browser; of those after it, only the focus tells a screen reader.
fn focus_page() {
    let main = document().get_element_by_id("main").and_then(|main| main.dyn_into::<HtmlElement>().ok());
    if let Some(main) = main {
        let _ = main.focus();
    }
}

/// A link to the page that is open already changes nothing else on it.
fn close_menu(event: ev::MouseEvent) {
    let link = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let menu = link.and_then(|link| link.closest("a[href]").ok()?).and_then(|link| link.closest("[popover]").ok()?);
    if let Some(menu) = menu.and_then(|menu| menu.dyn_into::<HtmlElement>().ok()) {
        // Fails where it stands open beside the page.
        let _ = menu.hide_popover();
    }
}

/// One box ticks or clears every other of its form.
fn tick_all(event: ev::Event) {
    let box_of = |node: JsValue| node.dyn_into::<HtmlInputElement>().ok();
    let all = event.target().and_then(|target| box_of(target.into()));
    let Some(all) = all.filter(|all| all.has_attribute("data-select-all")) else { return };
    let Some(boxes) = all.form().and_then(|form| form.query_selector_all("input[name=id]").ok()) else { return };
    for place in 0..boxes.length() {
        if let Some(one) = boxes.get(place).and_then(|node| box_of(node.into())) {
            one.set_checked(all.checked());
        }
    }
}
