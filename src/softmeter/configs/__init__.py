"""Factory settings as TOML: `factory` is what the manual prints, `nl` has two rates by the Dutch day table."""
