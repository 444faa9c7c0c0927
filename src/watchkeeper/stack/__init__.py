"""The running stack: started, updated, observed and stopped, in containers or as native processes."""
