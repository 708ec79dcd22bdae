//! Forms: a verb, fields with their labels, and what came of a try.

use leptos::prelude::*;

/// One entry of a list to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// A form that was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The form's verb and, where a page has the same form for several things, which of them.
    pub verb: String,
    pub subject: String,
    /// What is wrong, for a person.
    pub problem: String,
    /// The field it is about.
    pub field: String,
    /// What was typed, secrets left out.
    pub values: Vec<(String, String)>,
}

/// The try that belongs to the form being shown, if it was this one.
#[derive(Clone)]
struct OwnTry(Option<Tried>);

/// What the fields of one form call themselves; unique on the page.
#[derive(Clone)]
struct Name(String);

/// A form that posts to the page's own address. `verb` says to the server which of the page's forms it is.
#[component]
pub fn Form(
    verb: &'static str,
    #[prop(optional)] subject: String,
    #[prop(default = "form")] class: &'static str,
    /// How the fields are written; a form that brings a file needs another way.
    #[prop(optional)]
    enctype: Option<&'static str>,
    children: Children,
) -> impl IntoView {
    let tried = use_context::<Option<Tried>>().flatten();
    let own = tried.filter(|tried| tried.verb == verb && tried.subject == subject);
    let problem = own.as_ref().map(|tried| tried.problem.clone());
    provide_context(OwnTry(own));
    provide_context(Name(format!("{verb}{subject}")));
    view! {
        <form method="post" class=class enctype=enctype>
            <input type="hidden" name="do" value=verb/>
            {(!subject.is_empty()).then(|| view! { <input type="hidden" name="subject" value=subject/> })}
            {problem.map(|problem| view! { <p class="problem" role="alert">{problem}</p> })}
            {children()}
        </form>
    }
    .into_any()
}

/// Whether the form that was refused is this one; a folded form opens itself then.
pub fn was_tried(verb: &str, subject: &str) -> bool {
    let tried = use_context::<Option<Tried>>().flatten();
    tried.is_some_and(|tried| tried.verb == verb && tried.subject == subject)
}

fn own_try() -> Option<Tried> {
    use_context::<OwnTry>().and_then(|OwnTry(tried)| tried)
}

fn id_of(name: &str) -> String {
    use_context::<Name>().map_or_else(|| name.to_owned(), |Name(form)| format!("{form}-{name}"))
}

/// What was typed into the field, else what stands.
fn value_of(name: &str, standing: String) -> String {
    let typed = own_try().and_then(|tried| tried.values.into_iter().find(|(typed, _)| typed == name));
    typed.map_or(standing, |(_, value)| value)
}

fn is_wrong(name: &str) -> Option<&'static str> {
    own_try().is_some_and(|tried| tried.field == name).then_some("true")
}

/// A field of one line.
#[component]
pub fn Field(
    #[prop(into)] label: String,
    #[prop(into)] name: String,
    #[prop(optional, into)] value: String,
    /// The `type` of the input.
    #[prop(default = "text")]
    kind: &'static str,
    /// Which keys a phone shows.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] hint: String,
    #[prop(optional)] placeholder: Option<&'static str>,
    /// Where the names come from that the field suggests.
    #[prop(optional)]
    list: Option<&'static str>,
) -> impl IntoView {
    let id = id_of(&name);
    let hint_id = format!("{id}-hint");
    let wrong = is_wrong(&name);
    let value = value_of(&name, value);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                name=name
                type=kind
                value=value
                inputmode=inputmode
                autocomplete=autocomplete
                required=required
                placeholder=placeholder
                list=list
                aria-invalid=wrong
                aria-describedby=(!hint.is_empty()).then(|| hint_id.clone())
            />
            {(!hint.is_empty()).then(|| view! { <p class="small soft" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// One of a list.
#[component]
pub fn Select(
    label: &'static str,
    name: &'static str,
    #[prop(optional)] value: String,
    choices: Vec<Choice>,
) -> impl IntoView {
    let id = id_of(name);
    let value = value_of(name, value);
    let option = move |choice: Choice| {
        let selected = choice.value == value;
        view! { <option value=choice.value selected=selected>{choice.label}</option> }
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id name=name aria-invalid=is_wrong(name)>{choices.into_iter().map(option).collect_view()}</select>
        </div>
    }
    .into_any()
}

/// Yes or no. What a form does not name was not ticked, so a refused form's own ticks win over what stands.
#[component]
pub fn Tick(
    label: &'static str,
    name: &'static str,
    checked: bool,
    #[prop(optional)] hint: &'static str,
) -> impl IntoView {
    let id = id_of(name);
    let hint_id = format!("{id}-hint");
    let checked = match own_try() {
        Some(tried) => tried.values.iter().any(|(typed, _)| typed == name),
        None => checked,
    };
    view! {
        <div class="field tick">
            <input
                id=id.clone()
                name=name
                type="checkbox"
                value="yes"
                checked=checked
                aria-describedby=(!hint.is_empty()).then(|| hint_id.clone())
            />
            <label for=id>{label}</label>
            {(!hint.is_empty()).then(|| view! { <p class="small soft" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// Something that is folded away until asked for: the way to anything that can't be taken back.
#[component]
pub fn Fold(
    #[prop(into)] label: String,
    #[prop(default = "fold")] class: &'static str,
    #[prop(optional)] open: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <details class=class open=open>
            <summary>{label}</summary>
            <div class="folded">{children()}</div>
        </details>
    }
    .into_any()
}

/// A form that narrows down a list: its fields end up in the address.
#[component]
pub fn Filter(action: &'static str, button: &'static str, children: Children) -> impl IntoView {
    provide_context(OwnTry(None));
    provide_context(Name("filter".into()));
    view! {
        <form method="get" action=action class="filter" role="search">
            {children()}
            <button>{button}</button>
        </form>
    }
    .into_any()
}
