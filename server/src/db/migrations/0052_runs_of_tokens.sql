-- A run lasts no longer than the right it was started with: where an API token started it, that token is asked about as it goes.
alter table runs add column token_id text collate "C";
