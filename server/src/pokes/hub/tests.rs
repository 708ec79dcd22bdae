use super::*;

fn tenant(number: u128) -> TenantId {
    TenantId(Uuid::from_u128(number))
}

fn device(number: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(number))
}

fn store(number: u128) -> StoreId {
    StoreId(Uuid::from_u128(number))
}

fn till(shop: u128, number: u128) -> Listening {
    Listening { tenant: tenant(shop), by: Client::Device(device(number)), store: Some(store(1)) }
}

fn changed(shop: u128, collection: Collection) -> News {
    News { tenant: tenant(shop), told: Told::Changed { collections: vec![collection] } }
}

#[test]
fn each_limit_holds_at_its_number_and_refuses_one_past_it() {
    let hub = Hub::default();
    let mut open: Vec<_> = (0..LIMITS.per_client).map(|_| hub.open(till(1, 1)).unwrap()).collect();
    assert_eq!(hub.open(till(1, 1)).unwrap_err(), Full::Client);
    // Another device of the same shop is none the worse.
    for number in open.len()..LIMITS.per_tenant {
        open.push(hub.open(till(1, 100 + number as u128)).unwrap());
    }
    assert_eq!(hub.open(till(1, 2)).unwrap_err(), Full::Tenant);
    for number in open.len()..LIMITS.per_server {
        open.push(hub.open(till(2 + (number / LIMITS.per_tenant) as u128, number as u128)).unwrap());
    }
    assert_eq!(hub.open(till(100, 1)).unwrap_err(), Full::Server);
    // A stream that ended makes room.
    open.swap_remove(0);
    let last = hub.open(till(100, 1)).unwrap();
    assert_eq!(hub.open(till(100, 2)).unwrap_err(), Full::Server);
    drop((open, last));
    let streams = lock(&hub.0.streams);
    assert_eq!((streams.count, streams.by_tenant.len()), (0, 0));
}

#[test]
fn news_reach_the_streams_they_concern_and_no_others() {
    let hub = Hub::default();
    let (ours, theirs) = (hub.open(till(1, 1)).unwrap(), hub.open(till(2, 1)).unwrap());
    let office = hub.open(Listening { store: None, by: Client::User(Uuid::from_u128(9)), ..till(1, 9) }).unwrap();
    hub.pass_on(&changed(1, Collection::Taxes));
    assert_eq!(ours.take_changed(), BTreeSet::from([Collection::Taxes]));
    assert_eq!(office.take_changed(), BTreeSet::from([Collection::Taxes]));
    assert_eq!(theirs.waiting(), Waiting::default());

    let stock = |store, by| News { tenant: tenant(1), told: Told::Stock { store, by } };
    hub.pass_on(&stock(store(2), None));
    assert_eq!(ours.waiting(), Waiting::default());
    assert_eq!(office.take_changed(), BTreeSet::from([Collection::Stock]));
    hub.pass_on(&stock(store(1), Some(device(1))));
    assert_eq!(ours.waiting(), Waiting::default());
    hub.pass_on(&stock(store(1), Some(device(2))));
    assert_eq!(ours.take_changed(), BTreeSet::from([Collection::Stock]));

    hub.pass_on(&News { tenant: tenant(1), told: Told::Device { device: device(1) } });
    assert!(ours.waiting().recheck);
    assert!(!office.waiting().recheck);
    hub.poke_everybody();
    assert_eq!(theirs.take_changed(), BTreeSet::from(Collection::ALL));
}

#[test]
fn a_burst_is_one_thing_to_tell() {
    let hub = Hub::default();
    let ours = hub.open(till(1, 1)).unwrap();
    for _ in 0..1_000 {
        hub.pass_on(&changed(1, Collection::Products));
        hub.pass_on(&changed(1, Collection::Taxes));
    }
    assert_eq!(ours.take_changed(), BTreeSet::from([Collection::Products, Collection::Taxes]));
    assert_eq!(ours.waiting(), Waiting::default());
}

#[test]
fn closing_ends_what_is_open_and_opens_no_more() {
    let hub = Hub::default();
    let ours = hub.open(till(1, 1)).unwrap();
    hub.close();
    assert!(ours.waiting().closed);
    assert_eq!(hub.open(till(1, 2)).unwrap_err(), Full::Stopping);
}
