//! The people: who may sell, who may decide.

use super::{
    Choice, Mark,
    form::{Field, Fold, Form, Select, was_tried},
    table::{heading, show_mark},
};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq)]
pub struct Staff {
    pub people: Vec<Person>,
    pub roles: Vec<Choice>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    pub id: String,
    pub name: String,
    pub role: String,
    pub email: String,
    pub marks: Vec<Mark>,
    /// Whether the one who looks may change and remove this one.
    pub may_change: bool,
    pub may_remove: bool,
}

pub fn show(page: Staff) -> AnyView {
    let Staff { people, roles } = page;
    let person_roles = roles.clone();
    view! {
        {heading(
            "Staff".into(),
            "A PIN says at the till who is selling, with or without a network. E-mail and password open this office.".into(),
        )}
        <div class="two">
            <section class="stack" aria-label="People">
                {people.into_iter().map(|person| show_person(person, person_roles.clone())).collect_view()}
            </section>
            <section class="card padded">
                <h2>"Add somebody"</h2>
                <Form verb="add">
                    <Field label="Name" name="name" required=true/>
                    <Select label="Role" name="role" choices=roles/>
                    <Field label="PIN" name="pin" inputmode="numeric" hint="4 to 8 digits; may be left empty"/>
                    <Field label="E-mail" name="email" kind="email" hint="Only for who uses this office"/>
                    <Field label="Password" name="password" kind="password" autocomplete="new-password"/>
                    <button class="primary">"Add"</button>
                </Form>
            </section>
        </div>
    }
    .into_any()
}

fn show_person(person: Person, roles: Vec<Choice>) -> AnyView {
    let Person { id, name, role, email, marks, may_change, may_remove } = person;
    let tried = was_tried("save", &id);
    let (own_name, own_email, own_id) = (name.clone(), email.clone(), id.clone());
    let remove_label = format!("Remove {name}");
    let change = may_change.then(|| {
        view! {
            <Fold label="Change" open=tried>
                <Form verb="save" subject=own_id>
                    <Field label="Name" name="name" value=own_name required=true/>
                    <Select label="Role" name="role" value=role choices=roles/>
                    <Field label="New PIN" name="pin" inputmode="numeric" hint="Left empty, the old one stays"/>
                    <Field label="E-mail" name="email" kind="email" value=own_email/>
                    <Field
                        label="New password"
                        name="password"
                        kind="password"
                        autocomplete="new-password"
                        hint="Left empty, the old one stays"
                    />
                    <button>"Save"</button>
                </Form>
            </Fold>
        }
    });
    let remove = may_remove.then(|| {
        view! {
            <Fold label="Remove" class="fold danger-fold">
                <Form verb="remove" subject=id>
                    <p class="small soft">"They can no longer log in here, nor at a till once it has heard of it. Their sales stay."</p>
                    <button class="danger">{remove_label}</button>
                </Form>
            </Fold>
        }
    });
    view! {
        <article class="card padded person">
            <div class="person-head">
                <h2>{name}</h2>
                {marks.into_iter().map(show_mark).collect_view()}
            </div>
            {(!email.is_empty()).then(|| view! { <p class="small soft">{email}</p> })}
            <div class="person-folds">{change} {remove}</div>
        </article>
    }
    .into_any()
}
