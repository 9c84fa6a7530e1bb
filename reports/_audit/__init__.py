"""The page of an audit, in the look of the reports: what xrays/audit has found, drawn."""
