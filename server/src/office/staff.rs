//! The people of the shop.

use super::{fields::Fields, visit::Visit, words};
use crate::{
    error::{Error, Result},
    staff::{self, NewPerson, PersonChange},
};
use keeptill_app::components::Tone;
use keeptill_app::office::{Choice, Person, Staff};
use keeptill_domain::{Role, UserId};

pub async fn load(visit: &Visit) -> Result<Staff> {
    let people = staff::list(&visit.app.db, visit.tenant()).await?;
    let owners = people.iter().filter(|person| person.role == Role::Owner).count();
    let may_look_after = |role: Role| visit.caller.role == Role::Owner || role == Role::Cashier;
    let shown = |person: staff::Person| {
        let own = person.user_id == visit.caller.user;
        let role_tone = if person.role.manages() { Tone::Good } else { Tone::Plain };
        let mut marks = vec![words::mark(role_tone, role(person.role))];
        marks.extend(person.has_pin.then(|| words::mark(Tone::Plain, "has a PIN")));
        marks.extend(own.then(|| words::mark(Tone::Plain, "you")));
        Person {
            id: person.user_id.to_string(),
            name: person.name,
            role: person.role.as_str().into(),
            email: person.email.unwrap_or_default(),
            marks,
            may_change: own || may_look_after(person.role),
            may_remove: !own && may_look_after(person.role) && (person.role != Role::Owner || owners > 1),
        }
    };
    Ok(Staff { people: people.into_iter().map(shown).collect(), roles: roles(visit) })
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Manager => "manager",
        Role::Cashier => "cashier",
    }
}

/// The roles that this manager may give.
fn roles(visit: &Visit) -> Vec<Choice> {
    let all = [
        (Role::Cashier, "Cashier: sells with a PIN"),
        (Role::Manager, "Manager: uses this office"),
        (Role::Owner, "Owner: may do everything"),
    ];
    let own = visit.caller.role;
    let may = all.into_iter().filter(|(role, _)| own == Role::Owner || *role <= own);
    may.map(|(role, label)| words::choice(role.as_str(), label)).collect()
}

/// What one of the page's forms asks for; answers with what was done.
pub async fn act(visit: &Visit, form: &Fields) -> Result<&'static str> {
    let db = &visit.app.db;
    let role =
        || form.get("role").parse::<Role>().map_err(|error| Error::unprocessable("unknown_role", error.to_string()));
    let password = Some(form.verbatim("password")).filter(|password| !password.is_empty());
    let subject = || form.get("subject").parse::<UserId>().map_err(|_| Error::not_found());
    match form.get("do") {
        "add" => {
            let person = NewPerson {
                name: form.get("name").into(),
                role: role()?,
                pin: form.filled("pin"),
                email: form.filled("email"),
                password,
            };
            staff::create(db, &visit.caller, person).await?;
            Ok("added")
        }
        "save" => {
            let change = PersonChange {
                name: Some(form.get("name").into()),
                role: Some(role()?),
                pin: form.filled("pin").map(Some),
                email: Some(form.filled("email")),
                password,
            };
            staff::change(db, &visit.caller, subject()?, change).await?;
            Ok("saved")
        }
        "remove" => {
            staff::remove(db, &visit.caller, subject()?).await?;
            Ok("removed")
        }
        _ => Err(Error::not_found()),
    }
}
