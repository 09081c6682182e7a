"""The world around a meter, without input or output: commands, their journal, and what they do to the supply."""
