-- The catalogue in pieces that never change, for a device that starts from nothing.

-- A piece is named by the SHA-256 of its JSON and kept as it goes over the wire, compressed with gzip.
create table catalogue_chunks (
    tenant_id uuid not null references tenants,
    sha256 bytea not null check (length(sha256) = 32),
    product_count integer not null,
    -- of the JSON
    bytes integer not null,
    content bytea not null,
    made_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, sha256)
);
alter table catalogue_chunks alter column content set storage external;
call wall_off('catalogue_chunks', 'select, insert, delete');

-- Which pieces, in order, make up the catalogue as of a version of its stream.
create table catalogue_bases (
    tenant_id uuid not null references tenants,
    version bigint not null,
    product_count integer not null,
    chunks bytea[] not null,
    made_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, version)
);
call wall_off('catalogue_bases', 'select, insert, delete');
