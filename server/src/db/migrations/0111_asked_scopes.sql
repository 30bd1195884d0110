-- What a sign-in asked for: what of it was not granted is told on every check, also of scopes that a person ticked.
alter table credentials add column asked_scopes text[];
