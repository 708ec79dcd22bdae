//! The way in.

use super::form::{Field, Form};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    /// Where to go afterwards; a path of this site.
    pub next: String,
}

pub fn show(login: Login) -> AnyView {
    view! {
        <main class="door" id="main">
            <p class="door-name">"Keeptill"</p>
            <div class="card padded">
                <h1>"Log in"</h1>
                <Form verb="login">
                    <input type="hidden" name="next" value=login.next/>
                    <Field label="E-mail" name="email" kind="email" autocomplete="username" required=true/>
                    <Field label="Password" name="password" kind="password" autocomplete="current-password" required=true/>
                    <button class="primary">"Log in"</button>
                </Form>
            </div>
            <p class="small soft">"Cashiers don’t log in here: " <a href="/till" rel="external">"open the till"</a></p>
        </main>
    }
    .into_any()
}
