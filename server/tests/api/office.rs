//! The office's pages as a browser without JavaScript meets them: addresses, forms, redirects.

use crate::{
    harness::{Client, PASSWORD, Shop, TestServer},
    selling::*,
};
use keeptill_server::config::Signup;
use reqwest::{Method, Response, header};
use serde_json::{Value, json};

/// Sent as a browser sends a form of the server's own page; redirects are followed.
async fn submit(client: &Client, path: &str, fields: &[(&str, &str)]) -> Response {
    client.send(Method::POST, path, |request| request.header("sec-fetch-site", "same-origin").form(fields)).await
}

async fn open(client: &Client, path: &str) -> (u16, String) {
    let response = client.send(Method::GET, path, |request| request).await;
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Where a request ended up.
fn place(response: &Response) -> String {
    let url = response.url();
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// A shop with one oat milk on hand, and a sale of three that waits.
async fn short_sale(server: &TestServer) -> (Shop, String, String) {
    let shop = server.shop().await;
    let till = shop.device("Tablet 3").await;
    let oats = stocked(&shop, 260, 1).await;
    let mut sold = with(&sale(&[(&oats, 260, 3)]), json!({ "receiptNumber": "T1-000041" }));
    sold["items"][0]["name"] = json!("Oat milk 1 l");
    till.push(events(std::slice::from_ref(&sold))).await;
    (shop, oats, sold["clientId"].as_str().unwrap().to_owned())
}

async fn on_hand_of(shop: &Shop, product: &str) -> Value {
    let (_, stock) = shop.get(&format!("/api/stock?storeId={}", shop.store_id)).await;
    let mut rows = stock["items"].as_array().unwrap().iter();
    rows.find(|row| row["productId"] == product).map_or(Value::Null, |row| row["onHand"].clone())
}

#[tokio::test]
async fn nobody_sees_a_page_before_logging_in() {
    let server = TestServer::start().await;
    let first = server.send(Method::GET, "/office/sales", |request| request).await;
    assert_eq!(place(&first), "/setup", "there is no shop to log in to yet");
    let shop = server.shop().await;
    for path in ["/office", "/office/conflicts?status=open", "/office/nothing"] {
        let response = server.send(Method::GET, path, |request| request).await;
        assert_eq!(response.url().path(), "/login");
        assert!(response.url().query_pairs().any(|(name, value)| name == "next" && value == path), "{path}");
    }
    let posted = submit(&server, "/office/staff", &[("do", "add"), ("name", "Eve"), ("role", "cashier")]).await;
    assert_eq!(posted.url().path(), "/login");
    assert_eq!(shop.get("/api/staff").await.1["items"].as_array().unwrap().len(), 1);
    let asked = server.post("/api/office/page", json!({ "url": "/office/sales" })).await;
    assert_eq!((&asked.1["elsewhere"], &asked.1["html"]), (&json!("/login?next=%2Foffice%2Fsales"), &json!("")));
}

#[tokio::test]
async fn a_shop_is_opened_and_logged_in_to_with_forms_alone() {
    let server = TestServer::start_with(|config| config.signup = Signup::First).await;
    let fields = |password: &'static str| {
        [
            ("name", "Corner & Crumb"),
            ("currency", "EUR"),
            ("timeZone", "Europe/Berlin"),
            ("pricesIncludeTax", "yes"),
            ("email", "mira@shop.test"),
            ("password", password),
        ]
    };
    let refused = submit(&server, "/setup", &fields("short")).await;
    assert_eq!(refused.status().as_u16(), 422);
    let page = refused.text().await.unwrap();
    assert!(page.contains(r#"role="alert""#) && page.contains(r#"value="mira@shop.test""#));
    assert!(!page.contains(r#"value="short""#), "a password is never shown again");

    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = |path: &str| format!("http://{}{path}", server.address);
    let opened = http.post(url("/setup")).form(&fields(PASSWORD)).send().await.unwrap();
    assert_eq!(
        (opened.status().as_u16(), &opened.headers()[header::LOCATION]),
        (303, &"/office?done=opened".parse().unwrap())
    );
    let again = http.get(url("/setup")).send().await.unwrap();
    assert_eq!(again.headers()[header::LOCATION], "/login");

    let wrong = submit(&server, "/login", &[("email", "mira@shop.test"), ("password", "wrong horse")]).await;
    assert_eq!(wrong.status().as_u16(), 422);
    let right = [("email", "mira@shop.test"), ("password", PASSWORD), ("next", "/office/sales")];
    let entered = http.post(url("/login")).form(&right).send().await.unwrap();
    assert_eq!(
        (entered.status().as_u16(), &entered.headers()[header::LOCATION]),
        (303, &"/office/sales".parse().unwrap())
    );
    let cookie = entered.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let elsewhere = [("email", "mira@shop.test"), ("password", PASSWORD), ("next", "//evil.test/office")];
    let entered = http.post(url("/login")).form(&elsewhere).send().await.unwrap();
    assert_eq!(entered.headers()[header::LOCATION], "/office");

    let today = http.get(url("/office")).header(header::COOKIE, &cookie).send().await.unwrap();
    assert_eq!(today.status().as_u16(), 200);
    assert!(today.text().await.unwrap().contains("Pair your first till"));
    let knocked = http.get(url("/login?next=/office/log")).header(header::COOKIE, &cookie).send().await.unwrap();
    assert_eq!(knocked.headers()[header::LOCATION], "/office/log", "who is in already needs no door");
    let left = http.post(url("/logout")).header(header::COOKIE, &cookie).send().await.unwrap();
    assert_eq!(left.headers()[header::LOCATION], "/login");
    let after = http.get(url("/office")).header(header::COOKIE, &cookie).send().await.unwrap();
    assert_eq!(after.status().as_u16(), 303);
}

#[tokio::test]
async fn every_page_opens_and_knows_its_policy() {
    let server = TestServer::start().await;
    let (shop, oats, sale) = short_sale(&server).await;
    let device = shop.get("/api/sync/status").await.1["devices"][0]["deviceId"].as_str().unwrap().to_owned();
    let pages = [
        "/office",
        "/office/conflicts",
        "/office/conflicts?status=resolved",
        "/office/sales",
        "/office/products",
        "/office/products?archived=yes&query=x",
        "/office/products/new",
        "/office/categories",
        "/office/staff",
        "/office/devices",
        "/office/log",
        "/office/audit",
    ];
    let one = [
        format!("/office/products/{oats}"),
        format!("/office/conflicts/{sale}"),
        format!("/office/sales/{sale}"),
        format!("/office/devices/{device}"),
    ];
    for path in pages.iter().map(|path| (*path).to_owned()).chain(one) {
        let response = shop.send(Method::GET, &path, |request| request).await;
        assert_eq!(response.status().as_u16(), 200, "{path}");
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let page = response.text().await.unwrap();
        let nonce =
            policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        // Inline scripts carry this answer's nonce; the only other one is boot.js.
        let scripts = page.matches("<script").count();
        assert_eq!(scripts, page.matches(&format!(r#"<script nonce="{nonce}""#)).count() + 1, "{path}");
        assert!(page.contains("<h1"), "{path}");
    }
}

#[tokio::test]
async fn another_tenants_things_are_not_there() {
    let server = TestServer::start().await;
    let (shop, oats, sale) = short_sale(&server).await;
    let device = shop.get("/api/sync/status").await.1["devices"][0]["deviceId"].as_str().unwrap().to_owned();
    let stranger = server.shop().await;
    for path in [
        format!("/office/conflicts/{sale}"),
        format!("/office/sales/{sale}"),
        format!("/office/products/{oats}"),
        format!("/office/devices/{device}"),
        "/office/conflicts/not-an-id".to_owned(),
    ] {
        let (status, page) = open(&stranger, &path).await;
        assert_eq!(status, 404, "{path}");
        assert!(page.contains("There is nothing here") && !page.contains("Oat milk"), "{path}");
    }
    assert_eq!(
        submit(&stranger, &format!("/office/conflicts/{sale}"), &[("do", "accept")]).await.status().as_u16(),
        404
    );
    assert_eq!(
        submit(&stranger, &format!("/office/products/{oats}"), &[("do", "delete")]).await.status().as_u16(),
        404
    );
    assert_eq!(
        submit(&stranger, &format!("/office/devices/{device}"), &[("do", "revoke")]).await.status().as_u16(),
        404
    );
    assert_eq!(on_hand_of(&shop, &oats).await, json!(1));
}

#[tokio::test]
async fn a_form_from_another_sites_page_does_nothing() {
    let server = TestServer::start().await;
    let (shop, oats, sale) = short_sale(&server).await;
    let path = format!("/office/conflicts/{sale}");
    let forged = shop
        .send(Method::POST, &path, |request| request.header("sec-fetch-site", "cross-site").form(&[("do", "accept")]))
        .await;
    assert_eq!(forged.status().as_u16(), 403);
    assert_eq!(on_hand_of(&shop, &oats).await, json!(1));
}

#[tokio::test]
async fn a_conflict_is_told_and_decided() {
    let server = TestServer::start().await;
    let (shop, oats, sale) = short_sale(&server).await;
    let path = format!("/office/conflicts/{sale}");
    let (_, page) = open(&shop, &path).await;
    for words in ["Tablet 3 sold 3 × Oat milk 1 l at", "One was left.", "Oat milk 1 l goes to −2", "€7.80"] {
        assert!(page.contains(words), "{words}");
    }
    let refused = submit(&shop, &path, &[("do", "void"), ("note", " ")]).await;
    assert_eq!(refused.status().as_u16(), 422);
    assert!(refused.text().await.unwrap().contains("Say why the sale is void."));
    let counted = format!("counted-{oats}");
    let refused = submit(&shop, &path, &[("do", "recount"), (&counted, "many")]).await;
    let page = refused.text().await.unwrap();
    assert!(page.contains("A quantity is a number.") && page.contains(r#"value="many""#));

    let decided = submit(&shop, &path, &[("do", "recount"), (&counted, "5")]).await;
    assert_eq!((decided.status().as_u16(), place(&decided)), (200, format!("{path}?done=decided")));
    assert!(decided.text().await.unwrap().contains("Counted by"));
    assert_eq!(on_hand_of(&shop, &oats).await, json!(2));
    let other = submit(&shop, &path, &[("do", "void"), ("note", "never mind")]).await;
    assert_eq!(other.status().as_u16(), 422, "it was decided already");
    assert_eq!(on_hand_of(&shop, &oats).await, json!(2));
}

#[tokio::test]
async fn many_conflicts_are_accepted_at_once() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let oats = stocked(&shop, 260, 1).await;
    let sales: Vec<Value> = (0..3).map(|_| sale(&[(&oats, 260, 2)])).collect();
    shop.post("/api/sync/push", events(&sales)).await;
    let ids: Vec<&str> = sales.iter().map(|sale| sale["clientId"].as_str().unwrap()).collect();
    let ticked = [("do", "accept"), ("id", ids[0]), ("id", ids[1])];
    let accepted = submit(&shop, "/office/conflicts", &ticked).await;
    assert_eq!(place(&accepted), "/office/conflicts?done=accepted");
    assert_eq!(on_hand_of(&shop, &oats).await, json!(-3));
    assert_eq!(shop.get("/api/sync/conflicts?status=open").await.1["items"].as_array().unwrap().len(), 1);
    // Two of them were decided meanwhile; the third still is.
    let all = [("do", "accept"), ("id", ids[0]), ("id", ids[1]), ("id", ids[2])];
    submit(&shop, "/office/conflicts", &all).await;
    assert_eq!(on_hand_of(&shop, &oats).await, json!(-5));
}

#[tokio::test]
async fn products_are_made_counted_and_deleted_with_forms() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    submit(&shop, "/office/categories", &[("do", "add-category"), ("name", "Coffee")]).await;
    submit(&shop, "/office/categories", &[("do", "add-tax"), ("name", "VAT"), ("rate", "8.875")]).await;
    let tax = shop.get("/api/taxes").await.1["items"][0].clone();
    assert_eq!(tax["ratePpm"], json!(88_750));
    let category = shop.get("/api/categories").await.1["items"][0]["id"].as_str().unwrap().to_owned();

    let refused = submit(&shop, "/office/products/new", &[("do", "add"), ("name", "Flat white"), ("price", "x")]).await;
    assert_eq!(refused.status().as_u16(), 422);
    assert!(refused.text().await.unwrap().contains(r#"value="Flat white""#));
    let fields =
        [("do", "add"), ("name", "Flat white"), ("price", "3,50"), ("category", &category), ("trackStock", "yes")];
    let added = submit(&shop, "/office/products/new", &fields).await;
    let path = added.url().path().to_owned();
    let id = path.rsplit('/').next().unwrap().to_owned();
    let (_, product) = shop.get(&format!("/api/products/{id}")).await;
    assert_eq!((&product["priceMinor"], &product["categoryId"]), (&json!(350), &json!(category)));

    submit(&shop, &path, &[("do", "count"), ("store", &shop.store_id), ("counted", "12")]).await;
    submit(&shop, &path, &[("do", "move"), ("store", &shop.store_id), ("delta", "-2"), ("reason", "damaged")]).await;
    assert_eq!(on_hand_of(&shop, &id).await, json!(10));
    submit(
        &shop,
        &path,
        &[("do", "save"), ("name", "Flat white"), ("price", "3.70"), ("unit", "each"), ("trackStock", "yes")],
    )
    .await;
    let (_, product) = shop.get(&format!("/api/products/{id}")).await;
    assert_eq!((&product["priceMinor"], &product["categoryId"]), (&json!(370), &Value::Null));
    let deleted = submit(&shop, &path, &[("do", "delete")]).await;
    assert_eq!(place(&deleted), "/office/products?done=deleted");
    assert_eq!(open(&shop, &path).await.0, 404);
}

#[tokio::test]
async fn a_pairing_code_is_shown_to_who_asked_for_it_only() {
    let server = TestServer::start().await;
    let shop = server.shop().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = |path: &str| format!("http://{}{path}", server.address);
    let fields = [("do", "add"), ("name", "Tablet 3"), ("store", shop.store_id.as_str())];
    let added = http
        .post(url("/office/devices"))
        .header(header::COOKIE, shop.credentials())
        .form(&fields)
        .send()
        .await
        .unwrap();
    let page = added.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let kept = added.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let code = kept.split('.').nth(1).unwrap().to_owned();
    let both = format!("{}; {kept}", shop.credentials());
    let show = async |cookies: &str| {
        http.get(url(&page)).header(header::COOKIE, cookies).send().await.unwrap().text().await.unwrap()
    };
    let shown = show(&both).await;
    assert!(shown.contains(&format!("/till/pair?code={code}")) && shown.contains("<svg"));
    assert!(!show(shop.credentials()).await.contains(&code));
    let (status, _) = shop.post("/api/devices/pair", json!({ "pairingCode": code })).await;
    assert_eq!(status.as_u16(), 200);
    assert!(!show(&both).await.contains(&code), "a used code is not shown");
    let revoked = submit(&shop, &page, &[("do", "revoke")]).await;
    assert!(revoked.text().await.unwrap().contains("disconnected"));
}
