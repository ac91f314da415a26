-- The operational store: the catalogue that the joiner reads. It may move to a database of its own.

create schema if not exists operational;

create table operational.venue (
  venue_id text collate "C" primary key,
  venue_name text not null,
  city text not null,
  catalogue_version bigint not null
);

create table operational.show (
  show_id text collate "C" primary key,
  catalogue_version bigint not null,
  title text not null,
  category text not null,
  starts_at timestamptz(3) not null,
  venue_id text collate "C" not null references operational.venue,
  capacity integer not null
);
