"""smartset: the tool that reads and configures DLMS meters, this one or a real one."""
