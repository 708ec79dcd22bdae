//! A server of one's own for each test: a fresh database in a real PostgreSQL, the whole router on a free port, and
//! clients that speak to it as a browser or a till does.

use axum::http::StatusCode;
use keeptill_domain::TenantId;
use keeptill_server::{
    app_state::App,
    config::{Config, Signup},
    database::Database,
    serve::serve_and_tell,
};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection, PgPool, postgres::PgConnectOptions};
use std::{net::SocketAddr, ops::Deref, sync::Arc, thread};
use tokio::{
    net::TcpListener,
    sync::{Mutex, oneshot},
};
use uuid::Uuid;

pub const PASSWORD: &str = "correct horse";

/// A database that is there for one test and dropped after it.
pub struct TestDatabase {
    cluster: PgConnectOptions,
    name: String,
    pub options: PgConnectOptions,
    pub url: String,
}

impl TestDatabase {
    async fn create() -> Self {
        let url = std::env::var("KEEPTILL_TEST_DATABASE_URL").expect(
            "KEEPTILL_TEST_DATABASE_URL names a PostgreSQL that the tests may make databases in \
             (postgres://superuser@host:port, without a database); `cargo xtask test` sets it",
        );
        let url = url.trim().trim_end_matches('/').to_owned();
        let cluster: PgConnectOptions = format!("{url}/postgres").parse().unwrap();
        let name = format!("keeptill_test_{}", Uuid::new_v4().simple());
        let mut connection = PgConnection::connect_with(&cluster).await.unwrap();
        connection.execute(sqlx::AssertSqlSafe(format!("create database {name}"))).await.unwrap();
        connection.close().await.unwrap();
        let options = cluster.clone().database(&name);
        Self { cluster, url: format!("{url}/{name}"), name, options }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (cluster, name) = (self.cluster.clone(), self.name.clone());
        // The test's own runtime is about to end and can't be waited on.
        let dropping = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut connection = PgConnection::connect_with(&cluster).await.unwrap();
                let drop = format!("drop database if exists {name} with (force)");
                connection.execute(sqlx::AssertSqlSafe(drop)).await.unwrap();
            });
        });
        let _ = dropping.join();
    }
}

pub struct TestServer {
    pub db: Arc<TestDatabase>,
    pub address: SocketAddr,
    client: Client,
    database: Database,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    ended: Mutex<Option<oneshot::Receiver<anyhow::Result<()>>>>,
}

/// Without a client's own credentials, a server is asked anonymously.
impl Deref for TestServer {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl TestServer {
    /// A server on a database of its own, with sign-up open.
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_configured(Arc::new(TestDatabase::create().await), change).await
    }

    /// Another server, or the next, on a database that is there.
    pub async fn start_on(db: Arc<TestDatabase>) -> Self {
        Self::start_configured(db, |_| ()).await
    }

    async fn start_configured(db: Arc<TestDatabase>, change: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = Config {
            listen: address,
            data_dir: "/nonexistent".into(),
            database_url: Some(db.url.clone()),
            signup: Signup::Open,
            demo: false,
            log: "off".into(),
            site_dir: None,
            ops_listen: None,
            tombstone_days: 90,
            log_days: 90,
        };
        change(&mut config);
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let listener = listener.into_std().unwrap();
        // On a thread of its own, as it would have a process of its own.
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let served = runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                let stopped = async {
                    let _ = stopped.await;
                };
                let ready = async |app: App| {
                    let _ = tell.send(app.db.clone());
                    Ok(())
                };
                serve_and_tell(config, listener, stopped, ready).await
            });
            let _ = end.send(served);
        });
        let database = match told.await {
            Ok(database) => database,
            Err(_) => panic!("the server did not start: {:?}", ended.await.unwrap()),
        };
        Self {
            db,
            address,
            client: Client::new(address, None),
            database,
            stop: Mutex::new(Some(stop)),
            ended: Mutex::new(Some(ended)),
        }
    }

    /// Ends the server as SIGTERM does, and waits until it has ended.
    pub async fn stop(&self) {
        if let Some(stop) = self.stop.lock().await.take() {
            let _ = stop.send(());
        }
        if let Some(ended) = self.ended.lock().await.take() {
            ended.await.unwrap().unwrap();
        }
    }

    /// The server's own way to the database.
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    /// The tables as their owner sees them, all tenants'.
    pub fn owner_pool(&self) -> PgPool {
        PgPool::connect_lazy_with(self.db.options.clone())
    }

    /// A new shop in euros with prices including tax, and its owner logged in.
    pub async fn shop(&self) -> Shop {
        self.shop_with(json!({})).await
    }

    /// Like [`Self::shop`], with some fields of the sign-up set otherwise.
    pub async fn shop_with(&self, fields: Value) -> Shop {
        let email = format!("owner-{}@shop.test", Uuid::new_v4().simple());
        let mut body = sign_up(&email);
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (status, ids) = self.post("/api/tenants", body).await;
        assert_eq!(status, StatusCode::CREATED, "{ids}");
        let id = |name: &str| ids[name].as_str().unwrap().to_owned();
        Shop {
            client: self.log_in(&email, PASSWORD).await,
            tenant_id: id("tenantId"),
            store_id: id("storeId"),
            user_id: id("userId"),
            email,
        }
    }

    /// A client with the cookie of a new session.
    pub async fn log_in(&self, email: &str, password: &str) -> Client {
        let response = self.send(reqwest::Method::POST, "/api/auth/login", |request| {
            request.json(&json!({ "email": email, "password": password }))
        });
        let response = response.await;
        assert_eq!(response.status().as_u16(), 200);
        let cookie = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        Client::new(self.address, Some(("cookie", cookie)))
    }

    /// As the device with that token.
    pub fn as_device(&self, token: &str) -> Client {
        Client::new(self.address, Some(("authorization", format!("Bearer {token}"))))
    }

    pub async fn post_as(&self, token: &str, path: &str, body: Value) -> (StatusCode, Value) {
        self.as_device(token).post(path, body).await
    }
}

/// What opens a shop.
pub fn sign_up(email: &str) -> Value {
    json!({
        "name": "Corner & Crumb", "currency": "EUR", "timeZone": "Europe/Berlin", "pricesIncludeTax": true,
        "email": email, "password": PASSWORD,
    })
}

/// Somebody who talks to the server, with credentials or without.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    credentials: Option<(&'static str, String)>,
}

impl Client {
    pub fn new(address: SocketAddr, credentials: Option<(&'static str, String)>) -> Self {
        Self { http: reqwest::Client::new(), address, credentials }
    }

    /// The cookie or token, as its header holds it.
    pub fn credentials(&self) -> &str {
        self.credentials.as_ref().map_or("", |(_, value)| value)
    }

    /// The same credentials, at another server.
    pub fn at(&self, server: &TestServer) -> Self {
        Self::new(server.address, self.credentials.clone())
    }

    pub async fn send(
        &self,
        method: reqwest::Method,
        path: &str,
        with: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> reqwest::Response {
        let mut request = self.http.request(method, format!("http://{}{path}", self.address));
        if let Some((name, value)) = &self.credentials {
            request = request.header(*name, value);
        }
        with(request).send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(self.send(reqwest::Method::GET, path, |request| request).await).await
    }

    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        read(self.send(reqwest::Method::POST, path, |request| request.json(&body)).await).await
    }

    /// A body just as it is given, JSON or not.
    pub async fn post_text(&self, path: &str, body: String) -> (StatusCode, Value) {
        let json = |request: reqwest::RequestBuilder| request.header("content-type", "application/json").body(body);
        read(self.send(reqwest::Method::POST, path, json).await).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> (StatusCode, Value) {
        read(self.send(reqwest::Method::PATCH, path, |request| request.json(&body)).await).await
    }

    pub async fn delete(&self, path: &str) -> (StatusCode, Value) {
        read(self.send(reqwest::Method::DELETE, path, |request| request).await).await
    }
}

async fn read(response: reqwest::Response) -> (StatusCode, Value) {
    let status = StatusCode::from_u16(response.status().as_u16()).unwrap();
    let text = response.text().await.unwrap();
    if text.is_empty() {
        return (status, Value::Null);
    }
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// A shop with its owner logged in.
#[derive(Clone)]
pub struct Shop {
    client: Client,
    pub tenant_id: String,
    pub store_id: String,
    pub user_id: String,
    pub email: String,
}

impl Deref for Shop {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Shop {
    pub fn tenant(&self) -> TenantId {
        self.tenant_id.parse().unwrap()
    }

    /// Makes something, which must succeed, and answers with it.
    pub async fn made(&self, path: &str, body: Value) -> Value {
        let (status, made) = self.post(path, body).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        made
    }

    pub async fn product(&self, body: Value) -> Value {
        self.made("/api/products", body).await
    }

    /// A paired till in the shop's first store.
    pub async fn device(&self, name: &str) -> TestDevice {
        let offer = self.made("/api/devices", json!({ "name": name, "storeId": self.store_id })).await;
        let (status, paired) = self.post("/api/devices/pair", json!({ "pairingCode": offer["pairingCode"] })).await;
        assert_eq!(status, StatusCode::OK, "{paired}");
        let token = paired["deviceToken"].as_str().unwrap().to_owned();
        TestDevice {
            client: Client::new(self.client.address, Some(("authorization", format!("Bearer {token}")))),
            id: paired["deviceId"].as_str().unwrap().to_owned(),
            token,
        }
    }
}

#[derive(Clone)]
pub struct TestDevice {
    client: Client,
    pub id: String,
    pub token: String,
}

impl Deref for TestDevice {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl TestDevice {
    pub async fn push(&self, body: Value) -> (StatusCode, Value) {
        self.post("/api/sync/push", body).await
    }

    pub async fn pull(&self, body: Value) -> (StatusCode, Value) {
        self.post("/api/sync/pull", body).await
    }
}

/// The code of an error's answer.
pub fn code(body: &Value) -> &str {
    body["error"]["code"].as_str().unwrap_or("no error")
}

/// Asserts a status and an error's code at once, so that a failure shows both and the body.
#[track_caller]
pub fn assert_refused((status, body): (StatusCode, Value), expected: StatusCode, expected_code: &str) {
    assert_eq!((status, code(&body)), (expected, expected_code), "{body}");
}
