-- Rows of a file that mean the same row are merged in the file's order: the later value of a column counts, and an earlier one stays where the later row has none.
create aggregate keyrail_merge(jsonb) (sfunc = jsonb_concat, stype = jsonb, initcond = '{}');
