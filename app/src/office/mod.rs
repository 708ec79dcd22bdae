//! The office: what the manager sees and decides. The server draws each page whole; the browser then takes it over.
//!
//! A page is one value, [`PageData`], that the server makes of an address and draws with the views in here. The browser
//! hydrates what is around it ([`App`]): it follows links and asks for the next page, drawn, through one server
//! function. So none of the views and none of their data is in the WASM, which the tills load too. What changes
//! something is a plain `<form method="post">` to the page's own address; it works before the WASM has loaded and
//! without it, and a refused one comes back with what was typed.

mod audit;
mod bring_in;
mod categories;
mod chart;
mod conflict;
mod conflicts;
mod decisions;
mod device;
mod devices;
mod form;
mod frame;
mod log;
mod login;
mod opened;
mod page;
mod product;
mod product_form;
mod products;
mod sale;
mod sales;
mod setup;
mod shell;
mod staff;
mod table;
mod today;

pub use audit::Audit;
pub use categories::{Categories, NamedRow, TaxRow};
pub use chart::{Bar, Chart, Tick};
pub use conflict::{ConflictLine, ConflictPage, Decided};
pub use conflicts::{ConflictRow, Conflicts};
pub use decisions::{Decisions, UndecidedLine};
pub use device::{DevicePage, Fact, Pairing};
pub use devices::{DeviceRow, Devices};
pub use form::{Choice, Tried};
pub use frame::Frame;
pub use log::{Log, LogRow};
pub use login::Login;
pub use opened::{OfficeBackend, OpenPage, Opened};
pub use page::{Page, PageData};
pub use product::{MovementRow, OnHand, ProductPage};
pub use product_form::ProductForm;
pub use products::{ProductRow, Products};
pub use sale::{SaleLine, SalePage, TenderLine};
pub use sales::{SaleRow, Sales};
pub use setup::Setup;
pub use shell::shell;
pub use staff::{Person, Staff};
pub use table::Mark;
pub use today::{Figure, Need, TillRow, Today};

use leptos::prelude::*;
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    path,
};

/// Every page of the office, the log-in and the set-up among them. The server knows which address is which page, so
/// there is one route.
#[component]
pub fn App() -> impl IntoView {
    view! {
        <Router>
            <FlatRoutes fallback=|| ()>
                <Route path=path!("/*any") view=opened::OpenedPage/>
            </FlatRoutes>
        </Router>
    }
}
