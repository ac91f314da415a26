-- Messages that retention deleted before the joiner read them, and that somebody has given up.

alter table warehouse.ingest_ledger add column lost bigint not null default 0;

-- Grows when an input hub is not the one that it was: positions of two epochs do not compare.
alter table warehouse.ingest_ledger add column epoch bigint not null default 0;
