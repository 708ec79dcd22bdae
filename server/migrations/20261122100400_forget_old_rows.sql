-- What may be forgotten after a while, and how far a device may be behind without having missed any of it.

-- The last tombstone of a collection that is gone for good. A cursor that had not reached it yet may have missed it.
create table tombstone_floors (
    tenant_id uuid not null references tenants,
    collection text not null check (collection in ('products', 'categories', 'taxes')),
    version bigint not null,
    row_id uuid not null,
    -- no row that is gone was changed after this
    changed_at timestamptz not null,
    primary key (tenant_id, collection)
);
call wall_off('tombstone_floors', 'select');

create index products_tombstones on products (deleted_at) where deleted_at is not null;
create index categories_tombstones on categories (deleted_at) where deleted_at is not null;
create index taxes_tombstones on taxes (deleted_at) where deleted_at is not null;

-- Forgetting goes over all tenants and is the owner's to do; the server may only say from when on, and how many at
-- once. These answer how many rows went.

-- Removes tombstones to which nothing refers any more. One that a sale, stock or a product refers to stays, so that
-- history keeps its names; it goes on being told as deleted. Of people every tombstone stays.
create function forget_tombstones(forgotten text, older_than timestamptz, at_most bigint) returns bigint
language plpgsql security definer set search_path = public as $$
declare
    id text;
    kept text;
    gone bigint;
begin
    case forgotten
        when 'products' then
            id := 'product_id';
            -- Whatever moved has a level.
            kept := 'exists (select from stores s join stock_levels l using (tenant_id, store_id)
                             where s.tenant_id = old.tenant_id and l.product_id = old.product_id)
                     or exists (select from sale_items i
                                where i.tenant_id = old.tenant_id and i.product_id = old.product_id)';
        when 'categories' then
            id := 'category_id';
            kept := 'exists (select from products p
                             where p.tenant_id = old.tenant_id and p.category_id = old.category_id)';
        when 'taxes' then
            id := 'tax_id';
            kept := 'exists (select from products p where p.tenant_id = old.tenant_id and p.tax_id = old.tax_id)';
    end case;
    execute format(
        'with dead as (
             delete from %1$I where ctid = any (array(
                 select old.ctid from %1$I as old where old.deleted_at < $1 and not (%3$s)
                 order by old.deleted_at limit $2 for update skip locked
             ))
             returning tenant_id, sync_version, %2$I as row_id, last_modified
         ), raised as (
             insert into tombstone_floors as floor (tenant_id, collection, version, row_id, changed_at)
             select distinct on (tenant_id) tenant_id, %1$L, sync_version, row_id,
                    max(last_modified) over (partition by tenant_id)
             from dead order by tenant_id, sync_version desc, row_id desc
             on conflict (tenant_id, collection) do update set
                 version = (case when (excluded.version, excluded.row_id) > (floor.version, floor.row_id)
                            then excluded.version else floor.version end),
                 row_id = (case when (excluded.version, excluded.row_id) > (floor.version, floor.row_id)
                           then excluded.row_id else floor.row_id end),
                 changed_at = greatest(excluded.changed_at, floor.changed_at)
         )
         select count(*) from dead',
        forgotten, id, kept
    ) into gone using older_than, at_most;
    return gone;
end
$$;

-- Removes rows that are of no use after a while.
create function forget_rows(forgotten text, older_than timestamptz, at_most bigint) returns bigint
language plpgsql security definer set search_path = public as $$
declare
    gone bigint;
begin
    case forgotten
        when 'sessions' then
            delete from sessions where ctid = any (array(
                select ctid from sessions where expires_at < older_than limit at_most for update skip locked
            ));
        when 'login_failures' then
            delete from login_failures where ctid = any (array(
                select ctid from login_failures where failed_at < older_than limit at_most for update skip locked
            ));
        when 'pairing_codes' then
            delete from pairing_codes where ctid = any (array(
                select ctid from pairing_codes where expires_at < older_than limit at_most for update skip locked
            ));
        when 'sync_log' then
            delete from sync_log where ctid = any (array(
                select old.row from tenants t cross join lateral (
                    select l.ctid as row from sync_log l where l.tenant_id = t.tenant_id and l.at < older_than
                    order by l.at limit at_most
                ) as old limit at_most
            ));
    end case;
    get diagnostics gone = row_count;
    return gone;
end
$$;

revoke execute on function
    forget_tombstones(text, timestamptz, bigint), forget_rows(text, timestamptz, bigint)
from public;
grant execute on function
    forget_tombstones(text, timestamptz, bigint), forget_rows(text, timestamptz, bigint)
to keeptill_app;
