//! The catalogue in immutable pieces, for a device that starts from nothing.
//!
//! Products are dealt into chunks by the last bits of their id, so that a change to one product changes one chunk and
//! every other keeps its name: a device that cuts its own delta short fetches a few chunks, not the catalogue. A base
//! says which chunks stood at which version; it stays in use until too much has changed since, and what changed comes
//! with the pull that follows.

use super::{
    cursor::{Cursor, Place},
    floors::Floors,
};
use crate::{
    app_state::App,
    auth::Caller,
    catalogue::products::ProductRow,
    database::{Database, Tx},
    error::{Error, Result},
    versions::Stream,
};
use axum::{
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY},
    },
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use futures_util::TryStreamExt;
use keeptill_domain::{Epoch, Product, TenantId};
use keeptill_sync::{
    journal::hex,
    wire::{ChunkRef, Collection, Manifest, chunks::checksum},
};
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use tokio::sync::Mutex;
use uuid::Uuid;

/// A chunk has about this many products, some 150 KB of JSON: enough to make compression and a round trip worth it,
/// and little enough to parse between two frames.
const PRODUCTS_PER_CHUNK: u32 = 512;
/// Where more than a twentieth of the products changed since the base was cut, a new one is.
const CHANGED_SHARE: i64 = 20;
/// Fewer changes than this never make a new base.
const CHANGES_MIN: i64 = 1_000;
/// How many bases are kept: a device may be in the midst of fetching an older one's chunks.
const BASES_KEPT: i64 = 2;
/// A year, the most that caches heed.
const FOR_EVER: &str = "private, max-age=31536000, immutable";

/// One base is cut at a time by this process; whoever waited finds it cut. Another server may do the same work, which
/// is harmless: chunks are named by their content.
static CUTTING: Mutex<()> = Mutex::const_new(());

/// The chunks that stood at a version.
struct Base {
    version: i64,
    chunks: Vec<ChunkRef>,
}

/// Where the tenant's catalogue is now.
struct Now {
    epoch: Epoch,
    at: DateTime<Utc>,
    version: i64,
}

/// The manifest of the newest base, which is cut first where there is none or it is too old.
pub async fn manifest(db: &Database, tenant: TenantId) -> Result<Manifest> {
    if let Some(manifest) = fresh(db, tenant).await? {
        return Ok(manifest);
    }
    let _cutting = CUTTING.lock().await;
    if let Some(manifest) = fresh(db, tenant).await? {
        return Ok(manifest);
    }
    let mut tx = db.snapshot(tenant).await?;
    let now = now(&mut tx, tenant).await?;
    let cut = cut(&mut tx, tenant).await?;
    drop(tx);
    let packed = tokio::task::spawn_blocking(move || cut.into_iter().map(Packed::of).collect::<Result<Vec<_>>>());
    let packed = packed.await.map_err(Error::internal)??;
    let chunks = packed.iter().map(Packed::named).collect();
    keep(db, tenant, now.version, packed).await?;
    described(now, chunks)
}

async fn fresh(db: &Database, tenant: TenantId) -> Result<Option<Manifest>> {
    let mut tx = db.snapshot(tenant).await?;
    let now = now(&mut tx, tenant).await?;
    let Some(base) = newest(&mut tx, tenant).await? else { return Ok(None) };
    // A deletion after this base may be told no more.
    let floor = Floors::read(&mut tx, tenant).await?.of(Collection::Products);
    if floor.is_some_and(|floor| floor.place > Place::after(base.version)) {
        return Ok(None);
    }
    let count: i64 = base.chunks.iter().map(|chunk| i64::from(chunk.product_count)).sum();
    let changes_max = CHANGES_MIN.max(count / CHANGED_SHARE);
    let changed = sqlx::query_scalar!(
        r#"select count(*) as "changed!" from
            (select from products where tenant_id = $1 and sync_version > $2 limit $3) changed"#,
        tenant.0,
        base.version,
        changes_max + 1
    )
    .fetch_one(&mut *tx)
    .await?;
    if changed > changes_max {
        return Ok(None);
    }
    described(Now { version: base.version, ..now }, base.chunks).map(Some)
}

fn described(now: Now, chunks: Vec<ChunkRef>) -> Result<Manifest> {
    let mut cursor = Cursor::start(now.epoch);
    cursor.set(Collection::Products, Place::after(now.version));
    Ok(Manifest {
        epoch: now.epoch,
        cursor: cursor.write()?,
        server_time: now.at,
        product_count: chunks.iter().map(|chunk| chunk.product_count).sum(),
        checksum: checksum(&chunks),
        chunks,
    })
}

async fn now(tx: &mut Tx, tenant: TenantId) -> Result<Now> {
    let now = sqlx::query!(
        r#"select t.epoch, now() as "at!", v.version
        from tenants t join stream_versions v using (tenant_id) where tenant_id = $1 and v.stream = $2"#,
        tenant.0,
        Stream::Catalogue.as_str()
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Now { epoch: Epoch(now.epoch), at: now.at, version: now.version })
}

async fn newest(tx: &mut Tx, tenant: TenantId) -> Result<Option<Base>> {
    let base = sqlx::query!(
        "select version, chunks from catalogue_bases where tenant_id = $1 order by version desc limit 1",
        tenant.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(base) = base else { return Ok(None) };
    let rows = sqlx::query!(
        r#"select c.sha256, c.product_count, c.bytes
        from unnest($2::bytea[]) with ordinality named (sha256, place)
            join catalogue_chunks c on c.tenant_id = $1 and c.sha256 = named.sha256
        order by named.place"#,
        tenant.0,
        &base.chunks
    )
    .fetch_all(&mut **tx)
    .await?;
    let named = |sha256: &[u8], product_count: i32, bytes: i32| {
        let name = hex(sha256);
        chunk_ref(name, product_count.unsigned_abs(), u64::from(bytes.unsigned_abs()))
    };
    let chunks: Vec<_> = rows.into_iter().map(|row| named(&row.sha256, row.product_count, row.bytes)).collect();
    // A base whose chunks are not all there is none.
    Ok((chunks.len() == base.chunks.len()).then_some(Base { version: base.version, chunks }))
}

fn chunk_ref(sha256: String, product_count: u32, bytes: u64) -> ChunkRef {
    ChunkRef { url: format!("/api/sync/chunks/{sha256}"), sha256, product_count, bytes }
}

/// A chunk in the making: the JSON array of its products, and how many they are.
struct Chunk {
    json: Vec<u8>,
    product_count: u32,
}

/// Deals all products that stand into chunks, each in the order of the ids.
async fn cut(tx: &mut Tx, tenant: TenantId) -> Result<Vec<Chunk>> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from products where tenant_id = $1 and deleted_at is null"#,
        tenant.0
    )
    .fetch_one(&mut **tx)
    .await?;
    let piles = piles_for(u32::try_from(count).map_err(Error::internal)?);
    let mut chunks: Vec<Chunk> = (0..piles).map(|_| Chunk { json: vec![b'['], product_count: 0 }).collect();
    let mut rows = sqlx::query_as!(
        ProductRow,
        "select product_id as id, name, sku, barcode, category_id, tax_id, price_minor, unit, track_stock, image_url,
            archived, sync_version, last_modified
        from products where tenant_id = $1 and deleted_at is null order by product_id",
        tenant.0
    )
    .fetch(&mut **tx);
    while let Some(row) = rows.try_next().await? {
        let product = Product::from(row);
        let chunk = &mut chunks[pile_of(product.id.0, piles)];
        if chunk.product_count > 0 {
            chunk.json.push(b',');
        }
        serde_json::to_writer(&mut chunk.json, &product).map_err(Error::internal)?;
        chunk.product_count += 1;
    }
    chunks.retain(|chunk| chunk.product_count > 0);
    for chunk in &mut chunks {
        chunk.json.push(b']');
    }
    Ok(chunks)
}

/// A power of two, so that growth splits chunks and leaves none as it was only when it doubles.
fn piles_for(products: u32) -> u32 {
    products.div_ceil(PRODUCTS_PER_CHUNK).max(1).next_power_of_two()
}

/// The last bits of an id are random in every version of UUID that anybody mints.
fn pile_of(id: Uuid, piles: u32) -> usize {
    (id.as_u128() as u32 & (piles - 1)) as usize
}

/// A chunk as it is kept.
struct Packed {
    sha256: Vec<u8>,
    product_count: i32,
    bytes: i32,
    gzip: Vec<u8>,
}

impl Packed {
    fn of(chunk: Chunk) -> Result<Self> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&chunk.json).map_err(Error::internal)?;
        Ok(Self {
            sha256: Sha256::digest(&chunk.json).to_vec(),
            product_count: i32::try_from(chunk.product_count).map_err(Error::internal)?,
            bytes: i32::try_from(chunk.json.len()).map_err(Error::internal)?,
            gzip: gzip.finish().map_err(Error::internal)?,
        })
    }

    fn named(&self) -> ChunkRef {
        let name = hex(&self.sha256);
        chunk_ref(name, self.product_count.unsigned_abs(), u64::from(self.bytes.unsigned_abs()))
    }
}

/// Writes a base with its chunks, and removes what no kept base names.
async fn keep(db: &Database, tenant: TenantId, version: i64, packed: Vec<Packed>) -> Result<()> {
    let mut tx = db.begin(tenant).await?;
    let names: Vec<Vec<u8>> = packed.iter().map(|chunk| chunk.sha256.clone()).collect();
    let product_count = packed.iter().map(|chunk| chunk.product_count).sum::<i32>();
    for chunk in packed {
        sqlx::query!(
            "insert into catalogue_chunks (tenant_id, sha256, product_count, bytes, content)
            values ($1, $2, $3, $4, $5) on conflict do nothing",
            tenant.0,
            chunk.sha256,
            chunk.product_count,
            chunk.bytes,
            chunk.gzip
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query!(
        "insert into catalogue_bases (tenant_id, version, product_count, chunks) values ($1, $2, $3, $4)
        on conflict (tenant_id, version) do nothing",
        tenant.0,
        version,
        product_count,
        &names
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from catalogue_bases where tenant_id = $1 and version <
            (select min(version) from
                (select version from catalogue_bases where tenant_id = $1 order by version desc limit $2) kept)",
        tenant.0,
        BASES_KEPT
    )
    .execute(&mut *tx)
    .await?;
    // A chunk that another server has just written for a base it has not written yet is younger than an hour.
    sqlx::query!(
        "delete from catalogue_chunks c where tenant_id = $1 and made_at < clock_timestamp() - interval '1 hour'
            and not exists (select from catalogue_bases b where b.tenant_id = $1 and c.sha256 = any (b.chunks))",
        tenant.0
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

#[utoipa::path(get, path = "/api/sync/chunks/{sha256}", tag = "sync", params(("sha256" = String, Path)),
    responses((status = 200, body = Object, description = "A JSON array of products, for ever the same."),
        (status = 404, description = "No chunk by that name, or no longer: ask for the manifest again.")))]
pub async fn get_chunk(
    State(app): State<App>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response> {
    let sha256 = parse_name(&name).ok_or_else(Error::not_found)?;
    let tenant = caller.tenant();
    let mut tx = app.db.begin(tenant).await?;
    let gzip = sqlx::query_scalar!(
        "select content from catalogue_chunks where tenant_id = $1 and sha256 = $2",
        tenant.0,
        &sha256[..]
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(Error::not_found)?;
    drop(tx);
    let mut answer = HeaderMap::new();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer.insert(CACHE_CONTROL, HeaderValue::from_static(FOR_EVER));
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{name}\"")) {
        answer.insert(ETAG, tag);
    }
    if takes_gzip(&headers) {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return Ok((StatusCode::OK, answer, gzip).into_response());
    }
    let mut json = Vec::new();
    GzDecoder::new(gzip.as_slice()).read_to_end(&mut json).map_err(Error::internal)?;
    Ok((StatusCode::OK, answer, json).into_response())
}

fn parse_name(name: &str) -> Option<[u8; 32]> {
    let mut sha256 = [0; 32];
    if name.len() != 64 {
        return None;
    }
    for (byte, digits) in sha256.iter_mut().zip(name.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    // One chunk has one name.
    (hex(&sha256) == name).then_some(sha256)
}

/// Whether the client reads gzip. One that names codings without it does not.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused =
            parts.any(|part| matches!(part.replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        (name.eq_ignore_ascii_case("gzip") || name == "*") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use keeptill_sync::wire::chunks::chunk_name;

    #[test]
    fn a_chunk_name_is_64_small_hex_digits() {
        let name = chunk_name(b"[]");
        assert_eq!(parse_name(&name).map(|sha256| hex(&sha256)), Some(name.clone()));
        for other in ["", "ab", &name.to_uppercase(), &format!("{name}0"), &name.replace('4', "g"), &"é".repeat(32)] {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }

    #[test]
    fn gzip_goes_only_to_who_takes_it() {
        let asked = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            takes_gzip(&headers)
        };
        assert!(asked("gzip, deflate, br") && asked("br;q=1.0, gzip;q=0.8") && asked("*"));
        assert!(
            !asked("identity") && !asked("br, gzip;q=0") && !asked("gzip; q=0.0") && !takes_gzip(&HeaderMap::new())
        );
    }

    #[test]
    fn chunks_double_when_they_are_full() {
        let piles = [0, 1, 512, 513, 1024, 1025, 100_000].map(piles_for);
        assert_eq!(piles, [1, 1, 1, 2, 2, 4, 256]);
    }
}
