-- Messages that retention deleted before the joiner read them, and that somebody has given up.

alter table warehouse.ingest_ledger add column lost bigint not null default 0;
