-- What is sold, and how much of it there is.

create table categories (
    tenant_id uuid not null references tenants,
    category_id uuid not null,
    name text not null,
    sync_version bigint not null,
    last_modified timestamptz not null default clock_timestamp(),
    deleted_at timestamptz,
    primary key (tenant_id, category_id)
);
create index categories_by_version on categories (tenant_id, sync_version, category_id);
create index categories_by_change on categories (tenant_id, last_modified);
call wall_off('categories', 'select, insert, update');

create table taxes (
    tenant_id uuid not null references tenants,
    tax_id uuid not null,
    name text not null,
    rate_ppm integer not null check (rate_ppm between 0 and 10000000),
    sync_version bigint not null,
    last_modified timestamptz not null default clock_timestamp(),
    deleted_at timestamptz,
    primary key (tenant_id, tax_id)
);
create index taxes_by_version on taxes (tenant_id, sync_version, tax_id);
create index taxes_by_change on taxes (tenant_id, last_modified);
call wall_off('taxes', 'select, insert, update');

create table products (
    tenant_id uuid not null references tenants,
    product_id uuid not null,
    name text not null,
    sku text,
    barcode text,
    category_id uuid,
    tax_id uuid,
    price_minor bigint not null,
    unit text not null default 'each',
    track_stock boolean not null default true,
    image_url text,
    -- kept so that history has a name; not for sale
    archived boolean not null default false,
    sync_version bigint not null,
    last_modified timestamptz not null default clock_timestamp(),
    -- a tombstone
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (tenant_id, product_id),
    foreign key (tenant_id, category_id) references categories,
    foreign key (tenant_id, tax_id) references taxes
);
create index products_by_version on products (tenant_id, sync_version, product_id);
create index products_by_change on products (tenant_id, last_modified);
create index products_by_name on products (tenant_id, lower(name), product_id) where deleted_at is null;
create index products_by_sku on products (tenant_id, lower(sku)) where deleted_at is null and sku is not null;
create index products_by_barcode on products (tenant_id, barcode) where deleted_at is null and barcode is not null;
create index products_by_category on products (tenant_id, category_id);
create index products_by_tax on products (tenant_id, tax_id);
call wall_off('products', 'select, insert, update');

create index users_by_change on users (tenant_id, last_modified);

-- Stock is the sum of its movements, which are only ever added to: the server may neither change nor delete one.
create table stock_movements (
    tenant_id uuid not null references tenants,
    movement_id uuid not null,
    store_id uuid not null,
    product_id uuid not null,
    delta_milli bigint not null,
    reason text not null,
    -- the sale that caused it, if one did
    client_id uuid,
    copy smallint,
    user_id uuid,
    note text,
    moved_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, movement_id),
    foreign key (tenant_id, store_id) references stores,
    foreign key (tenant_id, product_id) references products
);
create index stock_movements_by_product on stock_movements (tenant_id, store_id, product_id, moved_at);
create index stock_movements_by_sale on stock_movements (tenant_id, client_id) where client_id is not null;
call wall_off('stock_movements', 'select, insert');

-- The movements' running sum, so that a sale need not add them up. Written in the movement's own transaction.
create table stock_levels (
    tenant_id uuid not null references tenants,
    store_id uuid not null,
    product_id uuid not null,
    on_hand_milli bigint not null default 0,
    sync_version bigint not null,
    last_modified timestamptz not null default clock_timestamp(),
    primary key (tenant_id, store_id, product_id),
    foreign key (tenant_id, store_id) references stores,
    foreign key (tenant_id, product_id) references products
) with (fillfactor = 80);
create index stock_levels_by_version on stock_levels (tenant_id, store_id, sync_version, product_id);
create index stock_levels_by_change on stock_levels (tenant_id, store_id, last_modified);
call wall_off('stock_levels', 'select, insert, update');
