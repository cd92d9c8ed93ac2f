"""What agencies sign: canonical JSON, content hashes that allow redaction, sign-off rules and portable statements."""
