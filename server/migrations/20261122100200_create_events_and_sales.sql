-- What the devices sent, and what became of it.

-- Every event as it arrived. The first with a client_id is copy 0; one with the same id and other content is kept
-- beside it as copy 1, 2, …. The primary key is the claim: it is inserted in the transaction that moves the stock.
create table events (
    tenant_id uuid not null references tenants,
    client_id uuid not null,
    copy smallint not null default 0,
    type text not null,
    content_hash bytea not null,
    device_id uuid,
    device_seq bigint,
    prev_hash text,
    hash text,
    body jsonb not null,
    -- what the first push was answered, word for word, for the pushes after it
    outcome jsonb not null,
    received_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, client_id, copy),
    foreign key (tenant_id, device_id) references devices
);
create unique index events_by_content on events (tenant_id, client_id, content_hash);
create index events_by_seq on events (tenant_id, device_id, device_seq) where device_seq is not null;
call wall_off('events', 'select, insert');

create table sales (
    tenant_id uuid not null references tenants,
    client_id uuid not null,
    copy smallint not null default 0,
    sale_id uuid not null,
    store_id uuid not null,
    device_id uuid,
    cashier_id uuid,
    shift_id uuid,
    receipt_number text,
    currency text not null,
    prices_include_tax boolean not null,
    net_minor bigint not null,
    tax_minor bigint not null,
    total_minor bigint not null,
    -- the device's own clock, untouched
    offline_created_at timestamptz,
    -- when it was sold as well as the server can tell: the device's clock, corrected by what it was off
    sold_at timestamptz not null,
    received_at timestamptz not null default clock_timestamp(),
    sync_status text not null check (sync_status in ('synced', 'conflict')),
    conflicts jsonb not null default '[]',
    conflict_reasons text[] not null default '{}',
    notices jsonb not null default '[]',
    -- whether this sale's stock has moved
    stock_moved boolean not null,
    -- null until a manager has decided; then the decision
    resolution jsonb,
    resolved_at timestamptz,
    primary key (tenant_id, client_id, copy),
    unique (tenant_id, sale_id),
    foreign key (tenant_id, client_id, copy) references events,
    foreign key (tenant_id, store_id) references stores,
    foreign key (tenant_id, device_id) references devices
);
create index sales_by_time on sales (tenant_id, sold_at desc, client_id);
create index sales_by_device on sales (tenant_id, device_id, sold_at desc, client_id);
create index sales_open on sales (tenant_id, received_at, client_id) where sync_status = 'conflict';
create index sales_resolved on sales (tenant_id, resolved_at desc, client_id) where resolution is not null;
call wall_off('sales', 'select, insert, update');

create table sale_items (
    tenant_id uuid not null,
    client_id uuid not null,
    copy smallint not null default 0,
    line_number smallint not null,
    -- not a foreign key: a till may have sold what this server never knew
    product_id uuid not null,
    name text,
    sku text,
    quantity_milli bigint not null,
    unit_price_minor bigint not null,
    discount_minor bigint not null,
    tax_rate_ppm integer not null,
    tax_minor bigint not null,
    total_minor bigint not null,
    catalog_version bigint,
    stock_seen_milli bigint,
    primary key (tenant_id, client_id, copy, line_number),
    foreign key (tenant_id, client_id, copy) references sales
);
create index sale_items_by_product on sale_items (tenant_id, product_id);
call wall_off('sale_items', 'select, insert');

create table sale_tenders (
    tenant_id uuid not null,
    client_id uuid not null,
    copy smallint not null default 0,
    tender_number smallint not null,
    type text not null,
    amount_minor bigint not null,
    change_minor bigint not null,
    reference text,
    primary key (tenant_id, client_id, copy, tender_number),
    foreign key (tenant_id, client_id, copy) references sales
);
call wall_off('sale_tenders', 'select, insert');

-- A voided sale's other side. The sale itself stays; takings are the sum over both.
create table sale_reversals (
    tenant_id uuid not null,
    client_id uuid not null,
    copy smallint not null default 0,
    net_minor bigint not null,
    tax_minor bigint not null,
    total_minor bigint not null,
    note text not null,
    user_id uuid not null,
    reversed_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, client_id, copy),
    foreign key (tenant_id, client_id, copy) references sales
);
create index sale_reversals_by_time on sale_reversals (tenant_id, reversed_at);
call wall_off('sale_reversals', 'select, insert');

create table sync_log (
    tenant_id uuid not null references tenants,
    id uuid not null,
    user_id uuid,
    device_id uuid,
    sync_type text not null check (sync_type in ('pull', 'push')),
    last_sync timestamptz,
    items_synced integer not null,
    conflicts integer not null,
    status text not null check (status in ('success', 'partial', 'failed')),
    errors jsonb not null default '[]',
    at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, id)
);
create index sync_log_by_time on sync_log (tenant_id, at desc, id desc);
create index sync_log_by_device on sync_log (tenant_id, device_id, at desc, id desc);
call wall_off('sync_log', 'select, insert');

-- Who decided or changed what, when, from what to what. Only ever added to.
create table audit_log (
    tenant_id uuid not null references tenants,
    id uuid not null,
    user_id uuid,
    device_id uuid,
    -- `sale.resolve`, `product.delete`, `device.revoke`, …
    action text not null,
    subject text not null,
    before jsonb,
    after jsonb,
    at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, id)
);
create index audit_log_by_time on audit_log (tenant_id, at desc, id desc);
create index audit_log_by_subject on audit_log (tenant_id, subject, at desc);
call wall_off('audit_log', 'select, insert');
