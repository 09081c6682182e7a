"""The command `softmeter firmware`: images made, signed and looked into."""
