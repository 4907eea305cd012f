CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX ON calls_call (client_id, category_id, started_at DESC, id DESC);
CREATE INDEX ON calls_call (started_at DESC, id DESC);
CREATE INDEX ON calls_call USING gin (contact gin_trgm_ops);
CREATE INDEX ON calls_call USING gin (phone gin_trgm_ops);
