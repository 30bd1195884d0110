-- When a refused call last asked for a check, so that the first report is looked into at once and a stream of them is not.
alter table connections add column reported_at timestamptz;
