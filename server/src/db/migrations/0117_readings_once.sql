-- Readings of credentials are in the audit log, and the timeline shows them from there: no line of its own is kept beside it.
delete from connection_events where kind = 'credentials_read';
