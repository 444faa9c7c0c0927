"""The running stack: started, brought up to date, looked at and stopped, in containers or as native processes."""
