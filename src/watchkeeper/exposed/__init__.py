"""Which label values the series of a service can have, and which of them a label matcher selects."""
