-- A keyed hash of each secret: the audit log can tell that a credential changed, and to which, without holding any.
alter table credentials add column fingerprint text collate "C";
