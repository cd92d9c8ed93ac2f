"""Triggers by which a database refuses to change the audit chain; they never change once released."""

_SQLITE = (
    """CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END""",
    """CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry
    WHEN OLD.sequence > (SELECT coalesce(max(sequence), 0) FROM audit_checkpoint)
    BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END""",
    # INSERT OR REPLACE deletes without the trigger above.
    """CREATE TRIGGER audit_entry_insert BEFORE INSERT ON audit_entry
    WHEN NEW.sequence <= (SELECT coalesce(max(sequence), 0) FROM audit_head)
    BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END""",
    """CREATE TRIGGER audit_head_update BEFORE UPDATE ON audit_head WHEN NEW.sequence <= OLD.sequence
    BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END""",
    """CREATE TRIGGER audit_head_delete BEFORE DELETE ON audit_head
    BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END""",
    """CREATE TRIGGER audit_head_insert BEFORE INSERT ON audit_head
    BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END""",
    """CREATE TRIGGER audit_checkpoint_update BEFORE UPDATE ON audit_checkpoint
    BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END""",
    """CREATE TRIGGER audit_checkpoint_delete BEFORE DELETE ON audit_checkpoint
    BEGIN SELECT RAISE(ABORT, 'the audit chain only grows'); END""",
)

_POSTGRESQL = (
    """CREATE FUNCTION audit_entry_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' AND OLD.sequence <= (SELECT coalesce(max(sequence), 0) FROM audit_checkpoint) THEN
        RETURN OLD;
      END IF;
      RAISE EXCEPTION 'the audit chain only grows';
    END $$""",
    """CREATE FUNCTION audit_entry_appended() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.sequence <= (SELECT coalesce(max(sequence), 0) FROM audit_head) THEN
        RAISE EXCEPTION 'the audit chain only grows';
      END IF;
      RETURN NEW;
    END $$""",
    """CREATE FUNCTION audit_head_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND NEW.sequence > OLD.sequence THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'the audit chain only grows';
    END $$""",
    """CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit chain only grows'; END $$""",
    """CREATE TRIGGER audit_entry_changed BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_kept()""",
    """CREATE TRIGGER audit_entry_insert BEFORE INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_appended()""",
    """CREATE TRIGGER audit_entry_truncate BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_kept()""",
    """CREATE TRIGGER audit_head_changed BEFORE INSERT OR UPDATE OR DELETE ON audit_head
    FOR EACH ROW EXECUTE FUNCTION audit_head_kept()""",
    """CREATE TRIGGER audit_head_truncate BEFORE TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_kept()""",
    """CREATE TRIGGER audit_checkpoint_changed BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_kept()""",
    """CREATE TRIGGER audit_checkpoint_truncate BEFORE TRUNCATE ON audit_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit_kept()""",
)

AUDIT_GUARDS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
"""Statements that make the triggers, by the name of the database."""
