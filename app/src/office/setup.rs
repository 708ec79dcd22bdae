//! The first run: a shop is opened.

use super::form::{Field, Form, Tick};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// Names the time zone field suggests.
    pub time_zones: Vec<String>,
    pub time_zone: String,
}

pub fn show(setup: Setup) -> AnyView {
    let zone = |zone: String| view! { <option value=zone></option> };
    view! {
        <main class="door" id="main">
            <p class="door-name">"Keeptill"</p>
            <div class="card padded">
                <h1>"Open your shop"</h1>
                <p class="soft">"Products, tills and people come next."</p>
                <Form verb="setup">
                    <Field label="Shop name" name="name" autocomplete="organization" required=true/>
                    <div class="pair">
                        <Field label="Currency" name="currency" value="EUR" hint="Three letters, such as EUR or USD" required=true/>
                        <Field label="Time zone" name="timeZone" value=setup.time_zone list="zones" required=true/>
                    </div>
                    <datalist id="zones">{setup.time_zones.into_iter().map(zone).collect_view()}</datalist>
                    <Tick
                        label="Prices include tax"
                        name="pricesIncludeTax"
                        checked=true
                        hint="Ticked where shelves show what the customer pays, as in Europe"
                    />
                    <Field label="E-mail" name="email" kind="email" autocomplete="username" required=true/>
                    <Field
                        label="Password"
                        name="password"
                        kind="password"
                        autocomplete="new-password"
                        hint="At least 8 characters"
                        required=true
                    />
                    <button class="primary">"Open the shop"</button>
                </Form>
            </div>
        </main>
    }
    .into_any()
}
