"""`softmeter accuracy`: a type test of the metrology behind a front end, with a report."""
