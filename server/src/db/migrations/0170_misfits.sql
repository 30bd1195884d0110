-- A connection whose file, method or address in the catalog is gone says so in its own status, so that lists, filters and counts agree, and who that is about is found without reading the others.
alter table connections
  -- Why what is stored is not used; null: it fits what the catalog says, as far as it was held against it.
  add column misfit text collate "C" check (misfit in ('file_gone', 'method_gone', 'address_changed')),
  -- What its status was before, which it has again when it fits again.
  add column status_before jsonb;

-- All that decides whether connections fit, each once: read by jumping from one to the next, however many connections share it.
create index connections_footing on connections (
  integration,
  method_id,
  (coalesce(fields ->> 'address_stamp', '') collate "C"),
  (coalesce(misfit, ''))
) where misfit is not null or status not in ('expired', 'invalid', 'revoked', 'disconnected');

update connections set misfit = 'address_changed'
where status = 'invalid' and status_reason = 'The address changed. Enter the credentials again.'
  and integration not like 'custom-%';
