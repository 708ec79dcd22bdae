//! Bringing in a file of sales that a till saved: for a tablet that is broken, or too far from any network.

use super::form::{Field, Form};
use crate::components::{Glyph, Icon};
use leptos::prelude::*;

pub fn show() -> AnyView {
    view! {
        <p class="crumbs small"><a href="/office/devices"><Icon glyph=Glyph::Back/> "Devices"</a></p>
        <h1>"Bring in sales"</h1>
        <p class="soft">
            "A till saves what it could not send to an encrypted file, on its page Connection. Sales that are here already \
             are left as they are, so a file can be brought in twice, and its till may send them, too."
        </p>
        <section class="card padded narrow">
            <Form verb="bring-in" enctype="multipart/form-data">
                <Field label="File" name="file" kind="file" required=true/>
                <Field label="Passphrase" name="passphrase" kind="password" required=true/>
                <button class="primary">"Bring in"</button>
            </Form>
        </section>
    }
    .into_any()
}
