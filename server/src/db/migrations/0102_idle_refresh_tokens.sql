-- How long a refresh token lives unused, as it was last said: many say so when somebody signs in, and never again.
alter table tokens add column idle_seconds integer check (idle_seconds > 0);
