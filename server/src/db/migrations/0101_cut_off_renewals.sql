-- Who takes over a renewal that was cut off may have to wait before asking: the new token may lie in the journal of the
-- process that was cut off from this database, and be written any moment.
alter table tokens
  -- The holder of the lease has not asked yet: whoever has the answer of the renewal before may still write it.
  add column lease_is_waiting boolean not null default false,
  -- When the last renewal failed. Later than now: a clock was wrong then, and so is retry_at.
  add column failed_at timestamptz;
