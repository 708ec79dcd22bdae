-- A tablet that is wiped and paired again as the same device begins to number anew. Its events are told apart by the
-- journal they belong to: the number of the pairing at which that journal began.

alter table devices
    -- how often it was paired; the first series of receipts is T3-…, the second T3B-…
    add column pairings integer not null default 0,
    -- the journal it writes now; acked_seq and highest_seq are of this one
    add column journal integer not null default 1;
update devices set pairings = 1 where paired_at is not null;

alter table events add column journal integer not null default 1;
drop index events_by_seq;
create index events_by_seq on events (tenant_id, device_id, journal, device_seq) where device_seq is not null;

-- A journal that ended because another began, as it stood then.
create table device_restarts (
    tenant_id uuid not null,
    device_id uuid not null,
    -- the one that ended
    journal integer not null,
    acked_seq bigint not null,
    last_seq bigint not null,
    -- what the device had last said it still held
    pending_count bigint,
    -- when the browser was paired that began again
    paired_at timestamptz not null,
    restarted_at timestamptz not null default clock_timestamp(),
    primary key (tenant_id, device_id, journal),
    foreign key (tenant_id, device_id) references devices
);
call wall_off('device_restarts', 'select, insert');
