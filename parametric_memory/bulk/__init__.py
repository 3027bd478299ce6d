"""Many documents at once: prepared by several processes, on one machine or many, and written by one."""
