-- The conflicts that ever were, open or decided, in the order they arrived.
create index sales_in_conflict on sales (tenant_id, received_at, client_id, copy) where conflict_reasons <> '{}';
