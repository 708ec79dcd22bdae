//! The streams that are open at this server, and what each is still to be told.
//!
//! It holds connections and nothing else: another copy of the server has its own, and needs none of these.

use super::news::{News, Told};
use crate::auth::Caller;
use keeptill_domain::{DeviceId, StoreId, TenantId};
use keeptill_sync::wire::Collection;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;
use uuid::Uuid;

/// How many streams may be open.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of one device, or of one person in the office: a page has one, and few people have many pages in front.
    pub per_client: usize,
    pub per_tenant: usize,
    /// At this server. Each holds a socket; the usual limit of a process is some multiple of this.
    pub per_server: usize,
}

pub const LIMITS: Limits = Limits { per_client: 8, per_tenant: 1_000, per_server: 10_000 };

/// Which limit a stream would have gone over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    Client,
    Tenant,
    Server,
    Stopping,
}

/// Whose stream it is, and what concerns it.
#[derive(Clone, Copy, Debug)]
pub struct Listening {
    pub tenant: TenantId,
    pub by: Client,
    /// Where it is a device: the store whose stock it follows. A manager follows every store.
    pub store: Option<StoreId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    Device(DeviceId),
    User(Uuid),
}

impl Listening {
    pub fn of(caller: &Caller) -> Self {
        let tenant = caller.tenant();
        match caller {
            Caller::Device(device) => Self { tenant, by: Client::Device(device.device), store: Some(device.store) },
            Caller::Manager(manager) => Self { tenant, by: Client::User(manager.user.0), store: None },
        }
    }
}

#[derive(Clone, Debug)]
pub struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: Limits,
    streams: Mutex<Streams>,
}

#[derive(Debug, Default)]
struct Streams {
    closed: bool,
    count: usize,
    by_tenant: HashMap<TenantId, Vec<Arc<Stream>>>,
}

#[derive(Debug)]
struct Stream {
    whose: Listening,
    waiting: Mutex<Waiting>,
    wake: Notify,
}

/// What a stream has not acted on yet. However much comes, it stays this small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    pub changed: BTreeSet<Collection>,
    /// Whether it may go on is to be looked at again.
    pub recheck: bool,
    pub closed: bool,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new(LIMITS)
    }
}

impl Hub {
    pub fn new(limits: Limits) -> Self {
        Self(Arc::new(Inner { limits, streams: Mutex::default() }))
    }

    /// # Errors
    /// Where a limit is reached, or the server is stopping.
    pub fn open(&self, whose: Listening) -> Result<Subscription, Full> {
        let limits = self.0.limits;
        let mut streams = lock(&self.0.streams);
        if streams.closed {
            return Err(Full::Stopping);
        }
        if streams.count >= limits.per_server {
            return Err(Full::Server);
        }
        let others = streams.by_tenant.get(&whose.tenant).map_or(&[][..], Vec::as_slice);
        if others.iter().filter(|other| other.whose.by == whose.by).count() >= limits.per_client {
            return Err(Full::Client);
        }
        if others.len() >= limits.per_tenant {
            return Err(Full::Tenant);
        }
        let stream = Arc::new(Stream { whose, waiting: Mutex::default(), wake: Notify::new() });
        streams.by_tenant.entry(whose.tenant).or_default().push(Arc::clone(&stream));
        streams.count += 1;
        show_count(streams.count);
        Ok(Subscription { hub: self.clone(), stream })
    }

    /// Passes on what a transaction somewhere has told.
    pub fn pass_on(&self, news: &News) {
        for stream in lock(&self.0.streams).by_tenant.get(&news.tenant).into_iter().flatten() {
            match &news.told {
                Told::Changed { collections } => stream.tell(|waiting| waiting.changed.extend(collections)),
                Told::Stock { store, by } => {
                    let elsewhere = stream.whose.store.is_some_and(|own| own != *store);
                    // A device pulls by itself after it has pushed.
                    let own = by.is_some_and(|device| stream.whose.by == Client::Device(device));
                    if !elsewhere && !own {
                        stream.tell(|waiting| {
                            waiting.changed.insert(Collection::Stock);
                        });
                    }
                }
                Told::Device { device } => {
                    if stream.whose.by == Client::Device(*device) {
                        stream.tell(|waiting| waiting.recheck = true);
                    }
                }
            }
        }
    }

    /// Notifications may have been missed: everybody is poked, and looked at again.
    pub fn poke_everybody(&self) {
        for stream in lock(&self.0.streams).by_tenant.values().flatten() {
            stream.tell(|waiting| {
                waiting.changed.extend(Collection::ALL);
                waiting.recheck = true;
            });
        }
    }

    /// Ends every stream and opens no more.
    pub fn close(&self) {
        let mut streams = lock(&self.0.streams);
        streams.closed = true;
        for stream in streams.by_tenant.values().flatten() {
            stream.tell(|waiting| waiting.closed = true);
        }
    }
}

impl Stream {
    fn tell(&self, change: impl FnOnce(&mut Waiting)) {
        change(&mut lock(&self.waiting));
        self.wake.notify_one();
    }
}

/// An open stream; it counts until this is dropped.
#[derive(Debug)]
pub struct Subscription {
    hub: Hub,
    stream: Arc<Stream>,
}

impl Subscription {
    /// What there is to act on; it stays until it is [taken](Self::take_changed).
    pub fn waiting(&self) -> Waiting {
        lock(&self.stream.waiting).clone()
    }

    pub fn take_changed(&self) -> BTreeSet<Collection> {
        std::mem::take(&mut lock(&self.stream.waiting).changed)
    }

    pub fn rechecked(&self) {
        lock(&self.stream.waiting).recheck = false;
    }

    /// Waits until something was told since the last time.
    pub async fn told(&self) {
        self.stream.wake.notified().await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut streams = lock(&self.hub.0.streams);
        let tenant = self.stream.whose.tenant;
        if let Some(others) = streams.by_tenant.get_mut(&tenant) {
            others.retain(|other| !Arc::ptr_eq(other, &self.stream));
            if others.is_empty() {
                streams.by_tenant.remove(&tenant);
            }
        }
        streams.count -= 1;
        show_count(streams.count);
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of open sockets")]
fn show_count(count: usize) {
    metrics::gauge!("keeptill_event_streams").set(count as f64);
}

/// Nothing panics while it holds one of these; if something did, what they hold would still be whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
