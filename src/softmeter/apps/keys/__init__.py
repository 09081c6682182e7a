"""`softmeter keys`: key files made and looked at, without a meter."""
