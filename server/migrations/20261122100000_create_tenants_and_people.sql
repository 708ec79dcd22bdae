-- Tenants, people, stores, devices, and how each proves who it is.
--
-- Every table of a tenant has tenant_id first in its primary key and in its foreign keys, so that the whole database
-- can be distributed by it, and row-level security, so that a forgotten `where` shows nothing instead of everything.
-- The server works as the role keeptill_app, which owns nothing here and so can't step around those policies. Each of
-- its transactions says whose it is: set_config('keeptill.tenant', …, true).

do $$
begin
    if not exists (select from pg_roles where rolname = 'keeptill_app') then
        create role keeptill_app nologin nosuperuser nobypassrls;
    end if;
exception when duplicate_object or unique_violation then
    null; -- another database of the same cluster was being migrated at the same moment
end
$$;

-- Who owns the tables must be able to step down to that role.
do $$
begin
    if not pg_has_role(current_user, 'keeptill_app', 'member') then
        execute format('grant keeptill_app to %I', current_user);
    end if;
end
$$;

-- What the running transaction said; null, and so no row at all, where it said nothing.
create function current_tenant() returns uuid language sql stable parallel safe as $$
    select nullif(current_setting('keeptill.tenant', true), '')::uuid
$$;

-- Grants the server's verbs on a table and walls it off by tenant.
create procedure wall_off(target regclass, verbs text) language plpgsql as $$
begin
    execute format('grant %s on %s to keeptill_app', verbs, target);
    execute format('alter table %s enable row level security', target);
    execute format(
        'create policy tenant_wall on %s to keeptill_app using (tenant_id = current_tenant()) with check (tenant_id = current_tenant())',
        target
    );
end
$$;

create table tenants (
    tenant_id uuid primary key,
    name text not null,
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    time_zone text not null,
    prices_include_tax boolean not null,
    -- changes when the database is restored, so that devices pull from nothing
    epoch uuid not null,
    sync_version bigint not null default 0,
    last_modified timestamptz not null default clock_timestamp(),
    created_at timestamptz not null default now()
);
call wall_off('tenants', 'select, insert, update');

-- A stream's version grows by one in each transaction that writes to it. The row is taken as late as possible and
-- held until the commit, so that no higher version is ever visible before a lower one.
create table stream_versions (
    tenant_id uuid not null references tenants,
    stream text not null check (stream in ('catalogue', 'stock')),
    version bigint not null default 0,
    primary key (tenant_id, stream)
) with (fillfactor = 50);
call wall_off('stream_versions', 'select, insert, update');

create table stores (
    tenant_id uuid not null references tenants,
    store_id uuid not null,
    name text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, store_id)
);
call wall_off('stores', 'select, insert, update');

create table users (
    tenant_id uuid not null references tenants,
    user_id uuid not null,
    name text not null,
    role text not null check (role in ('owner', 'manager', 'cashier')),
    email text,
    password_hash text,
    pin_verifier text,
    sync_version bigint not null,
    last_modified timestamptz not null default clock_timestamp(),
    -- a tombstone: may no longer log in or sell
    deleted_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (tenant_id, user_id)
);
create index users_by_version on users (tenant_id, sync_version, user_id);
call wall_off('users', 'select, insert, update');

-- Which tenant an e-mail address logs in to. It is no tenant's table: reached only through the functions below.
create table logins (
    email text primary key check (email = lower(email)),
    tenant_id uuid not null,
    user_id uuid not null,
    foreign key (tenant_id, user_id) references users
);

create table sessions (
    tenant_id uuid not null references tenants,
    token_hash bytea not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (tenant_id, token_hash),
    foreign key (tenant_id, user_id) references users
);
create index sessions_by_expiry on sessions (tenant_id, expires_at);
create index sessions_by_user on sessions (tenant_id, user_id);
call wall_off('sessions', 'select, insert, delete');

-- Failed log-ins of the last minutes, by account and by address. No tenant's: an unknown account has none.
create table login_failures (
    subject text not null,
    failed_at timestamptz not null default clock_timestamp()
);
create index login_failures_by_subject on login_failures (subject, failed_at);
create index login_failures_by_time on login_failures (failed_at);
grant select, insert, delete on login_failures to keeptill_app;

create table devices (
    tenant_id uuid not null references tenants,
    device_id uuid not null,
    store_id uuid not null,
    name text not null,
    -- 1, 2, 3, … within the tenant; receipts begin with T and this number
    number integer not null check (number > 0),
    token_hash bytea,
    created_at timestamptz not null default now(),
    paired_at timestamptz,
    revoked_at timestamptz,
    last_seen_at timestamptz,
    last_pull_at timestamptz,
    last_push_at timestamptz,
    pending_count bigint,
    oldest_pending_at timestamptz,
    clock_offset_ms bigint,
    app_version text,
    -- every event of the device up to and including this number is here
    acked_seq bigint not null default 0,
    highest_seq bigint not null default 0,
    primary key (tenant_id, device_id),
    unique (tenant_id, number),
    foreign key (tenant_id, store_id) references stores
);
call wall_off('devices', 'select, insert, update');

-- A pairing code names a device of some tenant; who types it does not know which. Reached through functions only.
create table pairing_codes (
    code_hash bytea primary key,
    tenant_id uuid not null,
    device_id uuid not null,
    expires_at timestamptz not null,
    foreign key (tenant_id, device_id) references devices
);
create index pairing_codes_by_device on pairing_codes (tenant_id, device_id);

-- The few questions that come before the tenant is known. They run as the tables' owner and give away nothing more
-- than the one row that matches.

create function shop_exists() returns boolean language sql stable security definer set search_path = public as $$
    select exists (select from tenants)
$$;

create function find_login(wanted text) returns table (tenant_id uuid, user_id uuid)
language sql stable security definer set search_path = public as $$
    select l.tenant_id, l.user_id from logins l where l.email = lower(wanted)
$$;

-- False where the address is taken, by whichever tenant.
create function claim_login(wanted text, for_user uuid) returns boolean
language plpgsql security definer set search_path = public as $$
begin
    insert into logins (email, tenant_id, user_id) values (lower(wanted), current_tenant(), for_user)
    on conflict do nothing;
    return exists (
        select from logins l where l.email = lower(wanted) and l.tenant_id = current_tenant() and l.user_id = for_user
    );
end
$$;

create function release_logins(of_user uuid, but_for text) returns void
language sql security definer set search_path = public as $$
    delete from logins l
    where l.tenant_id = current_tenant() and l.user_id = of_user and l.email is distinct from lower(but_for)
$$;

create function offer_pairing_code(hash bytea, for_device uuid, until timestamptz) returns void
language sql security definer set search_path = public as $$
    delete from pairing_codes p where p.tenant_id = current_tenant() and p.device_id = for_device;
    insert into pairing_codes (code_hash, tenant_id, device_id, expires_at)
    values (hash, current_tenant(), for_device, until);
$$;

-- Uses a code up: of two at the same moment, one gets the row.
create function take_pairing_code(hash bytea) returns table (tenant_id uuid, device_id uuid)
language sql security definer set search_path = public as $$
    delete from pairing_codes p where p.code_hash = hash and p.expires_at > clock_timestamp()
    returning p.tenant_id, p.device_id
$$;

revoke execute on function
    shop_exists(), find_login(text), claim_login(text, uuid), release_logins(uuid, text),
    offer_pairing_code(bytea, uuid, timestamptz), take_pairing_code(bytea)
from public;
grant execute on function
    shop_exists(), find_login(text), claim_login(text, uuid), release_logins(uuid, text),
    offer_pairing_code(bytea, uuid, timestamptz), take_pairing_code(bytea)
to keeptill_app;
