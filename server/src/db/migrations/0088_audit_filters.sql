-- The audit log is read by who did it, to what, and what was done; each newest first.
create index audit_entries_by_subject on audit_entries (workspace_id, subject_id, id desc);
create index audit_entries_by_actor on audit_entries (workspace_id, actor_id, id desc);
create index audit_entries_by_action on audit_entries (workspace_id, action collate "C", id desc);
