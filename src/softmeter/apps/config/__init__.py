"""`softmeter config`: what a configuration file says, what is wrong in one, and what may stand in one."""
